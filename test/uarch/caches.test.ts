import { describe, expect, it } from 'vitest';
import { counted, SMALL, small } from './lab.js';

/** Addresses of lines of one set of every level of the small core. */
const sameSet = (n: number) => BigInt(n) * 64n * 16n;

describe('a load', () => {
  it('comes from memory first, then costs nothing', () => {
    const core = small();
    expect(counted(core, () => core.load(0x1000n))).toEqual({ LOAD_DRAM: 1 });
    expect(counted(core, () => core.load(0x103fn))).toEqual({});
    expect(counted(core, () => core.load(0x1040n))).toEqual({ LOAD_DRAM: 1 });
  });

  it('is found in the level below the one that replaced it', () => {
    const core = small();
    for (let i = 0; i < 3; i++) core.load(sameSet(i));
    expect(counted(core, () => core.load(sameSet(0)))).toEqual({ LOAD_L2: 1 });
    for (let i = 3; i < 7; i++) core.load(sameSet(i));
    expect(counted(core, () => core.load(sameSet(1)))).toEqual({ LOAD_L3: 1 });
  });

  it('comes from memory when the core has no L3', () => {
    const { l3: _, ...rest } = SMALL;
    const core = small(rest);
    expect(counted(core, () => core.load(0n))).toEqual({ LOAD_DRAM: 1 });
  });

  it('tells lines apart that differ in any bit of 52', () => {
    for (let bit = 6n; bit < 52n; bit++) {
      const core = small();
      core.load(0n);
      expect(counted(core, () => core.load(1n << bit))).toEqual({ LOAD_DRAM: 1 });
    }
  });
});
