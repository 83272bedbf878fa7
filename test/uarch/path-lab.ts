// Faults of a VM, their log, and the programs of their paths.
import { Fsc } from '../../src/abi/arm.js';
import { FAULT_SIZEOF } from '../../src/abi/fault-log.js';
import { KVM_MEM_LOG_DIRTY_PAGES } from '../../src/abi/kvm.js';
import { MicroEvent } from '../../src/abi/uarch.js';
import { FaultLog } from '../../src/core/fault-log.js';
import { Machine } from '../../src/core/machine.js';
import { readPaths } from '../../src/core/paths.js';
import {
  type Build,
  compileProgram,
  decodeSignature,
  type Program,
  parseAccesses,
  useNearestOutcomes,
  walkBuild,
} from '../../src/cost/index.js';
import type { Geometry } from '../../src/uarch/geometry.js';
import { Microarch, microBytes } from '../../src/uarch/microarch.js';
import { type BeforeFault, PathRunner, pathRunnerBytes } from '../../src/uarch/path-runner.js';
import { placeCode } from '../../src/uarch/placement.js';
import { abort, BLOCK, GUEST, HVA, lab, PAGE } from '../model/lab.js';
import { follow, recordAt } from '../model/uarch/path-model.js';
import { dataFile, loadBuild } from '../unit/fixtures-cost/load.js';
import { SMALL } from './lab.js';

export const ACCESSES = parseAccesses(dataFile('accesses.json'), 'accesses.json');

export interface Faults {
  records: Uint8Array;
  /** The program of each record. */
  programs: Program[];
}

/** Writes, reads, fetches, permission faults and device accesses of a VM with three slots, one of them logging. */
export function someFaults(build = 'gcc12c-base'): Faults {
  const size = 4n * BLOCK;
  const { machine, cpu } = lab({
    areas: [
      { hva: HVA, size, kind: 'anonymous' },
      { hva: HVA + size, size, kind: 'thp' },
    ],
    slots: [
      {},
      { slot: 1, guestPhysAddr: GUEST + size, userspaceAddr: HVA + size, memorySize: size },
      {
        slot: 2,
        guestPhysAddr: GUEST + 4n * size,
        userspaceAddr: HVA + BLOCK,
        flags: KVM_MEM_LOG_DIRTY_PAGES,
      },
    ],
  });
  const log = new FaultLog(machine, 256);
  for (let i = 0n; i < 12n; i++) {
    abort(cpu, 'write', GUEST + i * PAGE);
    abort(cpu, 'fetch', GUEST + 4n * 4n * BLOCK + i * 3n * PAGE);
    abort(cpu, 'read', GUEST + 64n * PAGE + i * PAGE);
    abort(cpu, 'write', GUEST + 64n * PAGE + i * PAGE, { type: Fsc.PERMISSION });
    abort(cpu, 'write', 0x900_0000n, { isv: { size: 4, register: 3 } });
    abort(cpu, 'read', GUEST + i * PAGE, { type: Fsc.ACCESS_FLAG });
  }
  abort(cpu, 'write', GUEST + size);
  abort(cpu, 'write', GUEST + size + BLOCK + 5n * PAGE);
  const records = log.drain();
  const compiled = new Map(
    readPaths(machine).map(({ entry, words }) => [entry, programOf(loadBuild(build), words)]),
  );
  const programs = Array.from(
    { length: records.length / FAULT_SIZEOF },
    (_, i) => compiled.get(recordAt(records, i).path) as Program,
  );
  return { records, programs };
}

function programOf(build: Build, words: Uint32Array): Program {
  const { input } = useNearestOutcomes(build, decodeSignature(words));
  return compileProgram(walkBuild(build, input), ACCESSES);
}

/** A core and a runner in a machine of their own, with the programs loaded. */
export function runnerOf(geometry: Geometry, faults: Faults) {
  const machine = new Machine({
    accounted: true,
    pageState: false,
    arenaBytes: microBytes(geometry) + pathRunnerBytes(4096) + (4 << 20),
    tablePool: { pa: 1n << 40n, pages: 1 },
    roots: { pa: 1n << 41n, size: 4096 },
  });
  const core = new Microarch(machine, geometry);
  const runner = new PathRunner(machine, core);
  const loaded = new Map<Program, number>();
  const programs = faults.programs.map((program) => {
    const known = loaded.get(program) ?? runner.load(program.words);
    loaded.set(program, known);
    return known;
  });
  return { machine, core, runner, programs };
}

export const EVENTS = MicroEvent.COUNT;
export const GUEST_RUN = { dataLines: 40, codeLines: 20, branches: 30, dataBytes: 65536, codeBytes: 16384 };
export const PLACEMENT = placeCode(7n, 16);
export const MEDIUM = {
  ...SMALL,
  l1i: { sets: 64, ways: 4, lineBytes: 64 },
  l1d: { sets: 64, ways: 4, lineBytes: 64 },
  l2: { sets: 512, ways: 8, lineBytes: 64 },
  btb: { nano: { entries: 16, ways: 16 }, main: { entries: 512, ways: 4 } },
  direction: { indexBits: 12, historyBits: 6 },
  returnStack: 16,
};

/** What each fault counts, by a reference that does every operation by itself. */
export function expected(geometry: Geometry, before: BeforeFault, faults: Faults): bigint[][] {
  const { core } = runnerOf(geometry, faults);
  return faults.programs.map(({ words }, i) => {
    if (before === 'reset') core.reset();
    if (typeof before === 'object') core.guest(before);
    core.resetCounts();
    follow(core, words, recordAt(faults.records, i), PLACEMENT);
    return core.counts();
  });
}

/** What each fault counts in one run of all of them. */
export function inOneRun(geometry: Geometry, before: BeforeFault, faults: Faults): bigint[][] {
  const { runner, programs } = runnerOf(geometry, faults);
  const rows = programs.map((_, i) => i);
  const { records } = faults;
  const input = { records, programs, rows, rowCount: rows.length, placement: PLACEMENT, before };
  return rowsOf(runner.run(input));
}

export function rowsOf(counts: BigUint64Array): bigint[][] {
  return Array.from({ length: counts.length / EVENTS }, (_, i) => [
    ...counts.slice(i * EVENTS, (i + 1) * EVENTS),
  ]);
}
