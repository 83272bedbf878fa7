export { Event } from './abi/event.js';
export { Disposition, ExitCode, ExitReason, Site } from './abi/kvm.js';
export { Stage2Error } from './core/error.js';
export { Machine, type MachineOptions } from './core/machine.js';
export { type PathCount, readPaths } from './core/paths.js';
export type { BankSpec, RegionSpec } from './core/physmap.js';
export * from './kvm/index.js';
