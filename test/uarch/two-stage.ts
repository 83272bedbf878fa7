// A guest with a handful of tables for both stages, over a core with its TLBs: 4K pages, three levels each.
import { ColdRule, WalkStorage } from '../../src/abi/uarch.js';
import { Machine } from '../../src/core/machine.js';
import type { Geometry } from '../../src/uarch/geometry.js';
import { Microarch, microBytes } from '../../src/uarch/microarch.js';
import { MicroMmu } from '../../src/uarch/mmu.js';
import type { WalkRegisters } from '../../src/walk/regime.js';
import { Translator } from '../../src/walk/translator.js';
import { cpuFor, registersFor } from '../unit/arm-bench.js';

export const FRAMES = 0x1_0000_0000n;
export const FRAME_COUNT = 32n;
export const PAGE = 0x1000n;
/** Guest memory behind stage 2: not held. */
export const MEMORY = 0x40_0000_0000n;

/** PA of frame `n` of the RAM that the tables are in. */
export const frame = (n: number): bigint => FRAMES + BigInt(n) * PAGE;

/** An address from its indices at levels 1 to 3. */
export const address = (l1: number, l2: number, l3: number): bigint =>
  (BigInt(l1) << 30n) | (BigInt(l2) << 21n) | (BigInt(l3) << 12n);

export const TABLE = 3n;
/** Stage-2 leaves: normal memory, AF, inner shareable, read and write or read alone. */
export const RW2 = 0x7fcn;
export const RO2 = 0x77cn;
/** Stage-1 leaves: MAIR 0, AF, inner shareable, of EL1, read and write or read alone. */
export const RW1 = 0x700n;
export const RO1 = 0x780n;

/** A leaf of `level`. */
export const leafOf = (output: bigint, bits: bigint, level: number): bigint => {
  const size = 1n << BigInt(12 + 9 * (3 - level));
  return (output - (output % size)) | bits | (level === 3 ? 3n : 1n);
};

/** Frames of the stage-2 tables (the root is two), then of the stage-1 tables. */
export const STAGE2 = { root: 0, l2: [2, 3], l3: [4, 5, 6, 7] } as const;
export const STAGE1 = { root: 8, l2: [9, 10], l3: [11, 12, 13, 14] } as const;
/** Where the guest has its tables, by frame: under several stage-2 tables. */
export const TABLE_IPA: ReadonlyMap<number, bigint> = new Map([
  [8, address(0, 0, 0)],
  [9, address(0, 0, 1)],
  [10, address(0, 1, 0)],
  [11, address(1, 0, 0)],
  [12, address(0, 0, 2)],
  [13, address(1, 1, 0)],
  [14, address(1, 1, 1)],
]);

const TCR = 25n | (1n << 23n) | (5n << 32n) | (3n << 12n) | (5n << 8n);
const SCTLR = 1n | (1n << 2n) | (1n << 12n);

/** Registers of both stages for a VMID. */
export function registers(vmid = 7): WalkRegisters {
  return {
    ...registersFor({ granuleShift: 12, ipaBits: 40 }),
    vttbr: frame(STAGE2.root) | (BigInt(vmid) << 48n),
    sctlrEl1: SCTLR,
    tcrEl1: TCR,
    ttbr0El1: TABLE_IPA.get(STAGE1.root) as bigint,
    mairEl1: 0xffn,
  };
}

/** Every entry that the tables have from the start, as [frame, index, descriptor]. */
export function initialEntries(): [number, number, bigint][] {
  const entries: [number, number, bigint][] = [];
  for (const [i, l2] of STAGE2.l2.entries()) {
    entries.push([STAGE2.root, i, frame(l2) | TABLE]);
    for (const j of [0, 1]) {
      const l3 = STAGE2.l3[i * 2 + j] as number;
      entries.push([l2, j, frame(l3) | TABLE]);
      for (let k = 3; k < 8; k++) entries.push([l3, k, leafOf(MEMORY + address(i, j, k), RW2, 3)]);
    }
  }
  for (const [table, ipa] of TABLE_IPA) {
    const l3 = STAGE2.l3[Number(ipa >> 30n) * 2 + (Number(ipa >> 21n) & 1)] as number;
    entries.push([l3, Number(ipa >> 12n) & 511, leafOf(frame(table), RW2, 3)]);
  }
  for (const [i, l2] of STAGE1.l2.entries()) {
    entries.push([STAGE1.root, i, (TABLE_IPA.get(l2) as bigint) | TABLE]);
    for (const j of [0, 1]) {
      const l3 = STAGE1.l3[i * 2 + j] as number;
      entries.push([l2, j, (TABLE_IPA.get(l3) as bigint) | TABLE]);
      for (let k = 0; k < 5; k++) entries.push([l3, k, leafOf(address(j, i, k + 3), RW1, 3)]);
    }
  }
  return entries;
}

const CACHE = { sets: 64, ways: 4, lineBytes: 64 };
const SMALL_TLBS: Geometry = {
  l1i: CACHE,
  l1d: CACHE,
  l2: CACHE,
  itlb: { entries: 3, ways: 3 },
  dtlb: { entries: 5, ways: 5 },
  stlb: { entries: 12, ways: 4 },
  walkStorage: WalkStorage.UNIFIED,
  btb: {},
  direction: { indexBits: 4, historyBits: 0 },
  returnStack: 0,
  coldRule: ColdRule.FALL_THROUGH,
};

/** Typed entries of the second level TLB, whose sets are no power of two. */
export const UNIFIED: Geometry = SMALL_TLBS;
export const SEPARATE: Geometry = {
  ...SMALL_TLBS,
  stlb: { entries: 8, ways: 2 },
  walkStorage: WalkStorage.SEPARATE,
  walkCache: { entries: 4, ways: 2 },
  ipaCache: { entries: 4, ways: 4 },
};

/** Both known layouts of what a core keeps of walks. */
export const LAYOUTS: [string, Geometry][] = [
  ['typed entries in the second-level TLB', UNIFIED],
  ['a walk cache and an IPA cache', SEPARATE],
];

export interface TwoStage {
  machine: Machine;
  micro: Microarch;
  translator: Translator;
  mmu: MicroMmu;
  /** Writes a descriptor into entry `index` of the table in frame `table`. */
  put: (table: number, index: number, desc: bigint) => void;
}

export function twoStage(geometry: Geometry = UNIFIED): TwoStage {
  const machine = new Machine({
    accounted: true,
    banks: [{ pa: FRAMES, size: FRAME_COUNT * PAGE, kind: 'ram' }],
    roots: { pa: 1n << 50n, size: 4096 },
    tablePool: { pa: (1n << 50n) + PAGE, pages: 1 },
    regions: [],
    pageState: false,
    arenaBytes: microBytes(geometry) + (1 << 17),
  });
  const translator = new Translator(machine, registers(), cpuFor());
  const micro = new Microarch(machine, geometry);
  const put = (table: number, index: number, desc: bigint) =>
    machine.writeRam(frame(table) + BigInt(index * 8), desc);
  for (const entry of initialEntries()) put(...entry);
  return { machine, micro, translator, mmu: new MicroMmu(micro, translator), put };
}
