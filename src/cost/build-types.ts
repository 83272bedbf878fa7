import type { Counts } from './counts.js';
import type { CalleeOutcome } from './signature.js';

/** The condition under which a branch is taken. */
export type When = Term | LoopWhen;

/** A condition over predicates. */
export type Term =
  | { kind: 'predicate'; name: string; negated: boolean }
  | { kind: 'and' | 'or'; terms: readonly Term[] };

/** Evaluation i (from 1) of the branch in a fault goes `first` while i <= quantity + bias, then the other way. */
export interface LoopWhen {
  kind: 'loop';
  quantity: string;
  bias: number;
  first: 'taken' | 'fall';
}

/** How a block ends; successors are ids of blocks of the same function. */
export type Terminator =
  | CondTerminator
  | { kind: 'jump'; taken: string }
  | { kind: 'fallthrough'; fall: string }
  | { kind: 'ret' }
  | { kind: 'tailcall' }
  | { kind: 'trap' };

/** A conditional branch, or a static key that is compiled into one. */
export interface CondTerminator {
  kind: 'cond';
  op: string;
  /** A static key: one nop or one direct branch, not a conditional branch. */
  isKey: boolean;
  taken: string;
  fall: string;
  /** Tag of the branch site, a key of the site table. */
  site: string;
  when: When;
}

/** A basic block of the compiled handler. */
export interface Block {
  /** Such as `b7`, within its function. */
  id: string;
  /** Such as `a7`, within the build. */
  label: string;
  functionName: string;
  /** Bytes from the start of .text of mmu.o. */
  textOffset: number;
  bytes: number;
  /** What running the block counts, without what depends on the direction of its branch. */
  counts: Readonly<Counts>;
  /** Functions called, in order. */
  calls: readonly string[];
  end: Terminator;
  /** Steady cycles by core, in the order of {@link Build.cores}. */
  cycles: readonly number[];
}

/** A function of mmu.o. */
export interface BuildFunction {
  name: string;
  /** Prefix of its blocks' labels. */
  code: string;
  textOffset: number;
  bytes: number;
  entry: string;
  /** By id, in the order of their offsets. */
  blocks: ReadonlyMap<string, Block>;
}

/** What one outcome of a callee counts, with everything it calls. */
export interface Charge {
  counts: Readonly<Counts>;
  cycles: readonly number[];
}

/** One outcome of a function outside mmu.o. */
export interface CalleeEntry extends Charge {
  /** Calls it makes of functions that were not compiled. */
  opaque: readonly string[];
  /** The cache-maintenance loops are kept apart from everything else. */
  cacheLoop: boolean;
  /** The host kernel dies here. */
  oops: boolean;
  /** Largest number of 64-byte code lines the call touched in one particular link. */
  icacheLines: number;
  /** Added per unit of a quantity. */
  slopes: ReadonlyMap<string, Charge>;
}

/** Outcomes of a function outside mmu.o by name. */
export type CalleeTable = ReadonlyMap<string, CalleeEntry>;

/** A scenario as it was executed. */
export interface RecordedPath {
  name: string;
  input: {
    predicates: ReadonlyMap<string, boolean>;
    quantities: Readonly<Record<string, number>>;
    callees: readonly CalleeOutcome[];
  };
  /** What handle_exit returned; null if it did not return. */
  ret: number | null;
  blocks: readonly string[];
  totals: Readonly<Counts>;
  loops: Readonly<Counts>;
  opaque: readonly string[];
  /** The callee in which the host kernel died. */
  oops: string | undefined;
}

/** A compiled kernel: blocks of its fault handler, ready to be followed. */
export interface Build {
  id: string;
  variant: string;
  variantWords: string;
  compiler: string;
  flags: string;
  /** Git blob ids of what was compiled. */
  source: ReadonlyMap<string, string>;
  constants: ReadonlyMap<string, boolean>;
  functions: ReadonlyMap<string, BuildFunction>;
  handler: BuildFunction;
  callees: ReadonlyMap<string, CalleeTable>;
  opaque: ReadonlySet<string>;
  /** Cores with steady cycles. */
  cores: readonly string[];
  paths: ReadonlyMap<string, RecordedPath>;
}
