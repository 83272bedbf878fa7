import type { State } from '../../scenario/comparison/state.js';
import type { Step } from '../../scenario/comparison/timeline.js';
import type { ClassCount, Difference, Outcomes } from '../../scenario/replay/index.js';
import type { ProfileSource } from '../cores/types.js';
import type { NamedFile } from '../worker/protocol.js';

/** A capture to replay: a trace and its slots. Workers keep the last one by its key. */
export interface CaptureSource {
  key: string;
  trace: NamedFile;
  /** Undefined for the bundled capture, whose slots are data of the page. */
  slots: NamedFile | undefined;
}

/** What faults are priced on. */
export interface PricedOn {
  /** Data files of the page, packed. */
  data: Blob;
  profile: ProfileSource | undefined;
  capture: CaptureSource;
  config: string;
  variant: string;
  core: string;
  kernel: string;
  state: State;
  /** Of the placement of code and data. */
  seed: number;
}

export type ReplayQuery = PricedOn;

/** A number with its plausible range. */
export interface Ranged {
  v: number;
  lo: number;
  hi: number;
}

/** Every fault that v4.13 takes, column by column. */
export interface FaultColumns {
  /** 1-based line of the trace. */
  line: Uint32Array;
  ipa: BigUint64Array;
  /** Index into `groups`. */
  group: Uint16Array;
  groups: string[];
  /** Modelled cycles at default prices, with all prices low and all high. */
  cycles: { v: Float64Array; lo: Float64Array; hi: Float64Array };
}

export interface ReplayAnswer {
  trace: string;
  about: string;
  captured: number;
  taken: number;
  notTaken: number;
  classes: ClassCount[];
  outcomes: Outcomes;
  differences: Difference[];
  faults: FaultColumns;
  /** Host time that following the faults on the modelled core took. */
  followedMs: number;
}

export interface FaultQuery extends PricedOn {
  /** From 1, as stage2 compare --trace-event counts. */
  fault: number;
}

/** An entry of the stage-2 tables on the way to an address. */
export interface TableEntry {
  level: number;
  pa: bigint;
  desc: bigint;
}

/** A branch site that the fault met. */
export interface SiteOutcome {
  site: string;
  function: string;
  condition: string;
  hint: string;
  /** `rfc`: the patch adds it. */
  hunk: string;
  place: string;
  isFalse: number;
  isTrue: number;
}

/** A conditional branch of the compiled handler, in the order it was met. */
export interface BranchOutcome {
  function: string;
  block: string;
  op: string;
  site: string;
  taken: boolean;
}

/** A structure or a function that the fault touched. */
export interface Touched {
  kind: 'code' | 'data';
  name: string;
  /** 64-byte lines by their offsets. */
  lines: number;
  loads: number;
  stores: number;
}

/** A step of the handler with the range of its cost. */
export type PricedStep = Step & { cycles: Ranged };

/** Cycles of one part of a fault, and where their prices come from. */
export interface PartCost {
  part: string;
  cycles: Ranged;
  events: { event: string; count: number; cycles: Ranged; conf: string; source: string }[];
}

export interface FaultAnswer {
  fault: number;
  line: number;
  thread: string;
  ipa: bigint;
  esr: bigint;
  far: bigint;
  group: string;
  ret: number;
  /** IPA bits of the VM's tables begin at this level. */
  before: TableEntry[];
  after: TableEntry[];
  sites: SiteOutcome[];
  branches: BranchOutcome[];
  touched: Touched[];
  core: string;
  /** The user's file that the core comes from. */
  profile: string | undefined;
  build: string;
  steps: PricedStep[];
  parts: PartCost[];
  total: Ranged;
}
