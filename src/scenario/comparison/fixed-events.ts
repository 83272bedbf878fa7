import {
  codeEvents,
  type EventCounts,
  type PathCounts,
  type PriceTable,
  sumEvents,
} from '../../cost/index.js';
import type { KernelEvents } from './kernel-events.js';

/** The events of one fault outside the model of the core: the path's and its kernel's. */
export function fixedEvents(
  counts: PathCounts,
  faultClass: number,
  { hypercall, switchOf }: KernelEvents,
  table: PriceTable,
): EventCounts {
  return sumEvents([codeEvents(counts, hypercall, table), switchOf(faultClass)]);
}

/** As {@link fixedEvents} of the variant, with what is issued more than in the base counted apart. */
export function variantEvents(base: EventCounts, variant: EventCounts): EventCounts {
  const before = base.get('issue') ?? 0n;
  const added = (variant.get('issue') ?? 0n) - before;
  return new Map([...variant, ['issue', before], ['issue_added', added]]);
}
