import {
  CostError,
  type EventCounts,
  type KernelClass,
  type Operations,
  sumEvents,
  switchEvents,
  type WorldSwitch,
} from '../../cost/index.js';
import type { KernelEvents } from './fixed-events.js';

/** The only hypercall of the fault path: TLB invalidation of one IPA. */
const HYPERCALL = '__kvm_tlb_flush_vmid_ipa';
/** What a call has less than a hypercall. */
const EXCEPTION = ['exc_entry', 'exc_return'];

/** What a kernel of this class does around the handler of the builds. */
export function kernelEvents(kernel: KernelClass, { switches, hypercalls }: WorldSwitch): KernelEvents {
  const worldSwitch = (kind: string): EventCounts => {
    const { exit, enter } = switches.get(kind) ?? missing(`world switch ${kind}`);
    return sumEvents([eventsOf(exit), eventsOf(enter)]);
  };
  const path = (name: string): never => missing(`recorded path ${name}`);
  const hypercall = new Map(eventsOf(hypercalls.get(HYPERCALL) ?? missing(`hypercall ${HYPERCALL}`)));
  if (kernel.hostAtEl2) for (const event of EXCEPTION) hypercall.delete(event);
  return {
    switchOf: (faultClass) => switchEvents(kernel, faultClass, { fwb: true, path, worldSwitch }),
    hypercall,
  };
}

function eventsOf(operations: Operations): EventCounts {
  return new Map([...operations].map(([operation, n]) => [operation, BigInt(n)]));
}

function missing(what: string): never {
  throw new CostError(`there are no counts of the ${what}`);
}
