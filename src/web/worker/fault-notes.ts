import { SITE_COUNTS_OFFSET } from '../../abi/layout.js';
import { Site } from '../../abi/site.js';
import { descriptorAddress, descriptorKind, entryPlace, levelShift } from '../../arm/descriptor.js';
import { startLevel, stride, type Vm } from '../../kvm/index.js';
import type { FaultObserver, FaultWindow } from '../../scenario/replay/index.js';
import type { TableEntry } from '../replay/types.js';

/** What was noted of one fault. */
export interface FaultNote {
  line: number;
  thread: string;
  ipa: bigint;
  esr: bigint;
  far: bigint;
  before: TableEntry[];
  after: TableEntry[];
  /** How often the condition of each site was false and true, by Site number, up to 255. */
  isFalse: Uint8Array;
  isTrue: Uint8Array;
}

/** Levels of a table walk that are noted: address and descriptor of each. */
const DEPTH = 4;
const PATH_WORDS = 2 * DEPTH;
/** IPA, ESR, FAR, then the tables before and after. */
const BEFORE = 3;
const AFTER = BEFORE + PATH_WORDS;
const WORDS = AFTER + PATH_WORDS;
const SITE_BYTES = 2 * Site.COUNT;
const FIRST_ROOM = 1024;

/** Notes of every fault that v4.13 takes, a fixed number of bytes each. */
export class FaultNotes implements FaultObserver {
  #words = new BigUint64Array(FIRST_ROOM * WORDS);
  #sites = new Uint8Array(FIRST_ROOM * SITE_BYTES);
  #lines = new Uint32Array(FIRST_ROOM);
  readonly #threads: string[] = [];
  readonly #path = new BigUint64Array(PATH_WORDS);
  /** By Site number: how often it was met before, false then true. */
  readonly #counts = new Uint32Array(SITE_BYTES);
  #startLevel = 0;
  length = 0;

  before({ fault: { ipa } }: FaultWindow, vm: Vm | undefined): void {
    this.#path.fill(0n);
    if (vm === undefined) return;
    this.#startLevel = startLevel(vm.geometry);
    readTables(vm, ipa, this.#path);
    for (let i = 0; i < SITE_BYTES; i++) this.#counts[i] = siteCount(vm, i);
  }

  after({ fault, thread }: FaultWindow, vm: Vm | undefined, results: readonly unknown[]): void {
    if (vm === undefined) return;
    for (const _ of results) {
      this.#grow();
      const at = this.length * WORDS;
      this.#words.set([fault.ipa, fault.esr, fault.far], at);
      this.#words.set(this.#path, at + BEFORE);
      readTables(vm, fault.ipa, this.#words.subarray(at + AFTER, at + WORDS));
      this.#noteSites(vm);
      this.#lines[this.length] = fault.line;
      this.#threads.push(thread);
      this.length++;
    }
  }

  /** Fault number `index`, from 0. */
  note(index: number): FaultNote {
    const at = index * WORDS;
    const [ipa = 0n, esr = 0n, far = 0n] = this.#words.subarray(at, at + BEFORE);
    const sites = this.#sites.subarray(index * SITE_BYTES, (index + 1) * SITE_BYTES);
    return {
      line: this.#lines[index] ?? 0,
      thread: this.#threads[index] ?? '',
      ipa,
      esr,
      far,
      before: this.#entries(this.#words.subarray(at + BEFORE, at + AFTER)),
      after: this.#entries(this.#words.subarray(at + AFTER, at + WORDS)),
      isFalse: sites.subarray(0, Site.COUNT),
      isTrue: sites.subarray(Site.COUNT),
    };
  }

  lines(): Uint32Array {
    return this.#lines.slice(0, this.length);
  }

  ipas(): BigUint64Array {
    return BigUint64Array.from({ length: this.length }, (_, i) => this.#words[i * WORDS] as bigint);
  }

  #entries(path: BigUint64Array): TableEntry[] {
    const entries: TableEntry[] = [];
    for (let i = 0; i < PATH_WORDS && path[i] !== 0n; i += 2) {
      const level = this.#startLevel + i / 2;
      entries.push({ level, pa: path[i] as bigint, desc: path[i + 1] as bigint });
    }
    return entries;
  }

  #noteSites(vm: Vm): void {
    const at = this.length * SITE_BYTES;
    for (let site = 0; site < Site.COUNT; site++) {
      for (const truth of [0, 1]) {
        const i = 2 * site + truth;
        const met = (siteCount(vm, i) - (this.#counts[i] as number)) >>> 0;
        this.#sites[at + truth * Site.COUNT + site] = Math.min(met, 255);
      }
    }
  }

  #grow(): void {
    const room = this.#lines.length;
    if (this.length < room) return;
    this.#words = grown(this.#words, new BigUint64Array(2 * room * WORDS));
    this.#sites = grown(this.#sites, new Uint8Array(2 * room * SITE_BYTES));
    this.#lines = grown(this.#lines, new Uint32Array(2 * room));
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Low word of a count of the sites: each has two of 64 bits, false then true. */
function siteCount({ machine }: Vm, index: number): number {
  return machine.view.u32(SITE_COUNTS_OFFSET + 8 * index);
}

/** The entries of the VM's tables on the way to `ipa`, read without the side effects of a walk. */
function readTables({ machine, tables, geometry }: Vm, ipa: bigint, into: BigUint64Array): void {
  const { granuleShift } = geometry;
  const first = startLevel(geometry);
  const mask = (1n << BigInt(stride(geometry))) - 1n;
  let table = tables.pgd;
  for (let level = first, at = 0; level <= 3 && at < into.length; level++, at += 2) {
    const above = ipa >> BigInt(levelShift(granuleShift, level));
    const pa = table + 8n * (level === first ? above : above & mask);
    const offset = machine.ramOffset(pa);
    if (offset === undefined) return;
    const desc = machine.view.u64(offset);
    into[at] = pa;
    into[at + 1] = desc;
    const place = entryPlace({ granuleShift }, level);
    if (descriptorKind(desc, place) !== 'table') return;
    table = descriptorAddress(desc, place);
  }
}
