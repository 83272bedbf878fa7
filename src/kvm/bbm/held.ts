import type { Page, Place, Space } from './shadow.js';
import type { Translation } from './translation.js';
import type { HeldBecause, TableStep } from './types.js';

/** How far a translation that was overwritten is from being gone everywhere. */
export enum Hold {
  /** A walk may still read it from memory: no DSB since. */
  READABLE,
  /** In TLBs and walk caches alone. */
  CACHED,
  /** The TLBI is made, its DSB is not. */
  INVALIDATING,
  /** Left in entries that combine stage 1 and 2. */
  COMBINED,
  COMBINED_INVALIDATING,
  GONE,
}

/** A translation the tables do not give any more, or not from where a walk cache finds it. */
export interface Held extends Translation {
  space: Space;
  /** PA of the entry. */
  address: bigint;
  hold: Hold;
  /** What a walk cache leads to. */
  target?: { page: Page; place: Place } | undefined;
  /** The step that overwrote it. */
  since: number;
  /** The IPAs of the TLBIs under way. */
  invalidated: readonly (bigint | 'all')[];
  /** The TLBI under way covers combined entries too. */
  both: boolean;
  /** A TLBI came while a walk could still read it. */
  tooEarly: boolean;
  otherVmid: boolean;
  reported: boolean;
}

export type Tlbi = Extract<TableStep, { do: 'tlbi' }>;

/** Entries are found by 2 MiB of IPA; larger ones one by one. */
const BUCKET = 21n;
/** Ranges of more buckets are compared with every entry. */
const MANY = 64n;

/**
 * Everything that a TLB or walk cache may hold beside what the tables give now, under the most that the architecture
 * allows: any translation that a walk could read at some time and that no TLBI removed since.
 */
export class HeldSet {
  readonly #all = new Set<Held>();
  readonly #byAddress = new Map<bigint, Held[]>();
  readonly #buckets = new Map<bigint, Set<Held>>();
  readonly #large = new Set<Held>();
  readonly #readable = new Set<Held>();
  readonly #invalidating = new Set<Held>();
  readonly #combined = new Set<Held>();
  readonly #onGone: (held: Held) => void;

  constructor(onGone: (held: Held) => void) {
    this.#onGone = onGone;
  }

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): IterableIterator<Held> {
    return this.#all.values();
  }

  /** Adds one, or starts an equal one over: the one that is in the set then. */
  add(held: Held): Held {
    const here = this.#byAddress.get(held.address) ?? [];
    const equal = here.find((h) => h.desc === held.desc && h.ipa === held.ipa && h.space === held.space);
    if (equal !== undefined) {
      this.#restart(equal, held);
      return equal;
    }
    this.#byAddress.set(held.address, [...here, held]);
    this.#all.add(held);
    this.#indexOf(held).add(held);
    this.#enter(held);
    return held;
  }

  #restart(equal: Held, { hold, invalidated, since, reported }: Held): void {
    if (equal.hold <= hold) return;
    this.#leave(equal);
    Object.assign(equal, { hold, invalidated, since, reported });
    for (const key of ['both', 'tooEarly', 'otherVmid'] as const) equal[key] = false;
    this.#enter(equal);
  }

  #enter(held: Held): void {
    if (held.hold === Hold.READABLE) this.#readable.add(held);
    if (held.hold === Hold.INVALIDATING) this.#invalidating.add(held);
  }

  #leave(held: Held): void {
    for (const set of [this.#readable, this.#invalidating, this.#combined]) set.delete(held);
  }

  #indexOf({ ipa, size }: Held): Set<Held> {
    if (size > 1n << BUCKET) return this.#large;
    const bucket = this.#buckets.get(ipa >> BUCKET) ?? new Set();
    this.#buckets.set(ipa >> BUCKET, bucket);
    return bucket;
  }

  /** Those that share an IPA with [ipa, ipa + size), of any VM. */
  *overlapping(ipa: bigint, size: bigint): Generator<Held> {
    const last = (ipa + size - 1n) >> BUCKET;
    const meets = (h: Held) => h.ipa < ipa + size && ipa < h.ipa + h.size;
    if (last - (ipa >> BUCKET) > MANY) {
      for (const held of this.#all) if (meets(held)) yield held;
      return;
    }
    for (const held of this.#large) if (meets(held)) yield held;
    for (let bucket = ipa >> BUCKET; bucket <= last; bucket++)
      for (const held of this.#buckets.get(bucket) ?? []) if (meets(held)) yield held;
  }

  barrier(waits: 'stores' | 'all'): void {
    for (const held of this.#readable) held.hold = Hold.CACHED;
    this.#readable.clear();
    if (waits === 'stores') return;
    const done = [...this.#invalidating];
    this.#invalidating.clear();
    for (const held of done) this.#complete(held);
  }

  #complete(held: Held): void {
    const combined = held.hold === Hold.INVALIDATING && held.kind === 'leaf' && held.both !== true;
    if (!combined) {
      this.remove(held);
      return;
    }
    held.hold = Hold.COMBINED;
    this.#combined.add(held);
  }

  remove(held: Held): void {
    const { address } = held;
    this.#leave(held);
    held.hold = Hold.GONE;
    this.#all.delete(held);
    this.#indexOf(held).delete(held);
    const left = (this.#byAddress.get(address) ?? []).filter((h) => h !== held);
    if (left.length > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
    this.#onGone(held);
  }

  invalidate(tlbi: Tlbi): void {
    if (tlbi.op === 'vmalle1is') {
      for (const held of this.#combined) if (held.space.vmid === tlbi.vmid) this.#begin(held, true);
      return;
    }
    const ipa = tlbi.op === 'ipas2e1is' ? tlbi.ipa : undefined;
    const covered = ipa === undefined ? [...this.#all] : [...this.overlapping(ipa, 1n)];
    for (const held of covered) {
      if (held.space.vmid !== tlbi.vmid) held.otherVmid = true;
      else if (held.hold === Hold.READABLE) held.tooEarly = true;
      else if (held.hold <= Hold.INVALIDATING || (held.hold === Hold.COMBINED && ipa === undefined))
        this.#begin(held, ipa === undefined, ipa);
    }
  }

  #begin(held: Held, both: boolean, ipa?: bigint): void {
    held.hold = held.hold === Hold.COMBINED ? Hold.COMBINED_INVALIDATING : Hold.INVALIDATING;
    this.#combined.delete(held);
    held.both ||= both;
    held.invalidated = [...held.invalidated, ipa ?? 'all'];
    this.#invalidating.add(held);
  }
}

/** Why a translation is not gone. */
export function becauseOf({ hold, tooEarly, otherVmid }: Held): HeldBecause {
  if (hold === Hold.INVALIDATING) return 'invalidation not complete';
  if (hold === Hold.COMBINED_INVALIDATING) return 'combined invalidation not complete';
  if (hold === Hold.COMBINED) return 'combined entries left';
  if (tooEarly) return 'invalidated too early';
  return otherVmid ? 'other VMID invalidated' : 'never invalidated';
}
