// The levels of caches, written from what they are to do and not from the core: a set is an array of lines in the
// order of their last use.
import { MicroEvent } from '../../../src/abi/uarch.js';
import type { CacheGeometry, Geometry } from '../../../src/uarch/geometry.js';

interface Line {
  line: bigint;
  dirty: boolean;
}

export class ModelCache {
  readonly #geometry: CacheGeometry;
  readonly #sets = new Map<number, Line[]>();

  constructor(geometry: CacheGeometry) {
    this.#geometry = geometry;
  }

  #find(address: bigint): { set: Line[]; index: number; line: bigint } {
    const line = address / BigInt(this.#geometry.lineBytes);
    const number = Number(line % BigInt(this.#geometry.sets));
    const set = this.#sets.get(number) ?? [];
    this.#sets.set(number, set);
    return { set, line, index: set.findIndex((each) => each.line === line) };
  }

  /** Whether it hit, and the address of a written line that it replaced. */
  access(address: bigint, write: boolean): { hit: boolean; written?: bigint } {
    const { set, index, line } = this.#find(address);
    const [found] = index < 0 ? [] : set.splice(index, 1);
    set.unshift({ line, dirty: write || (found?.dirty ?? false) });
    const replaced = set.length > this.#geometry.ways ? set.pop() : undefined;
    const hit = found !== undefined;
    return replaced?.dirty ? { hit, written: replaced.line * BigInt(this.#geometry.lineBytes) } : { hit };
  }

  remove(address: bigint): Line | undefined {
    const { set, index } = this.#find(address);
    return index < 0 ? undefined : set.splice(index, 1)[0];
  }

  /** The line of `address`, its use not noted. */
  peek(address: bigint): Line | undefined {
    const { set, index } = this.#find(address);
    return set[index];
  }
}

type Place = 'L1' | 'L2' | 'L3' | 'DRAM' | 'REMOTE';

/** How many lines the core remembers that other cpus took. */
const STOLEN_MOST = 64;

/** The caches of one core; gives the names of the events in their order. */
export class ModelHierarchy {
  readonly events: MicroEvent[] = [];
  readonly #l1i: ModelCache;
  readonly #l1d: ModelCache;
  /** L2, and L3 if there is one. */
  readonly #below: readonly ModelCache[];
  readonly #lineBytes: bigint;
  /** L1D lines, the oldest first. */
  #stolen: bigint[] = [];

  constructor(geometry: Geometry) {
    this.#l1i = new ModelCache(geometry.l1i);
    this.#l1d = new ModelCache(geometry.l1d);
    const below = geometry.l3 === undefined ? [geometry.l2] : [geometry.l2, geometry.l3];
    this.#below = below.map((cache) => new ModelCache(cache));
    this.#lineBytes = BigInt(geometry.l1d.lineBytes);
  }

  load(pa: bigint): void {
    this.#count('LOAD', this.#data(pa, false));
  }

  store(pa: bigint): void {
    this.#count('STORE', this.#data(pa, true));
  }

  fetch(pa: bigint): void {
    this.#count('FETCH', this.#through(this.#l1i, pa, false));
  }

  walkRead(pa: bigint): void {
    const place = this.#data(pa, false);
    const remote = this.#below.length === 2 ? 'L3' : 'DRAM';
    this.#event(`WALK_READ_${place === 'REMOTE' ? remote : place}`);
  }

  cleanLine(pa: bigint): void {
    const stolen = this.#takeStolen(pa);
    const lines = [this.#l1d, ...this.#below].map((cache) => cache.remove(pa));
    const dirty = stolen || lines.some((line) => line?.dirty);
    const held = dirty ? 'DIRTY' : lines.some((line) => line !== undefined) ? 'CLEAN' : 'ABSENT';
    this.#event(`CLEAN_${held}`);
  }

  stealLine(pa: bigint): void {
    this.#takeStolen(pa);
    this.#l1d.remove(pa);
    this.#below[0]?.remove(pa);
    this.#stolen = [...this.#stolen, pa / this.#lineBytes].slice(-STOLEN_MOST);
  }

  #takeStolen(pa: bigint): boolean {
    const before = this.#stolen.length;
    this.#stolen = this.#stolen.filter((line) => line !== pa / this.#lineBytes);
    return this.#stolen.length < before;
  }

  #data(pa: bigint, write: boolean): Place {
    const place = this.#through(this.#l1d, pa, write);
    return place !== 'L1' && this.#takeStolen(pa) ? 'REMOTE' : place;
  }

  /** An access through a first level and those below it, down to where the line is. */
  #through(first: ModelCache, pa: bigint, write: boolean): Place {
    const levels = [first, ...this.#below];
    for (const [index, level] of levels.entries()) {
      const { hit, written } = level.access(pa, write && index === 0);
      if (hit) return (['L1', 'L2', 'L3'] as const)[index] as Place;
      if (written === undefined) continue;
      const holder = levels.slice(index + 1).find((each) => each.peek(written) !== undefined);
      const line = holder?.peek(written);
      if (line !== undefined) line.dirty = true;
    }
    return 'DRAM';
  }

  #count(what: string, place: Place): void {
    if (place !== 'L1') this.#event(`${what}_${place}`);
  }

  #event(name: string): void {
    this.events.push(MicroEvent[name as keyof typeof MicroEvent]);
  }
}
