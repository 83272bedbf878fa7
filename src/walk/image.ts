import { cpuFromId, type IdRegisters } from '../arm/cpu.js';
import { hex, Stage2Error } from '../core/error.js';
import { Machine } from '../core/machine.js';
import type { BankSpec } from '../core/physmap.js';
import { Translator } from './translator.js';

/** One table of a memory image; the start level is one table even if several are concatenated. */
export interface ImageTable {
  pa: bigint;
  nEntries: number;
  /** Descriptors that are not zero, by index. */
  entries: ReadonlyMap<number, bigint>;
}

/** Stage-2 tables taken from a machine, with the registers they were walked under. A table dump is one. */
export interface TableImage {
  tablePages: readonly ImageTable[];
  registers: {
    vtcr: bigint;
    vttbr: bigint;
    hcr: bigint;
    /** By name; ID_AA64MMFR0_EL1, ID_AA64MMFR1_EL1 and ID_AA64MMFR2_EL1 are needed. */
    all: ReadonlyMap<string, bigint>;
  };
}

const PAGE = 4096n;
const PA_END = 1n << 52n;
/** Regime and translation records, struct kvm, one buffer of leaves or of a batch. */
const ARENA_BYTES = 128 << 10;

/**
 * A machine whose memory is these tables and nothing else.
 * @throws Stage2Error EINVAL naming the field: a table that is not 4 KiB aligned, ends above 2^52 or overlaps another
 */
export function imageMachine(tablePages: readonly ImageTable[]): Machine {
  const ranges = tableRanges(tablePages);
  const [roots, pool] = freePages(ranges);
  const machine = new Machine({
    banks: joined(ranges).map(({ pa, end }): BankSpec => ({ pa, size: end - pa, kind: 'ram' })),
    roots: { pa: roots, size: Number(PAGE) },
    tablePool: { pa: pool, pages: 1 },
    regions: [],
    pageState: false,
    arenaBytes: ARENA_BYTES,
  });
  for (const table of tablePages) writeTable(machine, table);
  return machine;
}

/**
 * A machine whose memory is the tables of the image and nothing else, and a translator over it. What the image
 * does not hold is a hole: a walk that goes there ends in an external abort.
 * @throws Stage2Error EINVAL as {@link imageMachine} and {@link idRegistersOf}, and for an ID register that is reserved
 */
export function loadImage(image: TableImage): Translator {
  const machine = imageMachine(image.tablePages);
  const { vtcr, vttbr, hcr, all } = image.registers;
  const features = cpuFromId(idRegistersOf(all));
  const sctlrEl2 = all.get('SCTLR_EL2') ?? 0n;
  return new Translator(machine, { vtcr, vttbr, hcr, sctlrEl2 }, { features });
}

/** The ID registers among those of an image. @throws Stage2Error EINVAL naming one that is missing */
export function idRegistersOf(all: ReadonlyMap<string, bigint>): IdRegisters {
  const get = (name: string): bigint => {
    const value = all.get(name);
    if (value === undefined) throw new Stage2Error('EINVAL', `key_registers.${name}: the field is missing`);
    return value;
  };
  return { mmfr0: get('ID_AA64MMFR0_EL1'), mmfr1: get('ID_AA64MMFR1_EL1'), mmfr2: get('ID_AA64MMFR2_EL1') };
}

function writeTable(machine: Machine, table: ImageTable): void {
  const at = machine.ramOffset(table.pa);
  if (at === undefined) throw new Stage2Error('EFAULT', `table ${hex(table.pa)} is in no bank`);
  for (const [index, desc] of table.entries) machine.view.setU64(at + index * 8, desc);
}

interface TableRange {
  index: number;
  pa: bigint;
  /** End of the last 4 KiB page it touches. */
  end: bigint;
}

/** The pages of each table by ascending PA, checked. */
function tableRanges(tables: readonly ImageTable[]): TableRange[] {
  const ranges = tables.map(({ pa, nEntries }, index) => checkTable(index, pa, nEntries));
  ranges.sort((a, b) => (a.pa < b.pa ? -1 : a.pa > b.pa ? 1 : a.index - b.index));
  for (const [i, range] of ranges.entries()) {
    const before = ranges[i - 1];
    if (before !== undefined && before.end > range.pa) {
      throw new Stage2Error(
        'EINVAL',
        `table_pages[${range.index}].pa: found ${hex(range.pa)}, which overlaps table_pages[${before.index}] at ${hex(before.pa)}`,
      );
    }
  }
  return ranges;
}

function checkTable(index: number, pa: bigint, nEntries: number): TableRange {
  const end = pa + ((BigInt(nEntries) * 8n + PAGE - 1n) / PAGE) * PAGE;
  if (pa % PAGE !== 0n || end > PA_END) {
    throw new Stage2Error(
      'EINVAL',
      `table_pages[${index}].pa: found ${hex(pa)}, expected a 4 KiB aligned address of a table below 2^52`,
    );
  }
  return { index, pa, end };
}

/** Neighbours made one bank. */
function joined(ranges: readonly TableRange[]): { pa: bigint; end: bigint }[] {
  const banks: { pa: bigint; end: bigint }[] = [];
  for (const { pa, end } of ranges) {
    const last = banks.at(-1);
    if (last !== undefined && last.end === pa) last.end = end;
    else banks.push({ pa, end });
  }
  return banks;
}

/** Two pages at the end of the PA space that no table uses: a machine needs its pools. Only 52-bit tables can lead there. */
function freePages(ranges: readonly TableRange[]): [bigint, bigint] {
  const free: bigint[] = [];
  for (let pa = PA_END - PAGE; free.length < 2; pa -= PAGE) {
    if (!ranges.some((r) => pa < r.end && pa + PAGE > r.pa)) free.push(pa);
  }
  return [free[0] ?? 0n, free[1] ?? 0n];
}
