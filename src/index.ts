export { Access, Event } from './abi/event.js';
export { Disposition, ExitCode, ExitReason, Site } from './abi/kvm.js';
export * from './arm/index.js';
export { parseVectors } from './conform/parse.js';
export { type FileResult as ConformResult, runVectors } from './conform/run.js';
export { Stage2Error } from './core/error.js';
export { Machine, type MachineOptions } from './core/machine.js';
export { type PathCount, readPaths } from './core/paths.js';
export type { BankSpec, KeptRange, RegionSpec } from './core/physmap.js';
export { machineBytes } from './core/plan.js';
export * from './cost/index.js';
export * from './kvm/index.js';
export { type Comparison, compareBuilds } from './scenario/compare.js';
export { type Experiment, type ExperimentCore, experimentOf } from './scenario/comparison/experiment.js';
export { loggedTrace } from './scenario/comparison/logged-trace.js';
export {
  type ComparedCore,
  type ComparisonPlan,
  type ComparisonSources,
  compareOn,
  comparisonCore,
} from './scenario/comparison/run.js';
export { type CallCost, firstCall } from './scenario/efi-call.js';
export { compareEfi, type EfiMapping, type EfiPlan } from './scenario/efi-comparison.js';
export { type EfiForm, type EfiRun, type EfiWindow, efiVm } from './scenario/efi-run.js';
export { type IdmapForm, runIdmap } from './scenario/idmap.js';
export {
  compareIdmap,
  type IdmapMap,
  type IdmapPlan,
  type MappingCode,
  type MappingCore,
  mappingCore,
} from './scenario/idmap-comparison.js';
export type { IdmapCounts } from './scenario/idmap-counts.js';
export { IDMAP_POLICIES, type IdmapPolicy } from './scenario/idmap-policy.js';
export { type IdmapCost, type IdmapPrice, priceIdmap } from './scenario/idmap-price.js';
export { type TlbNeed, tlbNeed } from './scenario/idmap-tlb.js';
export * from './scenario/replay/index.js';
export * from './snapshot/index.js';
export * from './trace/index.js';
export * from './uarch/index.js';
export * from './walk/index.js';
