import { describe, expect, it } from 'vitest';
import { BranchKind, CORE_RANDOM } from '../../src/abi/uarch.js';
import type { GuestRun, Microarch } from '../../src/uarch/microarch.js';
import { counted, small } from './lab.js';

const RUN: GuestRun = {
  dataLines: 400,
  codeLines: 400,
  branches: 400,
  dataBytes: 1 << 20,
  codeBytes: 1 << 20,
};
const NOTHING: GuestRun = { ...RUN, dataLines: 0, codeLines: 0, branches: 0 };

const LINES = Array.from({ length: 8 }, (_, i) => BigInt(i) * 64n);

/** A handler: a few lines of code and data and a few branches. */
function handler(core: Microarch): void {
  for (const pa of LINES) core.fetch(pa);
  for (const pa of LINES) core.load(0x10000n + pa);
  for (let pc = 0n; pc < 32n; pc += 4n) core.branch(BranchKind.COND, pc, true, pc + 64n);
}

function warm(seed: bigint): Microarch {
  const core = small();
  core.seed(seed);
  for (let i = 0; i < 4; i++) handler(core);
  return core;
}

/** The branches of `n` that a guest makes next in 1 MiB of code: three random numbers each. */
function guestBranches({ machine, offset }: Microarch, n: number): Parameters<Microarch['branch']>[] {
  let x = machine.view.u64(offset + CORE_RANDOM);
  const below = (most: bigint): bigint => {
    x = BigInt.asUintN(64, x ^ (x << 13n));
    x ^= x >> 7n;
    x = BigInt.asUintN(64, x ^ (x << 17n));
    return ((x >> 32n) * most) >> 32n;
  };
  return Array.from({ length: n }, () => {
    const [block, target, rarely] = [below(1n << 15n) * 32n, below(1n << 15n) * 32n, below(16n) === 0n];
    const hash = Number(BigInt.asUintN(64, block * 0x9e3779b97f4a7c15n) >> 56n);
    const kind = [BranchKind.CALL, BranchKind.RETURN][hash & 7] ?? BranchKind.COND;
    const taken = kind !== BranchKind.COND || ((hash & 8) !== 0) !== rarely;
    return [kind, 0x400000n + block + BigInt(hash >> 5) * 4n, taken, 0x400000n + target];
  });
}

describe('a guest between two faults', () => {
  it('counts nothing', () => {
    const core = warm(1n);
    expect(counted(core, () => core.guest(RUN))).toEqual({});
    expect(counted(core, () => core.load(1n << 40n))).toEqual({ LOAD_DRAM: 1 });
  });

  it('that does nothing leaves the core as it is', () => {
    const [idle, busy] = [warm(1n), warm(1n)];
    idle.guest(NOTHING);
    expect(counted(idle, () => handler(idle))).toEqual(counted(busy, () => handler(busy)));
  });

  it.each([
    ['data', { ...NOTHING, dataLines: 400 }, 'LOAD_DRAM'],
    ['code', { ...NOTHING, codeLines: 400 }, 'FETCH_DRAM'],
    ['branches', { ...NOTHING, branches: 400 }, 'MISPREDICT_COND'],
  ])('evicts the handler’s %s with its own', (_, run, event) => {
    const core = warm(1n);
    expect(counted(core, () => handler(core))[event]).toBeUndefined();
    core.guest(run);
    expect(counted(core, () => handler(core))[event]).toBeGreaterThan(0);
  });

  it.each([
    ['data', { ...NOTHING, dataLines: 400 }, false],
    ['code', { ...NOTHING, codeLines: 400 }, true],
  ])('evicts the translations of the handler’s %s with its own', (_, run, fetch) => {
    const core = small();
    const access = () => core.machine.micro.microHostTranslate(core.offset, 0x200000n, fetch);
    access();
    expect(counted(core, access)).toEqual({});
    core.guest(run);
    expect(counted(core, access).WALK).toBe(1);
  });

  it('leaves the branch prediction as its branches do when they are made one by one', () => {
    const [guest, same] = [warm(3n), warm(3n)];
    const branches = guestBranches(guest, 400);
    guest.guest({ ...NOTHING, branches: 400 });
    for (const branch of branches) same.branch(...branch);
    for (const branch of branches) {
      expect(counted(guest, () => guest.branch(...branch))).toEqual(
        counted(same, () => same.branch(...branch)),
      );
    }
  });

  it('of a footprint that fits beside the handler’s evicts little', () => {
    const [near, far] = [warm(1n), warm(1n)];
    near.guest({ ...NOTHING, dataLines: 400, dataBytes: 64 });
    far.guest({ ...NOTHING, dataLines: 400 });
    const dram = (core: Microarch) => counted(core, () => handler(core)).LOAD_DRAM ?? 0;
    expect(dram(near)).toBe(0);
    expect(dram(far)).toBe(LINES.length);
  });

  it('does the same again from the same seed, and something else from another', () => {
    const run = (seed: bigint) => {
      const core = warm(seed);
      const counts = Array.from({ length: 20 }, () => {
        core.guest({ ...RUN, dataLines: 40, codeLines: 40, branches: 10 });
        return counted(core, () => handler(core));
      });
      return JSON.stringify(counts);
    };
    expect(run(7n)).toBe(run(7n));
    expect(run(7n)).not.toBe(run(8n));
  });
});
