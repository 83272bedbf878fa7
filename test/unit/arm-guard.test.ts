// Garbage in registers, tables and requests neither traps nor writes where it must not. `npm run soak -- --hostile`
// runs the same for as many cases as it is told.
import { describe, expect, it } from 'vitest';
import * as L from '../../src/abi/layout.js';
import * as W from '../../src/abi/walk.js';
import type { CoreExports } from '../../src/core/exports.js';
import { ADDRESS_MAPS } from '../soak/hostile/banks.js';
import { failureReport } from '../soak/hostile/report.js';
import { HostileFailure, hostileWorlds, runHostile } from '../soak/hostile/run.js';
import { World } from '../soak/hostile/world.js';

const CASES = 250_000;
const sum = (counts: readonly number[]) => counts.reduce((total, n) => total + n, 0);

describe('any registers, descriptors and addresses', () => {
  it('neither trap nor change memory, but for the descriptors they translate through, as they say', () => {
    const summary = runHostile({ seed: 20170815, cases: CASES });
    const { outcomes } = summary;
    for (const counts of Object.values(outcomes)) {
      expect(counts[0]).toBeGreaterThan(400);
      expect(sum(counts) - (counts[0] ?? 0)).toBeGreaterThan(400);
    }
    expect(summary.updates).toBeGreaterThan(40);
    expect(summary.byKernel).toBeGreaterThan(400);
    expect(summary.software).toBeGreaterThan(400);
  });

  it('are the same again from the same seed', () => {
    const [first, second] = [7, 7].map((seed) => runHostile({ seed, cases: 2000 }));
    expect(first).toEqual(second);
  });
});

/** A world whose core does wrong. */
type Wrong = (world: World, core: CoreExports) => Partial<CoreExports>;

function worldWith(wrong: Wrong): World {
  const world = new World(ADDRESS_MAPS[0]!);
  const core = { ...world.machine.core };
  Object.defineProperty(world.machine, 'core', { value: { ...core, ...wrong(world, core) } });
  return world;
}

/** Spoils the world after each translation of a VA. */
function after(spoil: (world: World) => void): Wrong {
  return (world, core) => ({
    translateAddress: (...args) => {
      core.translateAddress(...args);
      spoil(world);
    },
  });
}

const setOut = (offset: number, value: number) =>
  after(({ machine, at }) => machine.view.setU32(at.out + offset, value));

const WRONGS: [string, Wrong, RegExp][] = [
  [
    'writes before the machine',
    after(({ bytes }) => bytes.fill(0, 65535, 65536)),
    /stray write at byte 65535/,
  ],
  ['writes behind the machine', after(({ bytes }) => bytes.fill(0, -1)), /stray write/],
  ['writes to its header', after(({ machine }) => machine.setHeader(L.HEADER_IO_BUS, 8)), /stray write/],
  ['writes to the registers', after(({ machine, at }) => machine.view.fill(at.regime, 8)), /stray write/],
  [
    'writes RAM in secret',
    after(({ bytes, ram }) => bytes.fill((bytes[ram.end - 1] ?? 0) ^ 1, ram.end - 1, ram.end)),
    /of RAM changed/,
  ],
  ['gives no code', setOut(W.TRANSLATION_FSC, 0x3d), /fault status code 61/],
  ['gives a level there is not', setOut(W.TRANSLATION_LEVEL, 4), /level 4/],
  ['counts too many steps', setOut(W.TRANSLATION_STEPS, W.STEPS_MAX + 1), /81 steps/],
  [
    'traps',
    after(() => {
      throw new WebAssembly.RuntimeError('unreachable');
    }),
    /threw RuntimeError: unreachable/,
  ],
  [
    'writes one result too many',
    (_, core) => ({
      translateMany: (regime, ipas, n, ...rest) => core.translateMany(regime, ipas, n + 1, ...rest),
    }),
    /wrote behind its results/,
  ],
  [
    'gives other results in batches',
    (world, core) => ({
      translateMany: (...args) => {
        core.translateMany(...args);
        if (args[2] > 0) world.machine.view.setU32(world.at.results, 1);
      },
    }),
    /batch: .*, alone/,
  ],
  ['gives another word', () => ({ translateRaw: () => 1n }), /raw: 1, alone/],
  [
    'frees a page twice',
    (world, core) => ({
      stage2Unmap: (...args) => {
        world.machine.view.setU32(world.machine.header(L.HEADER_POOL_STACK), 0);
        return core.stage2Unmap(...args);
      },
    }),
    /free twice|free with references/,
  ],
];

describe('a core that', () => {
  it.each(WRONGS)('%s is found out', (_, wrong, problem) => {
    const failure = failureOf(() => runHostile({ seed: 1, cases: 50_000, worlds: [worldWith(wrong)] }));
    expect(failure.problem).toMatch(problem);
  });

  it('does wrong is reported with all that is needed to see it again', () => {
    const worlds = [worldWith(setOut(W.TRANSLATION_FSC, 0x3d))];
    const failure = failureOf(() => runHostile({ seed: 9, cases: 50_000, worlds }));
    const [head, again, json] = failureReport(failure, 9).split('\n');
    expect(head).toBe('failed: fault status code 61');
    expect(again).toMatch(/^seed 9, case \d+: npm run soak -- --hostile --seed 9 --cases \d+$/);
    expect(Object.keys(JSON.parse(json ?? ''))).toEqual(['world', 'setting', 'query']);
  });
});

describe('the worlds', () => {
  it('have RAM of one page, RAM side by side, memory without bytes, devices, and the end of the address space', () => {
    const banks = hostileWorlds().flatMap(({ machine }) => machine.banks);
    expect(new Set(banks.map(({ kind }) => kind))).toEqual(new Set(['ram', 'unbacked', 'device']));
    expect(banks.some(({ pa, size }) => pa + size === 1n << 52n)).toBe(true);
  });
});

function failureOf(run: () => unknown): HostileFailure {
  try {
    run();
  } catch (error) {
    if (error instanceof HostileFailure) return error;
    throw error;
  }
  throw new Error('nothing was found');
}
