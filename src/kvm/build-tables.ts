import type { CpuFeatures } from '../arm/cpu.js';
import { levelShift } from '../arm/descriptor.js';
import { checkArray, checkInteger, checkKeys, checkObject, checkU64 } from '../core/check.js';
import { hex, Stage2Error } from '../core/error.js';
import { Machine } from '../core/machine.js';
import { encodeCpu } from '../walk/regime.js';
import { Translator } from '../walk/translator.js';
import { addressBits, checkGeometry, checkVmid, type Geometry, rootBytes, vtcr, vttbr } from './geometry.js';
import { Vm } from './vm.js';

/** A range that tables map. */
export interface TableMapping {
  /** First IPA, a multiple of the granule. */
  ipa: bigint;
  /** First PA, a multiple of the granule. */
  pa: bigint;
  /** In bytes, a multiple of the granule as the addresses are. */
  size: bigint;
  /** Of a page descriptor: type, attributes, no address. */
  attributes: bigint;
}

/** Tables to be made from nothing. */
export interface TableBuild {
  /** Granule, IPA bits, start level and address layout. */
  geometry: Geometry;
  /** The CPU that translates; its paMax bounds VTCR_EL2.PS. */
  cpu: CpuFeatures;
  /** HCR_EL2; VM is needed for a walk, FWB for attributes that mean it. */
  hcr: bigint;
  /** VTTBR_EL2.VMID. */
  vmid: number;
  /** PA of the first table; the others follow it. */
  tablesAt: bigint;
  /** Apart from each other and from the tables; made in this order. */
  mappings: readonly TableMapping[];
  /** Level of the largest entries: 3 maps pages only. Default: as large as they fit. */
  largestLevel?: number;
}

/** Table pages of the first attempt beside those that it takes at least, what each further one has more of, and what none has. */
const PAGES_FIRST = 64;
const PAGES_FACTOR = 8;
const TABLE_BYTES_MAX = 1 << 29;
const PAGE = 4096;
/** Slots, caches and records of one VM. */
const ARENA_BYTES = 1 << 20;

/**
 * Stage-2 tables that map the ranges, in the memory of a machine of their own, with a translator over them: what
 * Stage2Tables.map makes of each range in turn, dissolved down to `largestLevel`.
 * @throws Stage2Error EINVAL for a geometry, range or place that cannot be, for ranges that overlap and for one that
 *   maps the tables themselves, ENOMEM for more than 512 MiB of tables
 */
export function buildTables(build: TableBuild): Translator {
  checkBuild(build);
  checkOverlaps(build.mappings);
  const least = build.mappings.reduce((sum, mapping) => sum + leastTables(build, mapping), 0n);
  for (let pages = PAGES_FIRST + Number(least); ; pages *= PAGES_FACTOR) {
    if (pages * 2 ** build.geometry.granuleShift > TABLE_BYTES_MAX) {
      const found = `tables of more than ${TABLE_BYTES_MAX >> 20} MiB`;
      throw new Stage2Error('ENOMEM', `${found}: expected smaller ranges or larger blocks`);
    }
    const translator = buildWith(build, pages);
    if (translator !== undefined) return translator;
  }
}

const KEYS = [
  'geometry',
  'cpu',
  'hcr',
  'vmid',
  'tablesAt',
  'mappings',
  'largestLevel',
] as const satisfies readonly (keyof TableBuild)[];

function checkBuild(build: TableBuild): void {
  const { geometry, cpu, hcr, vmid, tablesAt, mappings, largestLevel } = checkKeys('build', build, KEYS);
  checkGeometry(geometry);
  encodeCpu({ features: cpu });
  checkU64('hcr', hcr);
  checkVmid(vmid);
  checkU64('tablesAt', tablesAt);
  if (largestLevel !== undefined) checkInteger('largestLevel', largestLevel, -1, 3);
  for (const [i, mapping] of checkArray('mappings', mappings).entries())
    for (const field of ['ipa', 'pa', 'size', 'attributes'] as const)
      checkU64(`mappings[${i}].${field}`, checkObject(`mappings[${i}]`, mapping)[field]);
}

/** Tables that hold the entries of a range alone: of the largest level that its addresses and the build allow. */
function leastTables({ geometry, largestLevel = -1 }: TableBuild, { ipa, pa, size }: TableMapping): bigint {
  const span = (level: number): bigint => 1n << BigInt(levelShift(geometry.granuleShift, level));
  const fits = [0, 1, 2].find((level) => level >= largestLevel && (ipa ^ pa) % span(level) === 0n) ?? 3;
  return size / span(fits - 1);
}

/** Undefined if the pages do not do. */
function buildWith(build: TableBuild, pages: number): Translator | undefined {
  const { geometry, cpu, hcr, vmid, tablesAt, mappings } = build;
  const { granuleShift, layout } = geometry;
  const granule = 1n << BigInt(granuleShift);
  const rootSize = Math.max(rootBytes(geometry), PAGE);
  const pool = (tablesAt + BigInt(rootSize) + granule - 1n) & -granule;
  const machine = new Machine({
    roots: { pa: tablesAt, size: rootSize },
    tablePool: { pa: pool, pages, pageShift: granuleShift },
    regions: [],
    pageState: false,
    arenaBytes: ARENA_BYTES,
  });
  const vm = new Vm(machine, { geometry, vmid });
  for (const mapping of mappings) if (!mapOne(vm, mapping, build.largestLevel)) return undefined;
  const used = pool + BigInt(pages - machine.freeTablePages) * granule;
  checkApart(mappings, tablesAt, used);
  const paBits = Math.min(cpu.paMax, addressBits(geometry));
  const registers = { vtcr: vtcr(geometry, paBits), vttbr: vttbr(tablesAt, vmid, layout), hcr };
  return new Translator(machine, registers, { features: cpu });
}

/** False if there are no pages left for the tables. */
function mapOne(
  vm: Vm,
  { ipa, pa, size, attributes }: TableMapping,
  largestLevel: number | undefined,
): boolean {
  if (vm.tables.map(ipa, size, pa, attributes) !== 0) return false;
  return largestLevel === undefined || vm.tables.dissolve(ipa, size, largestLevel) === 0;
}

function checkOverlaps(mappings: readonly TableMapping[]): void {
  const sorted = [...mappings].sort((a, b) => (a.ipa < b.ipa ? -1 : 1));
  for (const [i, { ipa }] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before === undefined || before.ipa + before.size <= ipa) continue;
    throw new Stage2Error(
      'EINVAL',
      `IPA ${hex(ipa)}: in the range from ${hex(before.ipa)} already, expected ranges apart`,
    );
  }
}

/** A guest that can write the tables it is translated by is none. */
function checkApart(mappings: readonly TableMapping[], start: bigint, end: bigint): void {
  const over = mappings.find(({ pa, size }) => pa < end && pa + size > start);
  if (over === undefined) return;
  throw new Stage2Error(
    'EINVAL',
    `PA ${hex(over.pa)}: its range holds the tables at [${hex(start)}, ${hex(end)}), expected them elsewhere`,
  );
}
