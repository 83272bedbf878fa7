import type { Counts } from './counts.js';
import type { CalleeOutcome } from './signature.js';

/** The condition under which a branch is taken. */
export type When = Term | LoopWhen;

/** A condition over predicates. */
export type Term =
  | {
      /** One predicate. */
      kind: 'predicate';
      /** As the build format names it, such as `is_write`. */
      name: string;
      /** It must be false. */
      negated: boolean;
    }
  | {
      /** All of the terms, or at least one. */
      kind: 'and' | 'or';
      /** At least one. */
      terms: readonly Term[];
    };

/** Evaluation i (from 1) of the branch in a fault goes `first` while i <= quantity + bias, then the other way. */
export interface LoopWhen {
  /** A loop: how often the branch was evaluated decides. */
  kind: 'loop';
  /** Its name, one of the 21 of the build format, such as `slot_steps_ge`. */
  quantity: string;
  /** Added to the quantity; may be negative. */
  bias: number;
  /** Direction of the first evaluations. */
  first: 'taken' | 'fall';
}

/** How a block ends; successors are ids of blocks of the same function. */
export type Terminator =
  | CondTerminator
  | {
      /** An unconditional branch. */
      kind: 'jump';
      /** Id of the block it leads to. */
      taken: string;
    }
  | {
      /** No branch. */
      kind: 'fallthrough';
      /** Id of the block behind it. */
      fall: string;
    }
  | {
      /** A return to the caller. */
      kind: 'ret';
    }
  | {
      /** A branch to the last of the block's calls, which returns to the caller. */
      kind: 'tailcall';
    }
  | {
      /** BRK: the host kernel dies here. */
      kind: 'trap';
    };

/** A conditional branch, or a static key that is compiled into one. */
export interface CondTerminator {
  /** A conditional branch or a static key. */
  kind: 'cond';
  /** Mnemonic, such as `cbz` or `b.eq`; of a static key `nop` or `b`. */
  op: string;
  /** A static key: one nop or one direct branch, not a conditional branch. */
  isKey: boolean;
  /** Id of the block that a taken branch leads to. */
  taken: string;
  /** Id of the block behind it. */
  fall: string;
  /** Tag of the branch site, a key of the site table. */
  site: string;
  /** When it goes to `taken`; the condition of the source may be the opposite. */
  when: When;
}

/** A basic block of the compiled handler. */
export interface Block {
  /** Such as `b7`, within its function. */
  id: string;
  /** Such as `a7`, within the build. */
  label: string;
  /** Of the function of mmu.o that it is part of. */
  functionName: string;
  /** Bytes from the start of .text of mmu.o. */
  textOffset: number;
  /** Bytes of code, at least 1. */
  bytes: number;
  /** What running the block counts, without what depends on the direction of its branch. */
  counts: Readonly<Counts>;
  /** Functions called, in order. */
  calls: readonly string[];
  /** What follows once its calls have returned. */
  end: Terminator;
  /** Steady cycles by core, in the order of {@link Build.cores}. */
  cycles: readonly number[];
}

/** A function of mmu.o. */
export interface BuildFunction {
  /** As in the source, without suffixes of the compiler. */
  name: string;
  /** Prefix of its blocks' labels. */
  code: string;
  /** Bytes from the start of .text of mmu.o. */
  textOffset: number;
  /** Bytes of code, all blocks. */
  bytes: number;
  /** Id of the block that a call goes to. */
  entry: string;
  /** By id, in the order of their offsets. */
  blocks: ReadonlyMap<string, Block>;
}

/** What one outcome of a callee counts, with everything it calls. */
export interface Charge {
  /** Of a slope or a fixed part single ones may be negative; what they add up to is not. */
  counts: Readonly<Counts>;
  /** Steady cycles by core, in the order of {@link Build.cores}. */
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
  /** Of the scenario, such as `write_anon_warm`. */
  name: string;
  /** What decides the path. */
  input: {
    /** All but those that have the value of {@link Build.constants}. */
    predicates: ReadonlyMap<string, boolean>;
    /** Of the whole fault: cache_room, alloc_ok, map_lines. */
    quantities: Readonly<Record<string, number>>;
    /** Outcomes in call order, handle_exit first. */
    callees: readonly CalleeOutcome[];
  };
  /** What handle_exit returned; null if it did not return. */
  ret: number | null;
  /** Labels in order, `a7*3` for three times in a row. */
  blocks: readonly string[];
  /** Everything executed but the cache loops; where the host dies, completed blocks of the handler only. */
  totals: Readonly<Counts>;
  /** The cache-maintenance loops. */
  loops: Readonly<Counts>;
  /** Calls of functions that were not compiled, in order, repeated ones as in `blocks`. */
  opaque: readonly string[];
  /** The callee in which the host kernel died. */
  oops: string | undefined;
}

/** A compiled kernel: blocks of its fault handler, ready to be followed. */
export interface Build {
  /** CONFIG-VARIANT, such as `gcc12c-rfc`. */
  id: string;
  /** Form of the patch: an id of src/data/variants.json. */
  variant: string;
  /** The same in words. */
  variantWords: string;
  /** Such as `GCC 12.2`. */
  compiler: string;
  /** Of the compiler, as text. */
  flags: string;
  /** Git blob ids of what was compiled. */
  source: ReadonlyMap<string, string>;
  /** Predicates with one value in the whole model; the input of a walk comes before them. */
  constants: ReadonlyMap<string, boolean>;
  /** Of mmu.o, all that the handler can reach, by name. */
  functions: ReadonlyMap<string, BuildFunction>;
  /** kvm_handle_guest_abort, one of `functions`. */
  handler: BuildFunction;
  /** Functions outside mmu.o, by name; handle_exit, charged before the handler, is one. */
  callees: ReadonlyMap<string, CalleeTable>;
  /** Functions that were not compiled: of their calls only the number is known. */
  opaque: ReadonlySet<string>;
  /** Cores with steady cycles. */
  cores: readonly string[];
  /** Scenarios as they were executed, by name. */
  paths: ReadonlyMap<string, RecordedPath>;
}
