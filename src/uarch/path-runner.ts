import { FAULT_SIZEOF } from '../abi/fault-log.js';
import * as P from '../abi/program.js';
import { MicroEvent } from '../abi/uarch.js';
import { checkInteger, U32_MOST } from '../core/check.js';
import { Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import { checkGuestRun, type GuestRun } from './microarch.js';
import type { CodePlacement } from './placement.js';
import { checkProgram } from './program-check.js';

/** What is done before each fault of a run. */
export type BeforeFault = 'nothing' | 'reset' | GuestRun;

/** Faults to follow. */
export interface PathRunInput {
  /** Records of the log of faults (src/abi/fault-log.ts), one after another. */
  records: Uint8Array;
  /** What `load` returned for the program of each record. */
  programs: ArrayLike<number>;
  /** The row that the events of each record are added to; left out, all go to row 0. */
  rows?: ArrayLike<number>;
  /** Rows of the result. */
  rowCount: number;
  placement: CodePlacement;
  before: BeforeFault;
  /** How probable it is that another cpu takes the line of mmu_lock before a fault, from 0 to 1. */
  steal?: number;
}

const EVENTS = MicroEvent.COUNT;
/** Records copied to the core at a time. */
const BATCH = 1024;

/** Bytes of a machine's arena that a runner takes beside its programs, with at most `rows` rows. */
export function pathRunnerBytes(rows: number): number {
  return P.RUN_SIZEOF + P.PLACEMENT_SIZEOF + BATCH * (FAULT_SIZEOF + 8) + rows * EVENTS * 8 + 256;
}

/** Bytes of a machine's arena that a program takes, but for its alignment to 64. */
export function programBytes(words: Uint32Array): number {
  const operations = words.length / P.OP_WORDS;
  return P.LOADED_HEADER + words.byteLength + (operations + 1) * P.STEP_BYTES;
}

/** Follows faults through programs on one modelled core. */
export class PathRunner {
  readonly #machine: Machine;
  readonly #core: number;
  readonly #run: number;
  readonly #placement: number;
  readonly #records: number;
  readonly #programs: number;
  readonly #rowsOf: number;
  /** Operations of each program by its offset. */
  readonly #loaded = new Map<number, number>();
  /** Counts the placements; no program is of the 0th. */
  #generation = 0;

  /** `core` is a Microarch of `machine`. */
  constructor(machine: Machine, core: { readonly offset: number }) {
    this.#machine = machine;
    this.#core = core.offset;
    this.#run = machine.arena.allocate(P.RUN_SIZEOF, 64);
    machine.view.fill(this.#run, P.RUN_SIZEOF);
    this.#placement = machine.arena.allocate(P.PLACEMENT_SIZEOF, 64);
    this.#records = machine.arena.allocate(BATCH * FAULT_SIZEOF, 64);
    this.#programs = machine.arena.allocate(BATCH * 4, 64);
    this.#rowsOf = machine.arena.allocate(BATCH * 4, 64);
  }

  /** Makes a program known; gives the number that names it. @throws EINVAL for words that no compiler writes. */
  load(words: Uint32Array): number {
    const operations = checkProgram(words);
    const { arena, view } = this.#machine;
    const at = arena.allocate(programBytes(words), 64);
    view.setU32(at + P.LOADED_OPERATIONS, operations);
    view.setU32(at + P.LOADED_GENERATION, 0);
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    view.bytes(at + P.LOADED_HEADER, words.byteLength).set(bytes);
    this.#loaded.set(at, operations);
    return at;
  }

  /** Forgets a program. */
  unload(program: number): void {
    this.#operations(program);
    this.#loaded.delete(program);
    this.#machine.arena.release(program);
  }

  #operations(program: number): number {
    const operations = this.#loaded.get(program);
    if (operations === undefined) throw new Stage2Error('EINVAL', `program ${program}: it is not loaded`);
    return operations;
  }

  /** Follows the faults; counts of MicroEvent by row, one row after another. */
  run(input: PathRunInput): BigUint64Array {
    const n = this.#check(input);
    return this.#withRows(input.rowCount, (rows) => {
      this.#prepare(input);
      for (let first = 0; first < n; first += BATCH) {
        this.#copyBatch(input, first, Math.min(BATCH, n - first), rows);
        this.#machine.micro.microRunPaths(this.#core, this.#run);
      }
    });
  }

  /** Follows the first fault of `input`: counts of MicroEvent by operation of its program, END left out. */
  trace(input: Omit<PathRunInput, 'rows' | 'rowCount'>): BigUint64Array {
    const one = { ...input, rowCount: 1 };
    if (this.#check(one) === 0) throw new Stage2Error('EINVAL', 'there is no record to follow');
    return this.#withRows(this.#operations(one.programs[0] ?? 0) - 1, (rows) => {
      this.#prepare(one);
      this.#copyBatch(one, 0, 1, rows);
      this.#machine.micro.microTracePath(this.#core, this.#run);
    });
  }

  /** The number of records, after every field was checked. */
  #check({ records, programs, rows, rowCount, placement, before, steal = 0 }: PathRunInput): number {
    const n = records.byteLength / FAULT_SIZEOF;
    checkInteger('rowCount', rowCount, 1, U32_MOST);
    if (!Number.isInteger(n)) {
      throw new Stage2Error(
        'EINVAL',
        `records of ${records.byteLength} bytes: expected ${FAULT_SIZEOF} each`,
      );
    }
    if (programs.length < n) throw new Stage2Error('EINVAL', `${programs.length} programs: expected ${n}`);
    if (rows !== undefined && rows.length < n) {
      throw new Stage2Error('EINVAL', `${rows.length} rows: expected ${n}`);
    }
    for (let i = 0; i < n; i++) {
      this.#operations(programs[i] ?? 0);
      const row = rows?.[i] ?? 0;
      if (!(row >= 0 && row < rowCount && Number.isInteger(row))) {
        throw new Stage2Error('EINVAL', `row ${row}: expected one of ${rowCount}`);
      }
    }
    if (placement.code.length !== P.CODE_BASES || placement.data.length !== P.Operand.COUNT) {
      throw new Stage2Error(
        'EINVAL',
        'placement: expected an address for every place of code and every operand',
      );
    }
    if (!(steal >= 0 && steal <= 1)) throw new Stage2Error('EINVAL', `steal ${steal}: expected 0 to 1`);
    if (typeof before === 'object') checkGuestRun(before);
    return n;
  }

  #withRows(count: number, fill: (rows: number) => void): BigUint64Array {
    const { arena, view } = this.#machine;
    const bytes = count * EVENTS * 8;
    const rows = arena.allocate(bytes);
    try {
      view.fill(rows, bytes);
      fill(rows);
      return new BigUint64Array(view.bytes(rows, bytes).slice().buffer);
    } finally {
      arena.release(rows);
    }
  }

  #set(field: number, value: number): void {
    this.#machine.view.setU32(this.#run + field, value);
  }

  #prepare({ placement, before, steal = 0 }: PathRunInput): void {
    const { view } = this.#machine;
    for (const [i, address] of placement.code.entries()) {
      view.setU64(this.#placement + P.PLACEMENT_CODE + i * 8, address);
    }
    for (const [i, address] of placement.data.entries()) {
      view.setU64(this.#placement + P.PLACEMENT_DATA + i * 8, address);
    }
    this.#generation = (this.#generation % U32_MOST) + 1;
    this.#set(P.RUN_GENERATION, this.#generation);
    this.#set(P.RUN_RECORDS, this.#records);
    this.#set(P.RUN_PROGRAMS, this.#programs);
    this.#set(P.RUN_ROWS, this.#rowsOf);
    this.#set(P.RUN_PLACEMENT, this.#placement);
    this.#set(P.RUN_STEAL, Math.round(steal * P.STEAL_ALWAYS));
    const guest = typeof before === 'object' ? before : undefined;
    const between = before === 'reset' ? P.Between.RESET : P.Between.NOTHING;
    this.#set(P.RUN_BETWEEN, guest === undefined ? between : P.Between.GUEST);
    this.#set(P.RUN_DATA_LINES, guest?.dataLines ?? 0);
    this.#set(P.RUN_CODE_LINES, guest?.codeLines ?? 0);
    this.#set(P.RUN_BRANCHES, guest?.branches ?? 0);
    this.#set(P.RUN_DATA_BYTES, guest?.dataBytes ?? 0);
    this.#set(P.RUN_CODE_BYTES, guest?.codeBytes ?? 0);
  }

  #copyBatch({ records, programs, rows }: PathRunInput, first: number, count: number, at: number): void {
    const { view } = this.#machine;
    const bytes = records.subarray(first * FAULT_SIZEOF, (first + count) * FAULT_SIZEOF);
    view.bytes(this.#records, bytes.length).set(bytes);
    for (let i = 0; i < count; i++) {
      view.setU32(this.#programs + i * 4, programs[first + i] ?? 0);
      view.setU32(this.#rowsOf + i * 4, at + (rows?.[first + i] ?? 0) * EVENTS * 8);
    }
    this.#set(P.RUN_COUNT, count);
  }
}
