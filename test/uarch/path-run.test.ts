// Following faults through programs: held to a reference that does every operation by itself.
import { beforeAll, describe, expect, it } from 'vitest';
import { FAULT_SIZEOF } from '../../src/abi/fault-log.js';
import { CODE_BASES, Op, Operand, PROGRAM_OPS_MAX } from '../../src/abi/program.js';
import { MicroEvent, WalkStorage } from '../../src/abi/uarch.js';
import type { BeforeFault } from '../../src/uarch/path-runner.js';
import { placeCode } from '../../src/uarch/placement.js';
import { follow, recordAt } from '../model/uarch/path-model.js';
import { SMALL } from './lab.js';
import {
  EVENTS,
  expected,
  type Faults,
  GUEST_RUN,
  inOneRun,
  MEDIUM,
  PLACEMENT,
  rowsOf,
  runnerOf,
  someFaults,
} from './path-lab.js';

const END = [Op.END, 0, 0, 0];

let faults: Faults;
beforeAll(() => {
  faults = someFaults();
});

/** All faults, in one row. */
function inputOf({ records }: Faults, programs: readonly number[], before: BeforeFault) {
  return { records, programs, rowCount: 1, placement: PLACEMENT, before };
}

describe('a run of faults', () => {
  it.each([
    ['a warm small core', SMALL, 'nothing'],
    ['a core that forgets everything between', SMALL, 'reset'],
    ['a core that a guest uses between', SMALL, GUEST_RUN],
    ['a larger core', MEDIUM, 'nothing'],
    ['a larger core that a guest uses', MEDIUM, GUEST_RUN],
    ['lines of 128 bytes', { ...MEDIUM, l1d: { sets: 32, ways: 4, lineBytes: 128 } }, 'nothing'],
    [
      'lines of 48 bytes',
      { ...MEDIUM, l1d: { sets: 60, ways: 3, lineBytes: 48 }, l1i: { sets: 60, ways: 3, lineBytes: 48 } },
      'nothing',
    ],
    [
      'walk storage of its own',
      { ...SMALL, walkStorage: WalkStorage.SEPARATE, walkCache: { entries: 4, ways: 4 } },
      'nothing',
    ],
  ] as const)('counts what one operation after another counts, on %s', (_, geometry, before) => {
    expect(inOneRun(geometry, before, faults)).toEqual(expected(geometry, before, faults));
  });

  it('adds the events of records of one row', () => {
    const one = runnerOf(SMALL, faults);
    const input = {
      records: faults.records,
      programs: one.programs,
      placement: PLACEMENT,
      before: 'nothing',
    } as const;
    const [sum] = rowsOf(one.runner.run({ ...input, rowCount: 1 }));
    const rows = expected(SMALL, 'nothing', faults);
    expect(sum).toEqual(rows[0]?.map((_, event) => rows.reduce((n, row) => n + (row[event] as bigint), 0n)));
  });

  it('gives the same counts again from the same state, and leaves those of the core running on', () => {
    const { runner, core, programs } = runnerOf(SMALL, faults);
    const input = inputOf(faults, programs, 'reset');
    const first = runner.run(input);
    expect(runner.run(input)).toEqual(first);
    expect(core.counts()).toEqual([...first].map((n) => n * 2n));
  });

  it('finds mmu_lock in another cpu’s cache if it was taken there before each fault', () => {
    const { runner, programs } = runnerOf(MEDIUM, faults);
    const input = inputOf(faults, programs, 'nothing');
    const remote = (steal: number) => {
      const counts = runner.run({ ...input, steal });
      return Number((counts[MicroEvent.LOAD_REMOTE] ?? 0n) + (counts[MicroEvent.STORE_REMOTE] ?? 0n));
    };
    expect(remote(0)).toBe(0);
    expect(remote(1)).toBe(faults.programs.length);
    expect(remote(0.5)).toBeGreaterThan(faults.programs.length / 4);
    expect(remote(0.5)).toBeLessThan((faults.programs.length * 3) / 4);
  });

  it('goes beyond one batch of records', () => {
    const { runner, programs } = runnerOf(MEDIUM, faults);
    const n = 2100;
    const records = new Uint8Array(n * FAULT_SIZEOF);
    for (let i = 0; i < n; i++) records.set(faults.records.subarray(0, FAULT_SIZEOF), i * FAULT_SIZEOF);
    const many = new Array<number>(n).fill(programs[0] as number);
    const rows = many.map((_, i) => i % 2);
    const counts = runner.run({
      records,
      programs: many,
      rows,
      rowCount: 2,
      placement: PLACEMENT,
      before: 'reset',
    });
    expect(counts.slice(0, EVENTS)).toEqual(counts.slice(EVENTS));
  });
});

describe('the trace of one fault', () => {
  it('has the events of every operation', () => {
    const { runner, programs } = runnerOf(SMALL, faults);
    const { records } = faults;
    const [program] = faults.programs;
    const reference = runnerOf(SMALL, faults).core;
    const steps: bigint[][] = [];
    reference.resetCounts();
    follow(reference, program?.words ?? expect.fail(), recordAt(records, 0), PLACEMENT, () => {
      steps.push(reference.counts());
      reference.resetCounts();
    });
    const found = runner.trace({ records, programs, placement: PLACEMENT, before: 'nothing' });
    expect(rowsOf(found)).toEqual(steps);
    expect(steps).toHaveLength(program?.sources.length ?? 0);
  });
});

describe('a placement', () => {
  it('is the same for the same seed, and moves the text of the handler by its phase', () => {
    expect(placeCode(3n, 0)).toEqual(placeCode(3n, 0));
    expect(placeCode(3n, 0).code).not.toEqual(placeCode(4n, 0).code);
    const [at0, at48] = [placeCode(3n, 0), placeCode(3n, 48)];
    expect(at48.code.map((address, i) => address - (at0.code[i] as bigint))).toEqual([
      48n,
      ...new Array(CODE_BASES - 1).fill(0n),
    ]);
    expect(at48.data).toEqual(at0.data);
  });

  it('has no two functions and no two kinds of structures in one place', () => {
    const { code, data } = placeCode(11n, 0);
    expect(new Set(code.map((address) => address >> 16n)).size).toBe(CODE_BASES);
    expect(new Set(data.map((address) => address >> 40n)).size).toBe(Operand.COUNT);
    expect([...code, ...data].every((address) => address < 1n << 52n)).toBe(true);
  });

  it.each([
    [-1n, 0, 'seed: found -1'],
    [1n << 64n, 0, 'seed: found 18446744073709551616'],
    [0n, 64, 'phase: found 64'],
    [0n, 2, 'phase 2'],
  ])('is refused with seed %s and phase %s', (seed, phase, problem) => {
    expect(() => placeCode(seed, phase)).toThrow(problem);
  });
});

describe('bad input', () => {
  it.each([
    ['no words', [], 'a program of 0 words'],
    ['half an operation', [0, 0], 'a program of 2 words'],
    ['too many operations', new Array((PROGRAM_OPS_MAX + 1) * 4).fill(0), 'a program of'],
    ['no end', [Op.FETCH, 0, 0, 64], 'operation 0 of a program: expected the end'],
    ['an early end', [...END, ...END], 'operation 0 of a program: it ends before its last operation'],
    ['an unknown code', [9, 0, 0, 0, ...END], 'operation 0 of a program: code 9'],
    [
      'an operand that is none',
      [Op.LOAD, Operand.COUNT, 0, 0, ...END],
      `operand 0x${Operand.COUNT.toString(16)}`,
    ],
    ['an offset out of range', [Op.STORE, 0, 1 << 20, 0, ...END], 'offset 0x100000'],
    ['a place of code that is none', [Op.FETCH, CODE_BASES, 0, 4, ...END], 'place of code 0x100'],
    ['an empty fetch', [Op.FETCH, 0, 0, 0, ...END], 'fetch of 0 bytes'],
    ['a long fetch', [Op.FETCH, 0, 0, 4097, ...END], 'fetch of 4097 bytes'],
    ['a kind of branch that is none', [Op.BRANCH | (6 << 4), 0, 0, 0, ...END], 'kind of branch 6'],
    ['a target that is none', [Op.BRANCH, 256 << 16, 0, 0, ...END], 'places of code 0x1000000'],
    ['a target too far', [Op.BRANCH, 0, 0, 1 << 20, ...END], 'target 0x100000'],
  ])('a program with %s is refused', (_, words, problem) => {
    const { runner } = runnerOf(SMALL, faults);
    expect(() => runner.load(Uint32Array.from(words))).toThrow(problem);
  });

  it('in a run is named', () => {
    const { runner, programs } = runnerOf(SMALL, faults);
    const good = inputOf(faults, programs, 'nothing');
    const n = programs.length;
    expect(() => runner.run({ ...good, records: new Uint8Array(5) })).toThrow('records of 5 bytes');
    expect(() => runner.run({ ...good, programs: [] })).toThrow(`0 programs: expected ${n}`);
    expect(() => runner.run({ ...good, programs: programs.map(() => 12) })).toThrow(
      'program 12: it is not loaded',
    );
    expect(() => runner.run({ ...good, rows: programs.map(() => 1) })).toThrow('row 1: expected one of 1');
    expect(() => runner.run({ ...good, rows: [0] })).toThrow(`1 rows: expected ${n}`);
    expect(() => runner.run({ ...good, rowCount: 0 })).toThrow('rowCount: found 0');
    expect(() => runner.run({ ...good, steal: 1.5 })).toThrow('steal 1.5: expected 0 to 1');
    expect(() => runner.run({ ...good, before: { ...GUEST_RUN, branches: -1 } })).toThrow(
      'branches: found -1',
    );
    expect(() => runner.run({ ...good, placement: { code: [], data: [] } })).toThrow('placement');
    expect(() => runner.trace({ ...good, records: new Uint8Array(0) })).toThrow('no record to follow');
  });

  it('is a program that was unloaded', () => {
    const { runner, programs } = runnerOf(SMALL, faults);
    runner.unload(programs[0] as number);
    expect(() => runner.unload(programs[0] as number)).toThrow('is not loaded');
  });
});
