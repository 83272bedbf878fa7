import { FAULT_SIZEOF } from '../../abi/fault-log.js';
import { OP_WORDS } from '../../abi/program.js';
import { MicroEvent } from '../../abi/uarch.js';
import { Machine } from '../../core/machine.js';
import type { Geometry } from '../../uarch/geometry.js';
import { type GuestRun, Microarch, microBytes } from '../../uarch/microarch.js';
import { PathRunner, pathRunnerBytes, programBytes } from '../../uarch/path-runner.js';
import { placeCode } from '../../uarch/placement.js';
import type { Placement } from './placements.js';

/** Faults of a trace to follow on one core: plain data, so that a worker can be sent it. */
export interface FollowJob {
  /** Of the core that is modelled. */
  geometry: Geometry;
  /** Records of the log of faults, one after another. */
  records: Uint8Array;
  /** Program of each record: its place in the list of each build. */
  programs: Uint32Array;
  /** Row that the events of each record are added to. */
  rows: Uint32Array;
  /** Rows there are; `rows` are below it. */
  rowCount: number;
  /** Words of the programs of each build. */
  builds: readonly (readonly Uint32Array[])[];
  /** What happens to the core before each fault: nothing, everything is emptied, or a guest runs. */
  before: 'nothing' | 'reset' | GuestRun;
  /** How probable it is that another cpu takes the line of mmu_lock before a fault, from 0 to 1. */
  steal: number;
}

/** Counts of MicroEvent by build and in it by row: `rowCount` rows of `MicroEvent.COUNT` each. */
export type FollowedCounts = readonly BigUint64Array[];

/** Records followed before those that count, so that the first of them do not find a core that was just switched on. */
const WARM_UP = 64;
const RECORD_ALIGN = 64;
const SPARE_BYTES = 1 << 16;

/** One modelled core with the programs of a job in it. Every placement starts it afresh, so their order does not matter. */
export class Follower {
  readonly #job: FollowJob;
  readonly #micro: Microarch;
  readonly #runner: PathRunner;
  /** By build, what `load` returned for the program of each record. */
  readonly #loaded: readonly Uint32Array[];

  constructor(job: FollowJob) {
    this.#job = job;
    const words = job.builds.flat();
    const bytesOfPrograms = words.reduce((sum, program) => sum + programBytes(program) + RECORD_ALIGN, 0);
    const operations = words.reduce((most, { length }) => Math.max(most, length / OP_WORDS), 0);
    const rows = Math.max(job.rowCount, operations);
    const arenaBytes = microBytes(job.geometry) + pathRunnerBytes(rows) + bytesOfPrograms + SPARE_BYTES;
    const machine = new Machine({ accounted: true, arenaBytes, tablePool: { pa: 1n << 40n, pages: 1 } });
    this.#micro = new Microarch(machine, job.geometry);
    this.#runner = new PathRunner(machine, this.#micro);
    this.#loaded = job.builds.map((programs) => {
      const offsets = programs.map((program) => this.#runner.load(program));
      return job.programs.map((program) => offsets[program] as number);
    });
  }

  /** What each build counts at a placement. */
  at(placement: Placement): FollowedCounts {
    return this.#loaded.map((_, build) => this.#follow(build, placement));
  }

  /** What one build counts at a placement: the same each time. */
  #follow(build: number, placement: Placement): BigUint64Array {
    return this.#runner.run({ ...this.#begin(build, placement), records: this.#job.records });
  }

  /** Follows one build at a placement: `visit` gets what each operation of each fault counted, in their order. */
  trace(build: number, placement: Placement, visit: (fault: number, counted: BigUint64Array) => void): void {
    const { programs, placement: at, before, steal } = this.#begin(build, placement);
    const { records } = this.#job;
    programs.forEach((program, fault) => {
      const record = records.subarray(fault * FAULT_SIZEOF, (fault + 1) * FAULT_SIZEOF);
      visit(
        fault,
        this.#runner.trace({ records: record, programs: [program], placement: at, before, steal }),
      );
    });
  }

  /** Follows one build at a placement up to record `at`; gives what each of its operations counted. */
  traceRecord(build: number, placement: Placement, at: number): BigUint64Array {
    const { programs, rows, ...input } = this.#begin(build, placement);
    const { records } = this.#job;
    const before = { programs: programs.subarray(0, at), rows: rows.subarray(0, at) };
    this.#runner.run({ ...input, ...before, records: records.subarray(0, at * FAULT_SIZEOF) });
    return this.#runner.trace({
      ...input,
      programs: programs.subarray(at, at + 1),
      records: records.subarray(at * FAULT_SIZEOF, (at + 1) * FAULT_SIZEOF),
    });
  }

  /** A core as faults find it, and what is the same for all of them. */
  #begin(build: number, { seed, phase }: Placement) {
    const { rows, rowCount, before, steal } = this.#job;
    this.#micro.reset();
    this.#micro.seed(BigInt(seed));
    const programs = this.#loaded[build] as Uint32Array;
    const input = { programs, rows, rowCount, placement: placeCode(BigInt(seed), phase), before, steal };
    if (before !== 'reset') this.#runner.run({ ...input, records: this.#warmUp() });
    return input;
  }

  #warmUp(): Uint8Array {
    return this.#job.records.subarray(0, WARM_UP * FAULT_SIZEOF);
  }
}

/** The counts of one row, by MicroEvent. */
export function rowOf(counts: BigUint64Array, row: number): bigint[] {
  return [...counts.subarray(row * MicroEvent.COUNT, (row + 1) * MicroEvent.COUNT)];
}
