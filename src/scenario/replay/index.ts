export { checkEvent, type ExpectedDump, replayableVms } from './check.js';
export type { LeafDifference, TableComparison, TableLeaf } from './compare-tables.js';
export type { Difference, DifferenceKind } from './differences.js';
export {
  type ClassCount,
  type FaultObserver,
  FaultReplay,
  type FaultReplayOptions,
  type FaultsReplay,
  type Outcomes,
} from './faults.js';
export type { DirtyLogs } from './host-operation.js';
export {
  type ReplayedLines,
  type ReplayOptions,
  type ReplayResult,
  replayFaults,
  replayTrace,
} from './replay.js';
export { type TableOperation, TableReplay, type TablesReplay } from './tables.js';
export type { FaultWindow, HostMemoryEvent, PageChange, RangeEvent, WindowSink } from './windows.js';
