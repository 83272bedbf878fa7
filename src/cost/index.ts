export { Operand } from '../abi/program.js';
export {
  type Accesses,
  type BlockPoint,
  type BlockTouches,
  type CalleeTouches,
  type OutcomeTouches,
  type Place,
  parseAccesses,
  type Touches,
} from './accesses.js';
export type { ArchVersion } from './arch-version.js';
export { parseBuild } from './build.js';
export { type PathFile, parsePaths } from './build-paths.js';
export type {
  Block,
  Build,
  BuildFunction,
  CalleeEntry,
  CalleeTable,
  Charge,
  CondTerminator,
  LoopWhen,
  RecordedPath,
  Term,
  Terminator,
  When,
} from './build-types.js';
export {
  CALIBRATED,
  type Calibration,
  type CoreCalibration,
  calibrate,
  HANDLER_BUILD,
  type Sample as CalibrationSample,
} from './calibration.js';
export { CONFIDENCES, type Confidence, type Constant } from './constant.js';
export { geometryOf } from './core-geometry.js';
export type { BtbProfile, CacheProfile, TableProfile } from './core-structures.js';
export { addCounts, COUNT_KEYS, type CountKey, type Counts, noCounts, nonZero } from './counts.js';
export { walkBuild, walkCalls } from './cursor.js';
export { type CostSources, DataFiles } from './data-files.js';
export { draw } from './draw.js';
export { BuildError, CostError, DataError, WalkError } from './error.js';
export { type Estimates, parseEstimates } from './estimates.js';
export {
  type EventCounts,
  eventDifference,
  MICRO_EVENTS,
  microEvents,
  oneEvent,
  scaleEvents,
  sumEvents,
} from './event-counts.js';
export { describeClass, type FaultClass } from './fault-class.js';
export { type GuestActivity, guestAfter, parseGuest } from './guest.js';
export {
  type KernelClass,
  type KernelFacts,
  type KernelKind,
  type KernelPart,
  type KernelTable,
  type RegisterGroup,
  switchEvents,
} from './kernel.js';
export { parseKernels } from './kernel-file.js';
export { KERNEL_PARTS, type KernelMachine, kernelPrices } from './kernel-prices.js';
export { type IdmapEstimates, parseIdmapEstimates } from './machine-data.js';
export { type Replacement, useNearestOutcomes } from './nearest.js';
export { outcomeCode, outcomeName, outcomesOf } from './outcomes.js';
export { type PathCycles, parsePathCycles } from './path-cycles.js';
export { codeEvents, operationEvents } from './path-events.js';
export {
  costOf,
  costsOf,
  cyclesOf,
  defaultPrices,
  highPrices,
  lowPrices,
  microcycles,
  type Price,
  type PriceList,
  type PriceTable,
  samplePrices,
} from './price-list.js';
export { costMatrix, type PriceMatrix, priceMatrix, samplePriceMatrix } from './price-matrix.js';
export { type Overlap, opaqueEvent, type PriceSources, priceTable } from './price-table.js';
export {
  type BranchProfile,
  type Choice,
  type CoreProfile,
  estimatedSystemText,
  hasEstimatedSystem,
  parseProfiles,
  type TlbProfile,
} from './profile.js';
export { compileProgram, type Program } from './program.js';
export { type PathCounts, staticCounts } from './program-counts.js';
export type { CodeAddress, OpSource } from './program-writer.js';
export { type Range, sum } from './range.js';
export { type FloorFrom, floorOn, type Method, parseResolution } from './resolution.js';
export { formatBlocks, formatOpaque } from './sequence.js';
export { type CalleeOutcome, decodeSignature, type FaultSignature, type WalkInput } from './signature.js';
export {
  type BranchRow,
  branchStatistics,
  type CountedWalk,
  type SiteCounts,
  type SiteRow,
  siteStatistics,
} from './site-statistics.js';
export {
  type Hint,
  parseSites,
  type Selector as BranchSelector,
  type SiteInfo,
  type SiteTable,
  siteNumber,
  siteOf,
} from './sites.js';
export type { EntrySizes } from './tlb-sizes.js';
export type { Call, Step, Walk, WalkLimits } from './walk.js';
export { hypercallOf, parseWorldSwitch, switchOf, type WorldSwitch } from './world-switch.js';
