import { describe, expect, it } from 'vitest';
import { counted, SMALL, small } from './lab.js';

/** Addresses of lines of one set of every level of the small core. */
const sameSet = (n: number) => BigInt(n) * 64n * 16n;
/** Loads that leave only the levels below the L1D with what was in that set before. */
const otherLines = [101, 102];

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

  it('keeps the line that was used last, not the one that came last', () => {
    const core = small();
    for (const n of [0, 1, 0, 2]) core.load(sameSet(n));
    expect(counted(core, () => core.load(sameSet(0)))).toEqual({});
    expect(counted(core, () => core.load(sameSet(1)))).toEqual({ LOAD_L2: 1 });
  });

  it('comes from memory when the core has no L3', () => {
    const { l3: _, ...geometry } = SMALL;
    const core = small(geometry);
    expect(counted(core, () => core.load(0n))).toEqual({ LOAD_DRAM: 1 });
  });

  it('brings the neighbour along where the L2 has longer lines', () => {
    const core = small({ l2: { sets: 8, ways: 4, lineBytes: 128 } });
    core.load(0n);
    expect(counted(core, () => core.load(64n))).toEqual({ LOAD_L2: 1 });
    expect(counted(core, () => core.load(128n))).toEqual({ LOAD_DRAM: 1 });
  });

  it('tells lines apart that differ in any bit of 52', () => {
    const core = small();
    for (let bit = 6n; bit < 52n; bit++) {
      core.reset();
      core.load(0n);
      expect(counted(core, () => core.load(1n << bit))).toEqual({ LOAD_DRAM: 1 });
    }
  });
});

describe('code', () => {
  it('and data share the levels below the first', () => {
    const core = small();
    expect(counted(core, () => core.fetch(0n))).toEqual({ FETCH_DRAM: 1 });
    expect(counted(core, () => core.load(0n))).toEqual({ LOAD_L2: 1 });
    expect(counted(core, () => core.fetch(32n))).toEqual({});
  });
});

describe('the table walker', () => {
  it('reads through the L1D, and counts what it finds there too', () => {
    const core = small();
    core.load(0n);
    expect(counted(core, () => core.walkRead(8n))).toEqual({ WALK_READ_L1: 1 });
    expect(counted(core, () => core.walkRead(64n))).toEqual({ WALK_READ_DRAM: 1 });
    expect(counted(core, () => core.load(64n))).toEqual({});
  });
});

describe('cleaning a line', () => {
  it('tells lines that are absent, read and written apart, and takes them out', () => {
    const core = small();
    expect(counted(core, () => core.cleanLine(0n))).toEqual({ CLEAN_ABSENT: 1 });
    core.load(0n);
    expect(counted(core, () => core.cleanLine(0n))).toEqual({ CLEAN_CLEAN: 1 });
    expect(counted(core, () => core.store(0n))).toEqual({ STORE_DRAM: 1 });
    expect(counted(core, () => core.cleanLine(0n))).toEqual({ CLEAN_DIRTY: 1 });
    expect(counted(core, () => core.load(0n))).toEqual({ LOAD_DRAM: 1 });
  });

  it('finds a written line in the level it was written back to', () => {
    const core = small();
    core.store(0n);
    for (const n of otherLines) core.load(sameSet(n));
    expect(counted(core, () => core.cleanLine(0n))).toEqual({ CLEAN_DIRTY: 1 });
  });
});

describe('a line that another cpu took', () => {
  it('is read from there, once', () => {
    const core = small();
    core.load(0n);
    core.stealLine(0n);
    expect(counted(core, () => core.load(8n))).toEqual({ LOAD_REMOTE: 1 });
    expect(counted(core, () => core.load(8n))).toEqual({});
  });

  it('is written from there, whether this core had it or not', () => {
    const core = small();
    core.stealLine(0n);
    expect(counted(core, () => core.store(0n))).toEqual({ STORE_REMOTE: 1 });
  });

  it('counts as found in the last level when the walker reads it', () => {
    const core = small();
    core.stealLine(0n);
    expect(counted(core, () => core.walkRead(0n))).toEqual({ WALK_READ_L3: 1 });
  });

  it('is written when it is cleaned', () => {
    const core = small();
    core.stealLine(0n);
    expect(counted(core, () => core.cleanLine(0n))).toEqual({ CLEAN_DIRTY: 1 });
    expect(counted(core, () => core.load(0n))).toEqual({ LOAD_DRAM: 1 });
  });

  it('is forgotten when 64 others were taken after it', () => {
    const core = small();
    for (let i = 0; i <= 64; i++) core.stealLine(BigInt(i) * 64n);
    expect(counted(core, () => core.load(0n))).toEqual({ LOAD_DRAM: 1 });
    expect(counted(core, () => core.load(64n))).toEqual({ LOAD_REMOTE: 1 });
  });
});

describe('a cold core', () => {
  it('has no lines and knows of none elsewhere, and keeps its counts', () => {
    const core = small();
    const touch = () => {
      core.load(0n);
      core.stealLine(64n);
      core.reset();
      core.load(0n);
      core.load(64n);
    };
    expect(counted(core, touch)).toEqual({ LOAD_DRAM: 3 });
  });
});
