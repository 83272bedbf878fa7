import { Stage2Error } from './error.js';

interface Extent {
  start: number;
  end: number;
}

/** First-fit allocator of offsets in [start, end); free neighbours are joined. */
export class Arena {
  readonly #what: string;
  readonly #free: Extent[];
  readonly #used = new Map<number, number>();

  constructor(what: string, start: number, end: number) {
    this.#what = what;
    this.#free = [{ start, end }];
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
      this.#used.set(start, bytes);
      return start;
    }
    throw new Stage2Error(
      'ENOMEM',
      `${this.#what}: no room for ${bytes} bytes; create the machine with more`,
    );
  }

  /** Gives back what `allocate` returned at `start`. */
  release(start: number): void {
    const bytes = this.#used.get(start);
    if (bytes === undefined)
      throw new Stage2Error('EINVAL', `${this.#what}: offset ${start} is not allocated`);
    this.#used.delete(start);
    const index = this.#free.findIndex((e) => e.start > start);
    const at = index < 0 ? this.#free.length : index;
    this.#free.splice(at, 0, { start, end: start + bytes });
    this.#joinAt(at + 1);
    this.#joinAt(at);
  }

  #joinAt(index: number): void {
    const left = this.#free[index - 1];
    const right = this.#free[index];
    if (left === undefined || right === undefined || left.end !== right.start) return;
    left.end = right.end;
    this.#free.splice(index, 1);
  }
}
