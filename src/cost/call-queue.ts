import type { CalleeOutcome } from './signature.js';

/** Outcomes by callee: the n-th call of a name takes the n-th outcome given for it, the last one repeats. */
export class CallQueue {
  private readonly byName = new Map<string, CalleeOutcome[]>();
  private readonly used = new Map<string, number>();

  constructor(outcomes: readonly CalleeOutcome[]) {
    for (const outcome of outcomes) {
      const list = this.byName.get(outcome.name);
      if (list === undefined) this.byName.set(outcome.name, [outcome]);
      else list.push(outcome);
    }
  }

  /** The outcome of the next call of `name`; undefined if none was ever given. */
  next(name: string): CalleeOutcome | undefined {
    const n = this.used.get(name) ?? 0;
    this.used.set(name, n + 1);
    const list = this.byName.get(name);
    return list?.[n] ?? list?.at(-1);
  }
}
