import {
  type EventCounts,
  hypercallOf,
  type KernelClass,
  switchEvents,
  switchOf,
  type WorldSwitch,
} from '../../cost/index.js';

/** What surrounds the handler in one class of kernels. */
export interface KernelEvents {
  /** Out of the guest and back to it, for a fault of this class. */
  switchOf(faultClass: number): EventCounts;
  /** One hypercall of the handler, or what takes its place where the host runs at EL2. */
  hypercall: EventCounts;
}

/** What a kernel of this class does around the handler of the builds. */
export function kernelEvents(kernel: KernelClass, worldSwitch: WorldSwitch): KernelEvents {
  const facts = { worldSwitch: (kind: string) => switchOf(worldSwitch, kind) };
  return {
    switchOf: (faultClass) => switchEvents(kernel, faultClass, facts),
    hypercall: hypercallOf(worldSwitch, kernel.hostAtEl2),
  };
}
