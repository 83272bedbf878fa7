import {
  type BranchKind,
  CACHE_CHUNK_BYTES,
  CACHE_GROUP_BYTES,
  CACHE_GROUP_WAYS,
  CACHE_SETS,
  CORE_COLD_RULE,
  CORE_COUNTS,
  CORE_DIRECTION,
  CORE_DIRECTION_MASK,
  CORE_HISTORY_BITS,
  CORE_L1D,
  CORE_L1I,
  CORE_L2,
  CORE_L3,
  CORE_RANDOM,
  CORE_RETURNS,
  CORE_RETURNS_SIZE,
  CORE_SIZEOF,
  CORE_STOLEN,
  CORE_WALK_STORAGE,
  MicroEvent,
  STOLEN_SIZEOF,
} from '../abi/uarch.js';
import type { Allocation } from '../core/arena.js';
import { hex, Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import type { MicroExports } from '../core/micro-exports.js';
import { Registry } from '../core/registry.js';
import { type BtbLevel, btbLevels } from './btb-layout.js';
import { checkGeometry, checkInteger, U32_MOST } from './check.js';
import type { CacheGeometry, Geometry, TableGeometry } from './geometry.js';
import { TLB_FIELDS, TLB_NAMES, tlbBytes } from './tlb-layout.js';

/** What a guest does between two faults; see assembly/uarch/guest.ts. */
export interface GuestRun {
  /** Accesses to random lines of data, of which a quarter are stores. */
  dataLines: number;
  /** Fetches of random lines of code. */
  codeLines: number;
  /** Branches, of which three quarters are conditional, an eighth calls, an eighth returns. */
  branches: number;
  /** Bytes of data among which the accesses are. */
  dataBytes: number;
  /** Bytes of code among which fetches and branches are. */
  codeBytes: number;
}

/** Throws EINVAL that names the field unless the core can be told what the guest does. */
export function checkGuestRun(run: GuestRun): void {
  for (const [name, value] of Object.entries(run)) checkInteger(name, value, 0, U32_MOST);
}

/** A host line: structures that are compared four ways at a time do not straddle one more than they must. */
const ALIGN = 64;
const U64_END = 1n << 64n;
export const microarchs = new Registry<Microarch>();
/** Fibonacci hashing: neighbouring seeds give unlike states. */
const SEED_FACTOR = 0x9e3779b97f4a7c15n;

/** One structure of a core: the field of the record that points to it, and its bytes. */
interface Part {
  field: number;
  bytes: number;
  cache?: CacheGeometry;
  btb?: BtbLevel;
  /** A table of translations. */
  tlb?: TableGeometry;
}

function cacheBytes({ sets, ways }: CacheGeometry): number {
  const bytes = sets * Math.ceil(ways / CACHE_GROUP_WAYS) * CACHE_GROUP_BYTES;
  return CACHE_SETS + bytes + Math.ceil(bytes / CACHE_CHUNK_BYTES);
}

function cachePart(field: number, cache: CacheGeometry | undefined): Part[] {
  return cache === undefined ? [] : [{ field, bytes: cacheBytes(cache), cache }];
}

function tlbParts(geometry: Geometry): Part[] {
  return TLB_NAMES.flatMap((name) => {
    const tlb = geometry[name];
    return tlb === undefined ? [] : [{ field: TLB_FIELDS[name], bytes: tlbBytes(tlb), tlb }];
  });
}

function partsOf(geometry: Geometry): Part[] {
  const { direction, returnStack } = geometry;
  return [
    ...cachePart(CORE_L1I, geometry.l1i),
    ...cachePart(CORE_L1D, geometry.l1d),
    ...cachePart(CORE_L2, geometry.l2),
    ...cachePart(CORE_L3, geometry.l3),
    ...tlbParts(geometry),
    ...btbLevels(geometry).map((btb) => ({ field: btb.field, bytes: btb.bytes, btb })),
    { field: CORE_DIRECTION, bytes: 2 ** direction.indexBits },
    { field: CORE_RETURNS, bytes: returnStack * 8 },
    { field: CORE_STOLEN, bytes: STOLEN_SIZEOF },
  ];
}

/** Bytes of the machine's arena that a core takes. Throws EINVAL that names the field of an impossible geometry. */
export function microBytes(geometry: Geometry): number {
  checkGeometry(geometry);
  return partsOf(geometry).reduce((sum, { bytes }) => sum + bytes + ALIGN, CORE_SIZEOF + ALIGN);
}

/** The caches, TLBs and branch prediction of one core: what happens to each access, as counts of MicroEvent. */
export class Microarch {
  /** The record of the core, as an offset from memoryBase. */
  readonly offset: number;
  /** Whose arena holds the core and whose PAs it caches. */
  readonly machine: Machine;
  /** Sizes of its caches, TLBs and predictors; they do not change. */
  readonly geometry: Geometry;
  readonly #core: MicroExports;

  /** Throws EINVAL for an impossible geometry or a machine that is not accounted, ENOMEM if its arena is full. */
  constructor(machine: Machine, geometry: Geometry) {
    checkGeometry(geometry);
    this.machine = machine;
    this.geometry = geometry;
    this.#core = machine.micro;
    this.offset = machine.arena.allocate(CORE_SIZEOF, ALIGN);
    machine.view.fill(this.offset, CORE_SIZEOF);
    for (const part of partsOf(geometry)) if (part.bytes > 0) this.#place(part);
    const { direction } = geometry;
    this.#set(CORE_DIRECTION_MASK, 2 ** direction.indexBits - 1);
    this.#set(CORE_HISTORY_BITS, direction.historyBits);
    this.#set(CORE_RETURNS_SIZE, geometry.returnStack);
    this.#set(CORE_COLD_RULE, geometry.coldRule);
    this.#set(CORE_WALK_STORAGE, geometry.walkStorage);
    this.seed(0n);
    this.reset();
    microarchs.add(this);
  }

  /** Places in the arena of what the constructor allocates, in its order, and the bytes of each. */
  get allocations(): readonly Allocation[] {
    const { view } = this.machine;
    const parts = partsOf(this.geometry).filter(({ bytes }) => bytes > 0);
    return [
      [this.offset, CORE_SIZEOF],
      ...parts.map(({ field, bytes }): Allocation => [view.u32(this.offset + field), bytes]),
    ];
  }

  #set(field: number, value: number): void {
    this.machine.view.setU32(this.offset + field, value);
  }

  #place({ field, bytes, cache, btb, tlb }: Part): void {
    const at = this.machine.arena.allocate(bytes, ALIGN);
    this.#set(field, at);
    this.machine.view.fill(at, bytes);
    if (cache !== undefined) this.#core.microCacheInit(at, cache.sets, cache.ways, cache.lineBytes);
    if (btb !== undefined) this.#core.microBtbInit(at, btb.level, btb.sets, btb.ways, btb.last);
    if (tlb !== undefined) this.#core.microTlbInit(at, tlb.entries / tlb.ways, tlb.ways);
  }

  /** Cold: everything empty. The counts and the random numbers go on. */
  reset(): void {
    this.#core.microReset(this.offset);
  }

  /** Starts the random numbers of `guest` anew. Throws EINVAL unless `n` is a u64. */
  seed(n: bigint): void {
    if (n < 0n || n >= U64_END) throw new Stage2Error('EINVAL', `seed ${n}: expected a number below 2^64`);
    const state = BigInt.asUintN(64, (n + 1n) * SEED_FACTOR);
    this.machine.view.setU64(this.offset + CORE_RANDOM, state === 0n ? SEED_FACTOR : state);
  }

  /** Loads data. Throws EINVAL for a PA that 52 bits do not hold, as do the others that take one. */
  load(pa: bigint): void {
    this.#core.microLoad(this.offset, checkAddress(pa));
  }

  /** Stores data. */
  store(pa: bigint): void {
    this.#core.microStore(this.offset, checkAddress(pa));
  }

  /** Fetches instructions. */
  fetch(pa: bigint): void {
    this.#core.microFetch(this.offset, checkAddress(pa));
  }

  /** A descriptor read of the table walker. */
  walkRead(pa: bigint): void {
    this.#core.microWalkRead(this.offset, checkAddress(pa));
  }

  /** DC CIVAC. */
  cleanLine(pa: bigint): void {
    this.#core.microCleanLine(this.offset, checkAddress(pa));
  }

  /** Another cpu takes the line to write it. */
  stealLine(pa: bigint): void {
    this.#core.microStealLine(this.offset, checkAddress(pa));
  }

  /** `target` is where the branch goes if it is taken, whether it is or not. */
  branch(kind: BranchKind, pc: bigint, taken: boolean, target: bigint): void {
    this.#core.microBranch(this.offset, kind, pc, taken, target);
  }

  /** Empties parts of the branch prediction: bits of PredictorPart. */
  forgetPredictions(parts: number): void {
    this.#core.microPredictorForget(this.offset, parts);
  }

  /** A guest runs; what it does is not counted. Throws EINVAL that names the field for what is no u32. */
  guest(run: GuestRun): void {
    checkGuestRun(run);
    const { dataLines, codeLines, branches, dataBytes, codeBytes } = run;
    this.#core.microGuest(this.offset, dataLines, codeLines, branches, dataBytes, codeBytes);
  }

  /** Counts by MicroEvent. */
  counts(): bigint[] {
    const at = this.offset + CORE_COUNTS;
    return Array.from({ length: MicroEvent.COUNT }, (_, event) => this.machine.view.u64(at + event * 8));
  }

  /** Forgets the counts; what the structures hold stays. */
  resetCounts(): void {
    this.machine.view.fill(this.offset + CORE_COUNTS, MicroEvent.COUNT * 8);
  }
}

function checkAddress(pa: bigint): bigint {
  if (pa < 0n || pa >= 1n << 52n)
    throw new Stage2Error('EINVAL', `address ${hex(pa)}: expected one below 2^52`);
  return pa;
}
