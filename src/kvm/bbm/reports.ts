import { becauseOf, type Held } from './held.js';
import { History, type Subject } from './history.js';
import { ruleText } from './rules.js';
import type { Entry } from './shadow.js';
import type { BbmReason, ChangeClass, Violation, ViolationKind, WatchReport } from './types.js';

const LIMIT = 100;

/** A violation as it is found: at an entry, or at a PA; of a translation that may be held, or of none. */
export interface Found {
  kind: ViolationKind;
  old: bigint;
  new: bigint;
  entry?: Entry;
  address?: bigint;
  /** Default: that of the entry, or of what is held where it begins later. */
  ipa?: bigint;
  held?: Held | undefined;
  reasons?: BbmReason[];
  others?: number;
}

const noChanges = (): Record<ChangeClass, number> => ({
  same: 0,
  created: 0,
  removed: 0,
  permission: 0,
  accessFlag: 0,
  ignored: 0,
  replaced: 0,
  remade: 0,
  violated: 0,
  unlinked: 0,
});

/** Collects what a check reports, up to a limit. */
export class Reports {
  readonly history = new History();
  readonly #limit: number;
  #changes = noChanges();
  #violations: Violation[] = [];
  #more = 0;
  #first = 0;

  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  count(change: ChangeClass): void {
    this.#changes[change]++;
  }

  uncount(change: ChangeClass): void {
    this.#changes[change]--;
  }

  add(found: Found): void {
    if (this.#violations.length < this.#limit) this.#violations.push(this.#violation(found));
    else this.#more++;
  }

  #violation({ kind, entry, held, old, reasons = [], others = 0, ...rest }: Found): Violation {
    const address = entry?.address ?? rest.address ?? 0n;
    const because = held === undefined ? undefined : becauseOf(held);
    const space = entry?.place.space ?? held?.space;
    const ipa = rest.ipa ?? larger(entry?.ipa, held?.ipa);
    const level = entry?.place.level ?? held?.level;
    return {
      kind,
      rule: ruleText(kind, { reasons, because }),
      ...(space !== undefined && { vm: space.vm.offset }),
      ...(ipa !== undefined && { ipa }),
      address,
      ...(level !== undefined && { level }),
      old,
      new: rest.new,
      reasons,
      ...(because !== undefined && { because }),
      others,
      history: this.history.of(subjectOf(address, entry, held)),
    };
  }

  /** The report of what happened since the one before. */
  take(lost: number, held: number): WatchReport {
    const report = {
      steps: this.history.next - this.#first,
      lost,
      changes: this.#changes,
      violations: this.#violations,
      more: this.#more,
      held,
    };
    this.#first = this.history.next;
    this.#changes = noChanges();
    this.#violations = [];
    this.#more = 0;
    return report;
  }
}

const larger = (a?: bigint, b?: bigint) => (a === undefined || (b !== undefined && b > a) ? b : a);

/** What the history of a violation is about: the entry, the translation that is held, and the page in question. */
function subjectOf(address: bigint, entry: Entry | undefined, held: Held | undefined): Subject {
  if (held !== undefined) {
    const { ipa, size, space, otherVmid, target } = held;
    const addresses = [...new Set([address, held.address])];
    const page = target === undefined ? {} : { page: target.page.pa };
    return { addresses, ipa, size, vmid: space.vmid, anyVmid: otherVmid, ...page };
  }
  if (entry === undefined) return { addresses: [address], ipa: 0n, size: 0n };
  const { ipa, shift, page, place } = entry;
  return { addresses: [address], ipa, size: 1n << BigInt(shift), vmid: place.space.vmid, page: page.pa };
}
