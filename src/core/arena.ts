import { Stage2Error } from './error.js';

interface Extent {
  start: number;
  end: number;
}

/** First-fit allocator of offsets in [start, end); free neighbours are joined. */
export class Arena {
  readonly #what: string;
  readonly #free: Extent[];
  /** Bytes and number of each allocation, by its start. */
  readonly #used = new Map<number, { bytes: number; serial: number }>();
  #serial = 0;
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
    for (const [index, extent] of this.#free.entries()) {
      const start = Math.ceil(extent.start / align) * align;
      if (start + bytes > extent.end) continue;
      const rest = [
        { start: extent.start, end: start },
        { start: start + bytes, end: extent.end },
      ].filter((e) => e.end > e.start);
      this.#free.splice(index, 1, ...rest);
      this.#fresh = Math.max(this.#fresh, start + bytes);
      this.#used.set(start, { bytes, serial: this.#serial++ });
      return start;
    }
    throw new Stage2Error(
      'ENOMEM',
      `${this.#what}: no room for ${bytes} bytes; create the machine with more`,
    );
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
