export * from './geometry.js';
export { createHost, type HostOptions } from './host.js';
export { type MemoryRegion, type SlotResult, setMemoryRegion, setUserMemoryRegion } from './memslots.js';
export { AddressSpace, type Area, type AreaSpec } from './mm.js';
export { type MemorySlot, SlotTable } from './slot_table.js';
export { type LeafEntry, Stage2Tables } from './tables.js';
export * from './variant.js';
export { abortSyndrome, type ExitResult, type GuestExit, type RunState, Vcpu } from './vcpu.js';
export { Vm, type VmOptions } from './vm.js';
