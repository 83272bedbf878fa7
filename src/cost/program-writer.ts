import {
  FETCH_BYTES_MAX,
  OFFSET_END,
  OP_CODE_LSB,
  OP_KIND_LSB,
  OP_TAKEN_LSB,
  OP_TARGET_BASE_LSB,
  Op,
  Operand,
  PROGRAM_OPS_MAX,
  STACK_BYTES,
} from '../abi/program.js';
import type { BranchKind } from '../abi/uarch.js';
import type { Place, Touches } from './accesses.js';
import { CostError } from './error.js';

/** Where an operation of a program comes from. */
export interface OpSource {
  /** Name of the function whose code it is. */
  function: string;
  /** Label of the block, or outcome of the call. */
  block: string;
  /** Branch site that the block ends in. */
  site: string;
  /** Code that was not compiled: it is in no recorded path. */
  opaque: boolean;
}

/** An address of code: a place of code and an offset from it. */
export interface CodeAddress {
  /** Number of the place of code, below CODE_BASES; 0 is .text of the handler. */
  base: number;
  /** Bytes. */
  offset: number;
}

const LINE = 64;
/** Structures that do not begin on a line. */
const UNALIGNED: ReadonlySet<Operand> = new Set([
  Operand.SLOTS,
  Operand.SLOTS_TAIL,
  Operand.SLOT_HINT,
  Operand.SLOT,
  Operand.SLOT_PROBE,
  Operand.CACHED,
]);

/** Writes the operations of one program. */
export class ProgramWriter {
  source: OpSource = { function: '', block: '', site: '', opaque: false };
  readonly sources: OpSource[] = [];
  private readonly list: number[] = [];
  /** Parts of structures that the block or call under way has loaded, and those it has stored. */
  private touched: { source: OpSource | undefined; loads: Set<number>; stores: Set<number> } = {
    source: undefined,
    loads: new Set(),
    stores: new Set(),
  };

  /** The finished program. */
  words(): Uint32Array {
    return Uint32Array.of(...this.list, Op.END << OP_CODE_LSB, 0, 0, 0);
  }

  fetch({ base, offset }: CodeAddress, bytes: number): void {
    for (let at = 0; at < bytes; at += FETCH_BYTES_MAX) {
      this.put(Op.FETCH << OP_CODE_LSB, base, offset + at, Math.min(bytes - at, FETCH_BYTES_MAX));
    }
  }

  /** A line that the same block or call has touched before is in the L1D: no event, and left out. */
  load(place: Place): void {
    if (this.repeats(place, false)) return;
    this.put(Op.LOAD << OP_CODE_LSB, place.operand, place.offset, 0);
  }

  store(place: Place): void {
    if (this.repeats(place, true)) return;
    this.put(Op.STORE << OP_CODE_LSB, place.operand, place.offset, 0);
  }

  private repeats({ operand, offset }: Place, write: boolean): boolean {
    const { source } = this;
    if (this.touched.source !== source) this.touched = { source, loads: new Set(), stores: new Set() };
    const { loads, stores } = this.touched;
    const part = operand * OFFSET_END + Math.floor(offset / (UNALIGNED.has(operand) ? 1 : LINE));
    const repeated = stores.has(part) || (!write && loads.has(part));
    (write ? stores : loads).add(part);
    return repeated;
  }

  touch(touches: Touches): void {
    for (const place of touches.loads) this.load(place);
    for (const place of touches.stores) this.store(place);
  }

  /** Loads or stores every line of the stack between two depths in bytes. */
  stack(op: Op.LOAD | Op.STORE, from: number, to: number): void {
    if (to > STACK_BYTES) throw new CostError(`the stack of the path grows to ${to} bytes`);
    const low = STACK_BYTES - to;
    for (let at = low; at < STACK_BYTES - from; at = (Math.floor(at / LINE) + 1) * LINE) {
      this.put(op << OP_CODE_LSB, Operand.STACK, at, 0);
    }
  }

  branch(kind: BranchKind, pc: CodeAddress, taken: boolean, target: CodeAddress): void {
    const first = (Op.BRANCH << OP_CODE_LSB) | (kind << OP_KIND_LSB) | (taken ? 1 << OP_TAKEN_LSB : 0);
    const bases = pc.base | (target.base << OP_TARGET_BASE_LSB);
    this.put(first, bases, pc.offset, target.offset);
  }

  /** Jumps, calls and returns, which are always taken. */
  transfer(kind: Exclude<BranchKind, BranchKind.COND>, pc: CodeAddress, target: CodeAddress): void {
    this.branch(kind, pc, true, target);
  }

  private put(first: number, second: number, offset: number, last: number): void {
    if (offset < 0 || offset >= OFFSET_END) {
      throw new CostError(
        `${this.source.function} ${this.source.block}: offset ${offset} is none of a program`,
      );
    }
    if (this.sources.length + 1 >= PROGRAM_OPS_MAX) {
      throw new CostError(`the path takes more than ${PROGRAM_OPS_MAX} operations`);
    }
    this.list.push(first, second >>> 0, offset, last);
    this.sources.push(this.source);
  }
}

/** `offset` further on in the same place of code. */
export function after(address: CodeAddress, offset: number): CodeAddress {
  return { base: address.base, offset: address.offset + offset };
}
