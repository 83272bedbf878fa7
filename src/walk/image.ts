import { type CpuFeatures, cpuFromId, type IdRegisters } from '../arm/cpu.js';
import { checkArray, checkInteger, checkObject, checkTyped, checkU64, refuse, tagOf } from '../core/check.js';
import { hex, Stage2Error } from '../core/error.js';
import { Machine } from '../core/machine.js';
import type { BankSpec } from '../core/physmap.js';
import type { WalkRegisters } from './regime.js';
import { Translator } from './translator.js';

/** One table of a memory image; the start level is one table even if several are concatenated. */
export interface ImageTable {
  /** Of its first descriptor, 4 KiB aligned. */
  pa: bigint;
  /** Descriptors of eight bytes that it holds, zeros included. */
  nEntries: number;
  /** Descriptors that are not zero, by index. */
  entries: ReadonlyMap<number, bigint>;
}

/** A piece of memory as it is: descriptors stand in it in the byte order of their walk. */
export interface ImageMemory {
  /** How errors call it. */
  name: string;
  /** Of its first byte, 4 KiB aligned. */
  pa: bigint;
  /** From `pa` on; the rest of its last 4 KiB page is zero. */
  bytes: Uint8Array;
}

/** Stage-2 tables taken from a machine, with the registers they were walked under. A table dump is one. */
export interface TableImage {
  /** In any order; none may overlap another or the further memory. */
  tablePages: readonly ImageTable[];
  /** Further memory, such as that of the guest with the tables of stage 1. */
  memory?: readonly ImageMemory[];
  /** Those the tables are walked under. */
  registers: {
    /** VTCR_EL2. */
    vtcr: bigint;
    /** VTTBR_EL2. */
    vttbr: bigint;
    /** HCR_EL2. */
    hcr: bigint;
    /** By name. Without `cpu`, ID_AA64MMFR0_EL1, ID_AA64MMFR1_EL1 and ID_AA64MMFR2_EL1 are needed. */
    all: ReadonlyMap<string, bigint>;
  };
  /** Default: what the ID registers say. */
  cpu?: CpuFeatures;
}

const PAGE = 4096n;
const PA_END = 1n << 52n;
/** Regime and translation records, struct kvm, one buffer of leaves or of a batch. */
const ARENA_BYTES = 128 << 10;

/**
 * A machine whose memory is these tables, with further memory, and nothing else. What it does not hold is a hole: a
 * walk that goes there ends in an external abort.
 * @throws Stage2Error EINVAL naming the field: a table or memory that is not 4 KiB aligned, ends above 2^52 or
 *   overlaps another; ENOMEM for more than 4 GiB
 */
export function imageMachine(
  tablePages: readonly ImageTable[],
  memory: readonly ImageMemory[] = [],
): Machine {
  checkTables(tablePages);
  checkMemory(memory);
  const ranges = imageRanges(tablePages, memory);
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
  for (const { pa, bytes } of memory) {
    machine.view.bytes(machine.ramOffset(pa) ?? 0, bytes.length).set(bytes);
  }
  return machine;
}

/**
 * The machine of an image, and a translator over it.
 * @throws Stage2Error as {@link imageMachine} and {@link idRegistersOf}, and EINVAL for an ID register that is reserved
 */
export function loadImage(image: TableImage): Translator {
  const { tablePages, memory = [], registers, cpu } = checkObject('image', image);
  checkMap('registers.all', checkObject('registers', registers).all);
  const machine = imageMachine(tablePages, memory);
  const features = cpu ?? cpuFromId(idRegistersOf(registers.all));
  return new Translator(machine, registersOf(registers), { features });
}

/** The ID registers among those of an image. @throws Stage2Error EINVAL naming one that is missing */
export function idRegistersOf(all: ReadonlyMap<string, bigint>): IdRegisters {
  checkMap('all', all);
  const get = (name: string): bigint => {
    const value = all.get(name);
    if (value === undefined) throw new Stage2Error('EINVAL', `key_registers.${name}: the field is missing`);
    return value;
  };
  return { mmfr0: get('ID_AA64MMFR0_EL1'), mmfr1: get('ID_AA64MMFR1_EL1'), mmfr2: get('ID_AA64MMFR2_EL1') };
}

function registersOf({ vtcr, vttbr, hcr, all }: TableImage['registers']): WalkRegisters {
  const get = (name: string): bigint => all.get(name) ?? 0n;
  return {
    vtcr,
    vttbr,
    hcr,
    sctlrEl2: get('SCTLR_EL2'),
    // A dump made through a debugger has SCTLR_EL1 under the name it has there.
    sctlrEl1: all.get('SCTLR_EL1') ?? get('SCTLR'),
    tcrEl1: get('TCR_EL1'),
    ttbr0El1: get('TTBR0_EL1'),
    ttbr1El1: get('TTBR1_EL1'),
    mairEl1: get('MAIR_EL1'),
  };
}

function writeTable(machine: Machine, table: ImageTable): void {
  const at = machine.ramOffset(table.pa);
  if (at === undefined) throw new Stage2Error('EFAULT', `table ${hex(table.pa)} is in no bank`);
  for (const [index, desc] of table.entries) machine.view.setU64(at + index * 8, desc);
}

/** Descriptors of one table at most: 4 GiB of them, as much as a machine holds. */
const ENTRIES_MOST = 1 << 29;

/** Throws EINVAL naming the table unless each is what an {@link ImageTable} says. */
export function checkTables(tables: readonly ImageTable[]): void {
  for (const [i, table] of checkArray('table_pages', tables).entries()) {
    const name = `table_pages[${i}]`;
    const { pa, nEntries, entries } = checkObject(name, table);
    checkU64(`${name}.pa`, pa);
    checkInteger(`${name}.nEntries`, nEntries, 1, ENTRIES_MOST);
    for (const [index, desc] of checkMap(`${name}.entries`, entries)) {
      checkInteger(`an index of ${name}.entries`, index, 0, nEntries - 1);
      checkU64(`${name}.entries[${index}]`, desc);
    }
  }
}

function checkMemory(memory: readonly ImageMemory[]): void {
  for (const [i, piece] of checkArray('memory', memory).entries()) {
    const { name, pa, bytes } = checkObject(`memory[${i}]`, piece);
    if (typeof name !== 'string') refuse(`memory[${i}].name`, name, 'a string');
    checkU64(name, pa);
    checkTyped(name, bytes, 'Uint8Array');
  }
}

function checkMap<K, V>(what: string, map: ReadonlyMap<K, V>): ReadonlyMap<K, V> {
  return tagOf(map) === 'Map' ? map : refuse(what, map, 'a Map');
}

interface ImageRange {
  /** How errors call it, and its address. */
  name: string;
  field: string;
  pa: bigint;
  /** End of the last 4 KiB page it touches. */
  end: bigint;
}

/** The pages of each table and piece of memory by ascending PA, checked. */
function imageRanges(tablePages: readonly ImageTable[], memory: readonly ImageMemory[]): ImageRange[] {
  const tables = tablePages.map(({ pa, nEntries }, i) => {
    const name = `table_pages[${i}]`;
    return checkPages('table', { name, field: `${name}.pa`, pa, end: pa + BigInt(nEntries) * 8n });
  });
  const pieces = memory.map(({ name, pa, bytes }) =>
    checkPages('piece of memory', { name, field: name, pa, end: pa + BigInt(bytes.length) }),
  );
  const ranges = [...tables, ...pieces].sort((a, b) => (a.pa < b.pa ? -1 : a.pa > b.pa ? 1 : 0));
  for (const [i, { field, pa }] of ranges.entries()) {
    const before = ranges[i - 1];
    if (before === undefined || before.end <= pa) continue;
    throw new Stage2Error(
      'EINVAL',
      `${field}: found ${hex(pa)}, which overlaps ${before.name} at ${hex(before.pa)}`,
    );
  }
  return ranges;
}

function checkPages(what: string, range: ImageRange): ImageRange {
  const end = ((range.end + PAGE - 1n) / PAGE) * PAGE;
  if (range.pa % PAGE !== 0n || end > PA_END) {
    const expected = `expected a 4 KiB aligned address of a ${what} below 2^52`;
    throw new Stage2Error('EINVAL', `${range.field}: found ${hex(range.pa)}, ${expected}`);
  }
  return { ...range, end };
}

/** Neighbours made one bank. */
function joined(ranges: readonly ImageRange[]): { pa: bigint; end: bigint }[] {
  const banks: { pa: bigint; end: bigint }[] = [];
  for (const { pa, end } of ranges) {
    const last = banks.at(-1);
    if (last !== undefined && last.end === pa) last.end = end;
    else banks.push({ pa, end });
  }
  return banks;
}

/** Two pages at the end of the PA space that no table uses: a machine needs its pools. Only 52-bit tables can lead there. */
function freePages(ranges: readonly ImageRange[]): [bigint, bigint] {
  const free: bigint[] = [];
  for (let pa = PA_END - PAGE; free.length < 2; pa -= PAGE) {
    if (!ranges.some((r) => pa < r.end && pa + PAGE > r.pa)) free.push(pa);
  }
  return [free[0] ?? 0n, free[1] ?? 0n];
}
