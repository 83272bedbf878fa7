export { stage2FlushVm, stage2UnmapVm } from './arch.js';
export {
  type BbmReason,
  type ChangeClass,
  type HeldBecause,
  type TableStep,
  TableWatch,
  type Violation,
  type ViolationKind,
  type WatchOptions,
  type WatchReport,
  watchTables,
} from './bbm/index.js';
export { buildTables, type TableBuild, type TableMapping } from './build-tables.js';
export { type LevelCensus, takeCensus } from './census.js';
export { takeExits, type VcpuExit } from './exits.js';
export * from './fsck/index.js';
export * from './geometry.js';
export { createHost, type HostOptions } from './host.js';
export { Idmap, type IdmapRequest } from './idmap.js';
export { AS_POSTED, AS_REVIEWED, type InternalPolicy } from './internal.js';
export { type MemoryRegion, type SlotResult, setMemoryRegion, setUserMemoryRegion } from './memslots.js';
export { AddressSpace, type Area, type AreaSpec } from './mm.js';
export type { RegionPolicy } from './region.js';
export { guestRegisters } from './registers.js';
export { type MemorySlot, SlotTable } from './slot_table.js';
export { Stage2Tables } from './tables.js';
export { BASE_VARIANT, PREDICATE_VARIANT, RFC_VARIANT, type Variant } from './variant.js';
export {
  abortSyndrome,
  type ExitResult,
  type GuestExit,
  type MmioAccess,
  type MmioHandler,
  type RunState,
  Vcpu,
} from './vcpu.js';
export { Vm, type VmKind, type VmOptions } from './vm.js';
