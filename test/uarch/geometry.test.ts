import { describe, expect, it } from 'vitest';
import { BranchKind } from '../../src/abi/uarch.js';
import { Machine } from '../../src/core/machine.js';
import type { Geometry } from '../../src/uarch/geometry.js';
import { Microarch, microBytes } from '../../src/uarch/microarch.js';
import { SMALL, small } from './lab.js';

const cache = { sets: 4, ways: 2, lineBytes: 64 };
const table = { entries: 8, ways: 2 };
const direction = { indexBits: 4, historyBits: 4 };

const BAD: [string, Partial<Geometry>, RegExp][] = [
  ['no ways', { l1d: { ...cache, ways: 0 } }, /^l1d\.ways: found 0, /],
  ['too many ways', { l2: { ...cache, ways: 65 } }, /^l2\.ways: found 65, /],
  ['part of a set', { l1i: { ...cache, sets: 1.5 } }, /^l1i\.sets: found 1\.5, /],
  ['sets that are no number', { l2: { ...cache, sets: Number.NaN } }, /^l2\.sets: found NaN, /],
  ['more lines than memory', { l3: { ...cache, sets: 1e9 } }, /^l3\.sets: found 1000000000, /],
  ['empty lines', { l1d: { ...cache, lineBytes: 0 } }, /^l1d\.lineBytes: found 0, /],
  ['lines longer than a page', { l1d: { ...cache, lineBytes: 4097 } }, /^l1d\.lineBytes: found 4097, /],
  ['a BTB of no entries', { btb: { nano: { ...table, entries: 0 } } }, /^btb\.nano\.entries: found 0, /],
  ['part of a set of a BTB', { btb: { main: { entries: 9, ways: 2 } } }, /^btb\.main\.entries 9: .* 2 ways/],
  ['more ways than entries', { stlb: { entries: 2, ways: 4 } }, /^stlb\.ways: found 4, /],
  ['a negative index', { direction: { ...direction, indexBits: -1 } }, /^direction\.indexBits: found -1, /],
  ['too much history', { direction: { ...direction, historyBits: 5 } }, /^direction\.historyBits: found 5, /],
  ['half a return', { returnStack: 0.5 }, /^returnStack: found 0\.5, /],
  ['an unknown cold rule', { coldRule: 7 as never }, /^coldRule: found 7, /],
];

describe('a geometry', () => {
  it.each(BAD)('with %s is refused, naming field and value', (_, changes, message) => {
    const invalid = expect.objectContaining({ code: 'EINVAL', message: expect.stringMatching(message) });
    expect(() => microBytes({ ...SMALL, ...changes })).toThrowError(invalid);
    expect(() => small(changes)).toThrowError(invalid);
  });

  it('without an L2 is refused', () => {
    const { l2: _, ...rest } = SMALL;
    expect(() => microBytes(rest as Geometry)).toThrowError(/^l2: found undefined, /);
  });
});

describe('a core', () => {
  it('needs an accounted machine', () => {
    expect(() => new Microarch(new Machine({}), SMALL)).toThrowError(
      expect.objectContaining({ code: 'EINVAL', message: expect.stringMatching(/^accounted false/) }),
    );
  });

  it('refuses addresses of more than 52 bits', () => {
    const core = small();
    expect(() => core.load(1n << 52n)).toThrowError(/^address: found 4503599627370496, /);
    expect(() => core.store(-1n)).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('writes nowhere but in its own bytes of the arena', () => {
    const geometry: Geometry = {
      ...SMALL,
      l1d: { sets: 3, ways: 5, lineBytes: 48 },
      l3: { sets: 7, ways: 11, lineBytes: 96 },
      btb: { nano: { entries: 5, ways: 5 }, main: { entries: 21, ways: 7 } },
      direction: { indexBits: 3, historyBits: 3 },
      returnStack: 3,
    };
    const machine = new Machine({ accounted: true, arenaBytes: microBytes(geometry) + 8192 });
    const guards = [machine.arena.allocate(4096)];
    const core = new Microarch(machine, geometry);
    guards.push(machine.arena.allocate(4096));
    const bytesOf = () => guards.map((at) => machine.view.bytes(at, 4096));
    for (const bytes of bytesOf()) bytes.fill(0xa5);
    core.guest({ dataLines: 5000, codeLines: 5000, branches: 5000, dataBytes: 1 << 30, codeBytes: 1 << 16 });
    for (let i = 0n; i < 100n; i++) {
      core.stealLine(i * 48n);
      core.branch(BranchKind.CALL, i * 4n, true, 0n);
    }
    for (const bytes of bytesOf()) expect(bytes.every((byte) => byte === 0xa5)).toBe(true);
  });
});
