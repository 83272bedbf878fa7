import { Stage2Error } from '../../core/error.js';
import type { Machine } from '../../core/machine.js';
import type { Vm } from '../vm.js';
import { type Held, HeldSet, Hold } from './held.js';
import {
  type Entry,
  entriesOf,
  entryOf,
  type Page,
  type Place,
  placeIn,
  Shadow,
  type Space,
  translationAt,
} from './shadow.js';
import type { Translation } from './translation.js';

const VALID = 1n;

/** Who is told what a new link makes reachable. */
export interface OnLink {
  leaf(entry: Entry, leaf: Translation): void;
  /** An older value of an entry, overwritten before the link, can be read through it, and held with what is below. */
  older(entry: Entry, held: readonly Held[]): void;
}

/**
 * What the walkers and TLBs of all vcpus may see and hold: the tables as they are, with walks that may begin and read
 * on at any time, and what they can have kept of the tables as they were.
 */
export class Walkers {
  readonly shadow: Shadow;
  readonly held = new HeldSet((held) => this.#forget(held));
  /** Valid values that were overwritten since the last DSB, by the PA of the entry. */
  readonly #overwritten = new Map<bigint, bigint[]>();
  /** The number of the step under way. */
  now = 0;

  constructor(machine: Machine) {
    this.shadow = new Shadow(machine);
  }

  /** Adds a VM with its tables as they are in memory: any of it may be held. */
  add(vm: Vm): void {
    const space = this.shadow.add(vm);
    this.#adopt(space.root, space.root.places[0] as Place);
  }

  #adopt(page: Page, place: Place): void {
    for (const entry of this.#entries(page, place)) {
      const found = translationAt(entry, page.words[entry.index] as bigint);
      const child = found?.kind === 'table' ? this.#childOf(entry, found) : undefined;
      if (child === undefined || child.place.linked) continue;
      child.place.linked = true;
      this.shadow.load(child.page);
      this.#adopt(child.page, child.place);
    }
  }

  remove(space: Space): void {
    for (const held of [...this.held]) if (held.space === space) this.held.remove(held);
    this.shadow.remove(space);
  }

  *#entries(page: Page, place: Place): Generator<Entry> {
    const n = entriesOf(page, place);
    for (let i = 0; i < n; i++) if (page.words[i] !== 0n) yield entryOf(page, place, i);
  }

  /** The table below an entry; undefined where there is no page for one. */
  #childOf({ place, ipa }: Entry, table: Translation): { page: Page; place: Place } | undefined {
    const page = this.shadow.pageAt(table.output);
    if (page?.pa !== table.output || place.level === 3) return undefined;
    const below = placeIn(page, place.space, place.level + 1, ipa);
    return below === undefined ? undefined : { page, place: below };
  }

  /** A valid value of an entry was overwritten: until the next DSB a walk may read it. */
  noteOverwritten(address: bigint, old: bigint): void {
    if (old & VALID) this.#overwritten.set(address, [...(this.#overwritten.get(address) ?? []), old]);
  }

  barrier(waits: 'stores' | 'all'): void {
    this.#overwritten.clear();
    this.held.barrier(waits);
  }

  /** `was` is no longer in the entry, nor what it led to; all of it may be held. */
  drop(entry: Entry, was: Translation): void {
    const target = was.kind === 'table' ? this.#childOf(entry, was) : undefined;
    this.#hold(entry, was, { hold: Hold.READABLE, invalidated: [] }, target);
    if (target === undefined || !target.place.linked) return;
    target.place.linked = false;
    for (const below of this.#entries(target.page, target.place)) {
      const found = translationAt(below, target.page.words[below.index] as bigint);
      if (found !== undefined) this.drop(below, found);
    }
  }

  #hold(
    entry: Entry,
    what: Translation,
    how: Pick<Held, 'hold' | 'invalidated'>,
    target?: Held['target'],
  ): Held {
    const held: Held = {
      ...what,
      ...how,
      space: entry.place.space,
      address: entry.address,
      target,
      since: this.now,
      both: false,
      tooEarly: false,
      otherVmid: false,
      reported: false,
    };
    const kept = this.held.add(held);
    if (kept === held) target?.place.holders.add(held);
    return kept;
  }

  #forget(held: Held): void {
    if (held.target === undefined) return;
    const { page, place } = held.target;
    place.holders.delete(held);
    if (!place.linked && place.holders.size === 0) page.places = page.places.filter((p) => p !== place);
  }

  /** An entry that memory leads to now leads to a table. */
  link(entry: Entry, table: Translation, onLink: OnLink): void {
    const child = this.#childOf(entry, table);
    if (child === undefined || child.place.linked) return;
    child.place.linked = true;
    const n = entriesOf(child.page, child.place);
    for (let i = 0; i < n; i++) this.#linkEntry(entryOf(child.page, child.place, i), onLink);
  }

  #linkEntry(entry: Entry, onLink: OnLink): void {
    // What was overwritten before the link, and no DSB made visible, can be read through it.
    for (const old of this.#overwritten.get(entry.address) ?? []) {
      const before = translationAt(entry, old);
      if (before === undefined || old === entry.page.words[entry.index]) continue;
      onLink.older(
        entry,
        this.#holdTree(entry, before, () => ({ hold: Hold.READABLE, invalidated: [] })),
      );
    }
    const found = translationAt(entry, entry.page.words[entry.index] as bigint);
    if (found?.kind === 'table') this.link(entry, found, onLink);
    else if (found !== undefined) onLink.leaf(entry, found);
  }

  /** Holds a translation, and of a table the leaves below. */
  #holdTree(
    entry: Entry,
    what: Translation,
    how: (place: Place, what: Translation) => Pick<Held, 'hold' | 'invalidated'>,
  ): Held[] {
    const target = what.kind === 'table' ? this.#childOf(entry, what) : undefined;
    const held = [this.#hold(entry, what, how(entry.place, what), target)];
    if (target === undefined) return held;
    for (const below of this.#entries(target.page, target.place)) {
      const found = translationAt(below, target.page.words[below.index] as bigint);
      if (found?.kind === 'leaf') held.push(this.#hold(below, found, how(target.place, found)));
    }
    return held;
  }

  /** An entry of a table that walk caches alone lead to became `is`: it can be held as long as they were. What can. */
  holdBelow(entry: Entry, is: Translation): Held[] {
    return this.#holdTree(entry, is, ({ holders }, what) => holdThrough(holders, what));
  }

  /** The leaf that the tables give for an IPA, or undefined; the table entry itself at `level` if there is one. */
  lookup(space: Space, ipa: bigint): { entry: Entry; leaf: Translation } | undefined {
    let [page, place]: [Page, Place | undefined] = [space.root, space.root.places[0]];
    while (place !== undefined) {
      const index = Number((ipa - place.ipa) >> BigInt(entryOf(page, place, 0).shift));
      if (index >= entriesOf(page, place)) return undefined;
      const entry = entryOf(page, place, index);
      const found = translationAt(entry, page.words[index] as bigint);
      if (found?.kind === 'leaf') return { entry, leaf: found };
      const child = found === undefined ? undefined : this.#childOf(entry, found);
      if (child === undefined) return undefined;
      [page, place] = [child.page, child.place];
    }
    return undefined;
  }

  /** Every leaf of an IPA that a TLB may hold of stage 2: what the tables give and what they gave. */
  heldFor(space: Space, ipa: bigint): Translation[] {
    const now = this.lookup(space, ipa)?.leaf;
    const then = [...this.held.overlapping(ipa, 1n)].filter(
      ({ kind, hold, space: own }) => kind === 'leaf' && own === space && hold < Hold.COMBINED,
    );
    return now === undefined ? then : [now, ...then];
  }

  spaceOf(vm: Vm): Space {
    const space = this.shadow.spaces.find((each) => each.vm === vm);
    if (space === undefined) throw new Stage2Error('EINVAL', 'the VM is not watched');
    return space;
  }
}

/** How long what is read through walk-cache entries can be kept: no longer than the one that lasts longest. */
function holdThrough(holders: ReadonlySet<Held>, what: Translation): Pick<Held, 'hold' | 'invalidated'> {
  const all = [...holders];
  if (all.some(({ hold }) => hold === Hold.READABLE)) return { hold: Hold.READABLE, invalidated: [] };
  const covers = ({ hold, invalidated }: Held) =>
    hold === Hold.INVALIDATING &&
    invalidated.some((ipa) => ipa === 'all' || (ipa >= what.ipa && ipa < what.ipa + what.size));
  const [ending] = all;
  if (ending === undefined || !all.every(covers)) return { hold: Hold.CACHED, invalidated: [] };
  return { hold: Hold.INVALIDATING, invalidated: ending.invalidated };
}
