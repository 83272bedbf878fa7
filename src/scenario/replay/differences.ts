/**
 * What a difference is about: a captured fault that v4.13 does not take; one it takes with another syndrome; one it
 * answers otherwise; what the host does otherwise, or cannot do; what the replay had to assume.
 */
export type DifferenceKind = 'notTaken' | 'syndrome' | 'answer' | 'host' | 'assumption';

/** Something that v4.13 does otherwise than the captured kernel, or that the capture leaves open. */
export interface Difference {
  /** What it is about. */
  kind: DifferenceKind;
  /** In words; beyond 500 reasons the rest are counted as one. */
  reason: string;
  /** Times it was found. */
  count: number;
  /** 1-based line of the first one. */
  firstLine: number;
}

const KINDS: readonly DifferenceKind[] = ['notTaken', 'syndrome', 'answer', 'host', 'assumption'];
/** Reasons kept apart; a trace could make up exit reasons and errnos without end. */
const REASONS_MAX = 500;
const OTHERS = 'further reasons, not listed one by one';

/** Counts differences by reason. */
export class DifferenceTally {
  readonly #rows = new Map<string, Difference>();

  add(kind: DifferenceKind, reason: string, line: number): void {
    const row = this.#rows.get(`${kind} ${reason}`);
    if (row !== undefined) row.count += 1;
    else if (this.#rows.size < REASONS_MAX || reason === OTHERS) this.#start(kind, reason, line);
    else this.add(kind, OTHERS, line);
  }

  /** The rows, by kind and most frequent first. */
  rows(): Difference[] {
    return [...this.#rows.values()].sort(
      (a, b) =>
        KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || b.count - a.count || a.firstLine - b.firstLine,
    );
  }

  #start(kind: DifferenceKind, reason: string, line: number): void {
    this.#rows.set(`${kind} ${reason}`, { kind, reason, count: 1, firstLine: line });
  }
}
