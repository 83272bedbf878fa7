/**
 * The emulator from the host: translation, KVM's fault path, captures, comparisons and costs. It runs in Node and in the
 * browser; the wasm is part of the code. `stage2/elements` shows translations in a page.
 *
 * @module stage2
 */
export { Access, Event } from './abi/event.js';
export { Disposition, ExitCode, ExitReason } from './abi/kvm.js';
export { Site } from './abi/site.js';
export * from './arm/index.js';
export type { Answer as ConformAnswer } from './conform/answer.js';
export type {
  Ask as ConformAsk,
  Expectation as ConformExpectation,
  ExpectedException,
  ExpectedFault,
  ExpectedPar,
  ExpectedSuccess,
  Format as ConformFormat,
  MemoryRange as ConformMemory,
  Query as ConformQuery,
  Update as DescriptorUpdate,
  VectorCase,
  VectorFile,
} from './conform/file.js';
export { type CheckReport, checkMappings, type MappingDifference } from './conform/mappings.js';
export { parseVectors } from './conform/parse.js';
export type { PathStep } from './conform/path.js';
export {
  type ConformDifference,
  type DifferenceGroup,
  type FileResult as ConformResult,
  runVectors,
} from './conform/run.js';
export type { Subject as ConformSubject } from './conform/subject.js';
export { Stage2Error } from './core/error.js';
export { Machine } from './core/machine.js';
export type { MachineOptions } from './core/options.js';
export { type PathCount, readPaths } from './core/paths.js';
export type { BankSpec, KeptRange, RegionSpec } from './core/physmap.js';
export { machineBytes } from './core/plan.js';
export * from './cost/index.js';
export * from './kvm/index.js';
export {
  type CodeBytes,
  type CompareConfig,
  type Comparison,
  type ConfigCounts,
  compareBuilds,
  type VariantCounts,
} from './scenario/compare.js';
export type { BreakEven, RateLimit } from './scenario/comparison/break-even.js';
export type { CoreComparison, StateComparison } from './scenario/comparison/core.js';
export type { Distribution } from './scenario/comparison/distribution.js';
export type { EventTotal } from './scenario/comparison/events.js';
export { type Experiment, type ExperimentCore, experimentOf } from './scenario/comparison/experiment.js';
export type { FollowedCounts, FollowJob } from './scenario/comparison/follow.js';
export type { KernelEvents } from './scenario/comparison/kernel-events.js';
export { type LoggedPath, type LoggedTrace, loggedTrace } from './scenario/comparison/logged-trace.js';
export type { NullRun } from './scenario/comparison/null-run.js';
export type { Placement } from './scenario/comparison/placements.js';
export {
  type ComparedCore,
  type ComparisonCore,
  type ComparisonPlan,
  compareOn,
  comparisonCore,
  type Follow,
} from './scenario/comparison/run.js';
export type { FaultSample } from './scenario/comparison/sample.js';
export type { Input as ComparisonInput } from './scenario/comparison/sensitivity.js';
export type { MethodSight, Sight } from './scenario/comparison/sight.js';
export type { State as CoreState } from './scenario/comparison/state.js';
export type { PairedCost } from './scenario/comparison/types.js';
export { type CallCost, firstCall } from './scenario/efi-call.js';
export { compareEfi, type EfiCore, type EfiMapping, type EfiPlan } from './scenario/efi-comparison.js';
export { type EfiForm, type EfiRefusal, type EfiRun, type EfiWindow, efiVm } from './scenario/efi-run.js';
export type { GroupCounts } from './scenario/group-counts.js';
export { type IdmapForm, runIdmap } from './scenario/idmap.js';
export {
  type CoreMap,
  compareIdmap,
  type IdmapMap,
  type IdmapPlan,
  type MappingCode,
  type MappingCore,
  mappingCore,
} from './scenario/idmap-comparison.js';
export type { IdmapCounts } from './scenario/idmap-counts.js';
export { IDMAP_POLICIES, type IdmapPolicy } from './scenario/idmap-policy.js';
export {
  IDMAP_PART,
  type IdmapCore,
  type IdmapCost,
  type IdmapInstructions,
  type IdmapPrice,
  priceIdmap,
} from './scenario/idmap-price.js';
export { type TlbEntries, type TlbNeed, tlbNeed } from './scenario/idmap-tlb.js';
export * from './scenario/replay/index.js';
export * from './snapshot/index.js';
export * from './trace/index.js';
export * from './uarch/index.js';
export * from './walk/index.js';
