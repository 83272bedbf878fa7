import { DESC_CONTIG_LSB, VTTBR_VMID_LSB } from '../../abi/arm.js';
import * as L from '../../abi/layout.js';
import { type EntryPlace, entryPlace, levelShift } from '../../arm/descriptor.js';
import type { Machine } from '../../core/machine.js';
import { addressLayout, rootBytes, startLevel } from '../geometry.js';
import type { Vm } from '../vm.js';
import type { Held } from './held.js';
import { type Translation, translationOf } from './translation.js';

/** The tables of one VM. */
export interface Space {
  vm: Vm;
  vmid: number;
  granuleShift: number;
  root: Page;
  /** How an entry of each level reads, from level -1 on. */
  places: readonly EntryPlace[];
}

/** Where the walk meets a table. */
export interface Place {
  space: Space;
  level: number;
  /** First IPA. */
  ipa: bigint;
  /** An entry in memory leads here; otherwise walk caches alone do. */
  linked: boolean;
  /** Walk-cache entries that lead here though no entry in memory does. */
  holders: Set<Held>;
}

/** A page of tables, as the log makes it. */
export interface Page {
  pa: bigint;
  words: BigUint64Array;
  /** None while it is free, cached, or being filled. */
  places: Place[];
  /** An entry has, or had, the contiguous hint. */
  contiguous: boolean;
}

const CONTIG = 1n << BigInt(DESC_CONTIG_LSB);
/** Tables that lead to one page from more places are followed in so many. */
const MOST_PLACES = 8;

/** A copy of the tables of a machine's VMs that the steps of a log are applied to. */
export class Shadow {
  readonly spaces: Space[] = [];
  readonly #machine: Machine;
  readonly #poolPa: bigint;
  readonly #poolShift: bigint;
  readonly #pages = new Map<bigint, Page>();

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#poolPa = machine.view.u64(L.HEADER_OFFSET + L.HEADER_POOL_PA);
    this.#poolShift = BigInt(machine.header(L.HEADER_POOL_SHIFT));
  }

  /** Adds the tables of a VM as they are in memory. */
  add(vm: Vm): Space {
    const { granuleShift } = vm.geometry;
    const format = { granuleShift, layout: addressLayout(vm.geometry) };
    const words = this.#read(vm.tables.pgd, rootBytes(vm.geometry));
    const root: Page = { pa: vm.tables.pgd, words, places: [], contiguous: hasHint(words) };
    const vmid = Number(vm.machine.view.u64(vm.offset + L.VM_VTTBR) >> BigInt(VTTBR_VMID_LSB));
    const places = [-1, 0, 1, 2, 3].map((level) => entryPlace(format, level));
    const space: Space = { vm, vmid, granuleShift, root, places };
    root.places.push({
      space,
      level: startLevel(vm.geometry),
      ipa: 0n,
      linked: true,
      holders: new Set<Held>(),
    });
    this.spaces.push(space);
    return space;
  }

  /** Forgets the tables of a VM. */
  remove(space: Space): void {
    this.spaces.splice(this.spaces.indexOf(space), 1);
    for (const page of this.#pages.values()) page.places = page.places.filter((p) => p.space !== space);
  }

  #read(pa: bigint, bytes: number): BigUint64Array {
    const at = this.#machine.ramOffset(pa);
    if (at === undefined) return new BigUint64Array(bytes / 8);
    return new BigUint64Array(this.#machine.view.bytes(at, bytes).slice().buffer);
  }

  /** The page at or around `pa`; undefined where no table can be. */
  pageAt(pa: bigint): Page | undefined {
    const index = (pa - this.#poolPa) >> this.#poolShift;
    if (pa < this.#poolPa || index >= BigInt(this.#machine.tablePages))
      return this.spaces.find(({ root }) => pa >= root.pa && pa < root.pa + BigInt(root.words.length * 8))
        ?.root;
    const known = this.#pages.get(index);
    if (known !== undefined) return known;
    // A page that was not linked when the watch began: those that wait in caches are zero.
    const page: Page = {
      pa: this.#poolPa + (index << this.#poolShift),
      words: new BigUint64Array(1 << (Number(this.#poolShift) - 3)),
      places: [],
      contiguous: false,
    };
    this.#pages.set(index, page);
    return page;
  }

  /** Takes the contents of a page from memory. */
  load(page: Page): void {
    page.words.set(this.#read(page.pa, page.words.length * 8));
    page.contiguous = hasHint(page.words);
  }

  /** Words of linked tables that memory has otherwise, with what it has. */
  *differing(): Generator<{ page: Page; index: number; found: bigint }> {
    for (const page of [...this.spaces.map(({ root }) => root), ...this.#pages.values()]) {
      const at = this.#machine.ramOffset(page.pa);
      if (at === undefined || !page.places.some(({ linked }) => linked)) continue;
      const { buffer, byteOffset } = this.#machine.view.bytes(at, page.words.length * 8);
      const memory = new Uint32Array(buffer, byteOffset, page.words.length * 2);
      const own = new Uint32Array(page.words.buffer);
      for (let i = 0; i < own.length; i++) {
        if (own[i] === memory[i]) continue;
        yield { page, index: i >> 1, found: this.#machine.view.u64(at + (i >> 1) * 8) };
        i |= 1;
      }
    }
  }
}

function hasHint(words: BigUint64Array): boolean {
  return words.some((desc) => (desc & CONTIG) !== 0n);
}

/** An entry of a table where the walk meets it. */
export interface Entry {
  place: Place;
  page: Page;
  index: number;
  address: bigint;
  /** First IPA, and log2 of the bytes it is for. */
  ipa: bigint;
  shift: number;
}

export function entryOf(page: Page, place: Place, index: number): Entry {
  const { space, level, ipa } = place;
  const shift = levelShift(space.granuleShift, level);
  const address = page.pa + BigInt(index) * 8n;
  return { place, page, index, address, ipa: ipa + (BigInt(index) << BigInt(shift)), shift };
}

/** What `desc` at the entry may be held as. */
export function translationAt({ place, ipa, shift }: Entry, desc: bigint): Translation | undefined {
  return translationOf(desc, place.space.places[place.level + 1] as EntryPlace, ipa, shift);
}

/** Entries of a table at a place: those of the root, or as many as the granule holds. */
export function entriesOf(page: Page, { space }: Place): number {
  return page === space.root ? page.words.length : Math.min(page.words.length, 1 << (space.granuleShift - 3));
}

/** Finds where the table at `page` is met, or adds it; undefined beyond the places that are followed. */
export function placeIn(page: Page, space: Space, level: number, ipa: bigint): Place | undefined {
  const known = page.places.find((p) => p.space === space && p.level === level && p.ipa === ipa);
  if (known !== undefined || page.places.length >= MOST_PLACES) return known;
  const place = { space, level, ipa, linked: false, holders: new Set<Held>() };
  page.places.push(place);
  return place;
}
