import type { TableStep } from './types.js';

/** Steps kept while something is held, and when nothing is. */
const MOST = 1 << 16;
const QUIET = 1 << 12;
/** Steps of one history. */
const LONGEST = 24;

/** What a history is about. */
export interface Subject {
  /** The entries whose writes belong to it. */
  addresses: readonly bigint[];
  /** The translation whose invalidations do. */
  ipa: bigint;
  size: bigint;
  /** Whose TLBIs count; undefined for nobody's. */
  vmid?: number;
  /** Those of other VMIDs count too. */
  anyVmid?: boolean;
  /** A table page whose allocation and freeing do. */
  page?: bigint;
}

/** The steps so far, as many as are kept. */
export class History {
  #steps: TableStep[] = [];
  #forgotten = 0;

  /** The number of the step that comes next. */
  get next(): number {
    return this.#forgotten + this.#steps.length;
  }

  add(step: TableStep): void {
    this.#steps.push(step);
    if (this.#steps.length >= 2 * MOST) this.#forget(MOST);
  }

  /** Nothing is held: little is needed. */
  rest(): void {
    if (this.#steps.length >= 2 * QUIET) this.#forget(QUIET);
  }

  #forget(kept: number): void {
    this.#forgotten += this.#steps.length - kept;
    this.#steps = this.#steps.slice(-kept);
  }

  /** The steps that concern the subject, the latest of them; of barriers in a row those that wait for more. */
  of(subject: Subject): TableStep[] {
    const found: TableStep[] = [];
    let cause: TableStep | undefined;
    for (const step of this.#steps) {
      const last = found.at(-1);
      if (step.do === 'dsb') {
        const isMore =
          last?.do === 'dsb' ? last.waits === 'stores' && step.waits === 'all' : last !== undefined;
        if (isMore) found.push(step);
      } else if (concerns(step, subject, cause)) {
        found.push(step);
        cause = step;
      }
    }
    return found.slice(-LONGEST);
  }
}

/** `last`: the step that concerned the subject before, but for barriers. */
function concerns(step: TableStep, subject: Subject, last: TableStep | undefined): boolean {
  const { addresses, page } = subject;
  switch (step.do) {
    case 'write':
      return addresses.includes(step.address);
    case 'run':
      return addresses.some((a) => a >= step.address && a < step.address + 8n * BigInt(step.entries));
    case 'alloc':
    case 'free':
      return step.address === page;
    case 'tlbi':
      return invalidates(step, subject, last);
    default:
      return false;
  }
}

function invalidates(
  tlbi: Extract<TableStep, { do: 'tlbi' }>,
  { ipa, size, vmid, anyVmid }: Subject,
  last: TableStep | undefined,
): boolean {
  if (vmid === undefined || (tlbi.vmid !== vmid && !anyVmid)) return false;
  if (tlbi.op === 'ipas2e1is') return tlbi.ipa >= ipa && tlbi.ipa < ipa + size;
  // Combined entries go after those of stage 2: the TLBI that followed one for another address is no news.
  return tlbi.op === 'vmalls12e1is' || (last?.do === 'tlbi' && last.op === 'ipas2e1is');
}
