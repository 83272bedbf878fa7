import type { Finding } from './types.js';

const LIMIT = 100;

/** Collects findings up to a limit and counts the rest, so that tables full of garbage make no endless list. */
export class Findings {
  readonly list: Finding[] = [];
  more = 0;
  readonly #limit: number;
  readonly #vm: number | undefined;

  /** `vm`: offset of the struct kvm whose findings alone count. */
  constructor(limit = LIMIT, vm?: number) {
    this.#limit = limit;
    this.#vm = vm;
  }

  add(finding: Finding): void {
    if (this.#vm !== undefined && finding.vm !== this.#vm && finding.other !== this.#vm) return;
    if (this.list.length < this.#limit) this.list.push(finding);
    else this.more++;
  }
}
