import { Stage2Error } from './error.js';

interface Extent {
  start: number;
  end: number;
}

/** An allocation: its first offset and its bytes. */
export type Allocation = readonly [start: number, bytes: number];

/** First-fit allocator of offsets in [start, end); free neighbours are joined. */
export class Arena {
  readonly #what: string;
  readonly #free: Extent[];
  /** Bytes and number of each allocation, by its start. */
  readonly #used = new Map<number, { bytes: number; serial: number }>();
  #serial = 0;
  /** Where the next allocations are to be, while objects are made again where they were. */
  #places: number[] | undefined;
  #fresh: number;

  constructor(what: string, start: number, end: number) {
    this.#what = what;
    this.#free = [{ start, end }];
    this.#fresh = start;
  }

  /** From here on nothing was ever handed out. */
  get fresh(): number {
    return this.#fresh;
  }

  /** Offset of `bytes` free bytes aligned to `align` (a power of two). Throws ENOMEM when none are left. */
  allocate(bytes: number, align = 8): number {
    if (this.#places !== undefined) return this.#allocateAt(this.#places.shift(), bytes, align);
    for (const [index, extent] of this.#free.entries()) {
      const start = Math.ceil(extent.start / align) * align;
      if (start + bytes > extent.end) continue;
      this.#take(index, start, bytes);
      return start;
    }
    throw new Stage2Error(
      'ENOMEM',
      `${this.#what}: no room for ${bytes} bytes; create the machine with more`,
    );
  }

  #take(index: number, start: number, bytes: number): void {
    const extent = this.#free[index] as Extent;
    const rest = [
      { start: extent.start, end: start },
      { start: start + bytes, end: extent.end },
    ].filter((e) => e.end > e.start);
    this.#free.splice(index, 1, ...rest);
    this.#fresh = Math.max(this.#fresh, start + bytes);
    this.#used.set(start, { bytes, serial: this.#serial++ });
  }

  #allocateAt(start: number | undefined, bytes: number, align: number): number {
    const index = start === undefined ? -1 : this.#extentAt(start);
    const end = this.#free[index]?.end ?? 0;
    if (start === undefined || start % align !== 0 || start + bytes > end) {
      const needed = `expected ${bytes} free bytes aligned to ${align}`;
      throw new Stage2Error('EINVAL', `${this.#what}: offset ${start ?? 'missing'}, ${needed}`);
    }
    this.#take(index, start, bytes);
    return start;
  }

  /** Index of the last free extent that begins at `start` or before. */
  #extentAt(start: number): number {
    let [low, high] = [0, this.#free.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#free[middle] as Extent).start <= start) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /**
   * Runs `body`, whose allocations get these places one after another. Throws EINVAL for a place that is not free or
   * not aligned, and unless all are taken.
   */
  withPlaces<T>(places: readonly number[], body: () => T): T {
    this.#places = [...places];
    try {
      const made = body();
      if (this.#places.length > 0)
        throw new Stage2Error(
          'EINVAL',
          `${this.#what}: ${this.#places.length} of ${places.length} places left`,
        );
      return made;
    } finally {
      this.#places = undefined;
    }
  }

  /** What is allocated, by its place. */
  get allocations(): Allocation[] {
    return [...this.#used]
      .map(([start, { bytes }]): Allocation => [start, bytes])
      .sort((a, b) => a[0] - b[0]);
  }

  /** What is free, by its place. */
  get free(): Allocation[] {
    return this.#free.map(({ start, end }): Allocation => [start, end - start]);
  }

  /** Gives back what `allocate` returned at `start`. */
  release(start: number): void {
    const used = this.#used.get(start);
    if (used === undefined)
      throw new Stage2Error('EINVAL', `${this.#what}: offset ${start} is not allocated`);
    const { bytes } = used;
    this.#used.delete(start);
    const index = this.#free.findIndex((e) => e.start > start);
    const at = index < 0 ? this.#free.length : index;
    this.#free.splice(at, 0, { start, end: start + bytes });
    this.#joinAt(at + 1);
    this.#joinAt(at);
  }

  /** A point to go back to with `rollback`. */
  mark(): number {
    return this.#serial;
  }

  /** Gives back what was allocated since a mark: what is built of several allocations is built whole or not at all. */
  rollback(mark: number): void {
    for (const [start, { serial }] of [...this.#used]) if (serial >= mark) this.release(start);
  }

  #joinAt(index: number): void {
    const left = this.#free[index - 1];
    const right = this.#free[index];
    if (left === undefined || right === undefined || left.end !== right.start) return;
    left.end = right.end;
    this.#free.splice(index, 1);
  }
}
