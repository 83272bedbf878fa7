import { CostError } from './error.js';
import { type EventCounts, oneEvent, scaleEvents, sumEvents } from './event-counts.js';
import type { PriceTable } from './price-list.js';
import { opaqueEvent } from './price-table.js';
import type { PathCounts } from './program-counts.js';

/** Counted to be read, and priced by what it stands for. */
const UNPRICED = new Set(['insn', 'hvc']);
const OPAQUE = 'opaque:';

/**
 * The operations of a path under the names that prices have.
 * @param hypercall what a hypercall does
 * @param functionOf what a function that was not compiled does
 */
export function operationEvents(
  events: EventCounts,
  hypercall: EventCounts,
  functionOf: (name: string) => EventCounts,
): EventCounts {
  const operations = [...events].filter(([event]) => !UNPRICED.has(event));
  return sumEvents([
    ...operations.map(([event, n]) => {
      const name = event.startsWith(OPAQUE) ? event.slice(OPAQUE.length) : undefined;
      return scaleEvents(name === undefined ? oneEvent(event) : functionOf(name), n);
    }),
    scaleEvents(hypercall, events.get('hvc') ?? 0n),
  ]);
}

/** All that a path counts whatever the core holds: its operations, and its issue by the static model of the core. */
export function codeEvents(
  { events, issue, loopIssue }: PathCounts,
  hypercall: EventCounts,
  table: PriceTable,
): EventCounts {
  return sumEvents([
    operationEvents(events, hypercall, (name) => oneEvent(opaqueEvent(table, name))),
    new Map([
      ['issue', issueOf(issue, table)],
      ['issue_loop', issueOf(loopIssue, table)],
    ]),
  ]);
}

function issueOf(issue: EventCounts, { core, issueModel }: PriceTable): bigint {
  const thousandths = issue.get(issueModel);
  if (thousandths === undefined) {
    throw new CostError(`${core}: issue.model: the build has no cycles of ${issueModel}`);
  }
  return thousandths;
}
