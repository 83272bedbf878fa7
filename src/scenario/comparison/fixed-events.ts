import {
  CostError,
  type EventCounts,
  opaqueEvent,
  type PathCounts,
  type PriceTable,
  scaleEvents,
  sumEvents,
} from '../../cost/index.js';

/** What surrounds the handler in one class of kernels. */
export interface KernelEvents {
  /** Out of the guest and back to it, for a fault of this class. */
  switchOf(faultClass: number): EventCounts;
  /** One hypercall of the handler, or what takes its place where the host runs at EL2. */
  hypercall: EventCounts;
}

/** Counted to be read, and priced by what it stands for. */
const UNPRICED = new Set(['insn', 'hvc']);
const OPAQUE = 'opaque:';

/** The events of one fault outside the model of the core: the path's, the kernel's, issue by the core's static model. */
export function fixedEvents(
  { events, issue, loopIssue }: PathCounts,
  faultClass: number,
  kernel: KernelEvents,
  table: PriceTable,
): EventCounts {
  const priced = [...events].filter(([event]) => !UNPRICED.has(event));
  return sumEvents([
    ...priced.map(([event, n]) => new Map([[pricedName(event, table), n]])),
    new Map([
      ['issue', issueOf(issue, table)],
      ['issue_loop', issueOf(loopIssue, table)],
    ]),
    scaleEvents(kernel.hypercall, events.get('hvc') ?? 0n),
    kernel.switchOf(faultClass),
  ]);
}

/** As {@link fixedEvents} of the variant, with what is issued more than in the base counted apart. */
export function variantEvents(base: EventCounts, variant: EventCounts): EventCounts {
  const before = base.get('issue') ?? 0n;
  const added = (variant.get('issue') ?? 0n) - before;
  return new Map([...variant, ['issue', before], ['issue_added', added]]);
}

function pricedName(event: string, table: PriceTable): string {
  return event.startsWith(OPAQUE) ? opaqueEvent(table, event.slice(OPAQUE.length)) : event;
}

function issueOf(issue: EventCounts, { core, issueModel }: PriceTable): bigint {
  const thousandths = issue.get(issueModel);
  if (thousandths === undefined) {
    throw new CostError(`${core}: issue.model: the build has no cycles of ${issueModel}`);
  }
  return thousandths;
}
