export { stage2FlushVm, stage2UnmapVm } from './arch.js';
export {
  type BbmReason,
  type ChangeClass,
  type HeldBecause,
  type TableStep,
  type TableWatch,
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
export {
  addressBits,
  addressLayout,
  checkGeometry,
  type Geometry,
  rootBytes,
  startLevel,
  stride,
  V4_13_GEOMETRY,
  vtcr,
  vttbr,
} from './geometry.js';
export { abortSyndrome, type ExitResult, type GuestExit } from './guest_exit.js';
export { createHost, type HostOptions } from './host.js';
export type { Idmap, IdmapRequest } from './idmap.js';
export { AS_POSTED, AS_REVIEWED, type InternalPolicy } from './internal.js';
export { type MemoryRegion, type SlotResult, setMemoryRegion, setUserMemoryRegion } from './memslots.js';
export { AddressSpace, type Area, type AreaSpec } from './mm.js';
export type { RegionPolicy } from './region.js';
export { guestRegisters } from './registers.js';
export type { MemorySlot, SlotTable } from './slot_table.js';
export type { Stage2Tables } from './tables.js';
export { BASE_VARIANT, PREDICATE_VARIANT, RFC_VARIANT, type Variant } from './variant.js';
export type { MmioAccess, MmioHandler, RunState, Vcpu } from './vcpu.js';
export { Vm } from './vm.js';
export type { VmKind, VmOptions } from './vm_options.js';
