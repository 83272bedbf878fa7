// Faults that take one path over and over, whose settled part a run leaves out: held to the same reference.
import { beforeAll, describe, expect, it } from 'vitest';
import { FAULT_SIZEOF } from '../../src/abi/fault-log.js';
import { Op } from '../../src/abi/program.js';
import { BranchKind, ColdRule } from '../../src/abi/uarch.js';
import type { Program } from '../../src/cost/index.js';
import type { Geometry } from '../../src/uarch/geometry.js';
import { SMALL } from './lab.js';
import { expected, type Faults, GUEST_RUN, inOneRun, MEDIUM, someFaults } from './path-lab.js';

/** All that one path takes has a place, but in the fastest level of the BTB. */
const LARGE: Geometry = {
  ...MEDIUM,
  l1i: { sets: 512, ways: 8, lineBytes: 64 },
  l2: { sets: 2048, ways: 8, lineBytes: 64 },
  itlb: { entries: 48, ways: 48 },
  dtlb: { entries: 48, ways: 48 },
  stlb: { entries: 1024, ways: 4 },
  btb: { nano: { entries: 16, ways: 16 }, micro: { entries: 64, ways: 4 }, main: { entries: 4096, ways: 8 } },
};
const END = [Op.END, 0, 0, 0];

let faults: Faults;
beforeAll(() => {
  faults = someFaults();
});

/** The same kind of fault several times, at one address and at others, then another kind; some kinds come again. */
function repeatedFaults(): Faults {
  const { programs, records } = faults;
  const alike = programs.map((program) => programs.flatMap((other, i) => (other === program ? [i] : [])));
  const runs = [0, 1, 3, 0, 4, 1, 2, programs.length - 1].flatMap((kind, i) =>
    Array.from({ length: 7 + (i % 3) }, (_, turn) => {
      const same = alike[kind] as number[];
      return same[turn < 3 ? 0 : turn % same.length] as number;
    }),
  );
  return {
    programs: runs.map((i) => programs[i] as Program),
    records: Uint8Array.from(
      runs.flatMap((i) => [...records.subarray(i * FAULT_SIZEOF, (i + 1) * FAULT_SIZEOF)]),
    ),
  };
}

describe('a run of faults that repeat', () => {
  it.each([
    ['a small core', SMALL, 'nothing'],
    ['a core with a history of branches', MEDIUM, 'nothing'],
    ['a core with a longer history', { ...MEDIUM, direction: { indexBits: 12, historyBits: 12 } }, 'nothing'],
    ['a core that holds all of a path', LARGE, 'nothing'],
    ['a large core that forgets everything between', LARGE, 'reset'],
    ['a large core that a guest uses between', LARGE, GUEST_RUN],
    ['a large core with few counters', { ...LARGE, direction: { indexBits: 4, historyBits: 3 } }, 'nothing'],
    ['a large core with a small return stack', { ...LARGE, returnStack: 2 }, 'nothing'],
    ['a large core with a small ITLB', { ...LARGE, itlb: { entries: 2, ways: 1 } }, 'nothing'],
    ['a large core with a small DTLB', { ...LARGE, dtlb: { entries: 4, ways: 2 } }, 'nothing'],
    ['a large core with a small L1I', { ...LARGE, l1i: SMALL.l1i }, 'nothing'],
    ['a large core with a small L1D', { ...LARGE, l1d: SMALL.l1d }, 'nothing'],
    [
      'a large core that follows backward branches',
      { ...LARGE, coldRule: ColdRule.BACKWARD_TAKEN },
      'nothing',
    ],
    ['a large core that decodes branches', { ...LARGE, coldRule: ColdRule.DIRECTION }, 'nothing'],
    ['a large core without a BTB', { ...LARGE, btb: {} }, 'nothing'],
  ] as const)(
    'counts a path that is taken over and over as one after another, on %s',
    (_, geometry, before) => {
      const repeated = repeatedFaults();
      expect(inOneRun(geometry, before, repeated)).toEqual(expected(geometry, before, repeated));
    },
  );

  it('counts a path that starts with another history or depth of calls each time as one after another', () => {
    const branch = (kind: BranchKind, bases: number, pc: number, target: number): Program => ({
      ...(faults.programs[0] as Program),
      words: Uint32Array.of(Op.BRANCH | (kind << 4) | (1 << 8), bases, pc, target, ...END),
    });
    const call = branch(BranchKind.CALL, 1 << 16, 0, 0);
    const comeBack = branch(BranchKind.RETURN, 1, 32, 4);
    const loop = branch(BranchKind.COND, 0, 64, 16);
    const few = {
      programs: [call, comeBack, loop].flatMap((program) => new Array<Program>(20).fill(program)),
      records: faults.records.slice(0, 60 * FAULT_SIZEOF),
    };
    expect(inOneRun(LARGE, 'nothing', few)).toEqual(expected(LARGE, 'nothing', few));
  });
});
