import { type Command, Option } from 'commander';
import { HCR_FWB_LSB, HCR_RW_LSB, HCR_VM_LSB } from '../abi/arm.js';
import { CPU_PRESETS, type CpuFeatures, cpuPreset } from '../arm/cpu.js';
import { levelShift } from '../arm/descriptor.js';
import { parseHex } from '../arm/parse.js';
import { hex } from '../core/error.js';
import {
  addressBits,
  checkGeometry,
  type Geometry,
  rootBytes,
  type TableBuild,
  type TableMapping,
} from '../kvm/index.js';
import { formatSize } from '../report/ptdump-size.js';
import { cpuName } from './cpu-option.js';
import { CliError, unknownValue } from './errors.js';
import { parseMapping, parseSize } from './mapping.js';
import { wholeNumber } from './numbers.js';
import { namingFile } from './tables.js';

/** What tables are to be like. */
export interface MapOptions {
  granule: Geometry['granuleShift'];
  ipaBits: number;
  startLevel?: number;
  largest?: string;
  fwb?: boolean;
  cpu: string;
  tablesAt: string;
  vmid: number;
}

const GRANULES: Readonly<Record<string, Geometry['granuleShift']>> = { '4K': 12, '16K': 14, '64K': 16 };

export function addMapOptions(command: Command): Command {
  const sizes = Object.keys(GRANULES);
  const granule = new Option('--granule <size>', 'size of a page').choices(sizes).default(12, '4K');
  const cpu = new Option('--cpu <name>', 'CPU that is to walk the tables').choices(Object.keys(CPU_PRESETS));
  return command
    .addOption(granule.argParser(granuleShift))
    .option('--ipa-bits <n>', 'bits of the IPA space', (text) => wholeNumber('--ipa-bits', text, 16, 52), 40)
    .option('--start-level <n>', 'level of the first table (default: the one KVM chooses)', (text) =>
      wholeNumber('--start-level', text, -1, 3),
    )
    .option('--largest <size>', 'size of the largest entry: 4K for pages only (default: as large as fits)')
    .option('--fwb', 'HCR_EL2.FWB: stage 2 forces the memory type')
    .addOption(cpu.argParser(cpuName).default('max'))
    .option('--tables-at <pa>', 'where the first table is, with the others behind it', '0x10_0000_0000')
    .option('--vmid <n>', 'VMID in VTTBR_EL2', (text) => wholeNumber('--vmid', text, 0, 0xffff), 1);
}

function granuleShift(text: string): Geometry['granuleShift'] {
  const shift = GRANULES[text.toUpperCase()];
  if (shift === undefined) throw unknownValue('--granule', text, Object.keys(GRANULES));
  return shift;
}

/** What the ranges and options ask for. Throws CliError naming the one that cannot be. */
export function tableBuild(ranges: readonly string[], options: MapOptions): TableBuild {
  const { fwb = false, largest, vmid } = options;
  const cpu = cpuPreset(options.cpu);
  if (fwb && !cpu.fwb) throw new CliError(`--fwb: needs FEAT_S2FWB, which ${options.cpu} has not`);
  const mappings = ranges.map((text) => parseMapping(text, { cpu, fwb }));
  const geometry = geometryOf(options, cpu, mappings);
  for (const [i, mapping] of mappings.entries()) checkMapping(`range ${ranges[i]}`, mapping, geometry, cpu);
  return {
    ...{ geometry, cpu, vmid, mappings },
    hcr: HCR_GUEST | (BigInt(fwb) << BigInt(HCR_FWB_LSB)),
    tablesAt: tablesAt(options.tablesAt, geometry),
    ...(largest === undefined ? {} : { largestLevel: levelOf(largest, geometry) }),
  };
}

/** Stage 2 is on, and EL1 is AArch64. */
const HCR_GUEST = (1n << BigInt(HCR_VM_LSB)) | (1n << BigInt(HCR_RW_LSB));

const NARROW_END = 1n << 48n;

/** With the layout of 52-bit addresses where one is needed. */
function geometryOf(options: MapOptions, cpu: CpuFeatures, mappings: readonly TableMapping[]): Geometry {
  const { granule, ipaBits, startLevel } = options;
  const kib = 2 ** (granule - 10);
  if (!cpu.granules.some((each) => each === kib)) {
    const has = cpu.granules.map((each) => `${each}K`).join(', ');
    throw new CliError(`--granule: found ${kib}K, which ${options.cpu} has not, expected ${has}`);
  }
  const wide = ipaBits > 48 || mappings.some(({ pa, size }) => pa + size > NARROW_END);
  if (wide && !(granule === 16 ? cpu.lpa : cpu.lpa2.some((each) => each === kib))) {
    const feature = granule === 16 ? 'FEAT_LPA' : 'FEAT_LPA2';
    throw new CliError(`--cpu: found ${options.cpu}, expected one with ${feature} for 52-bit addresses`);
  }
  const layout = !wide ? 'narrow' : granule === 16 ? 'lpa' : 'lpa2';
  const geometry: Geometry = { granuleShift: granule, ipaBits, layout };
  const whole = startLevel === undefined ? geometry : { ...geometry, startLevel };
  namingFile('--ipa-bits, --start-level', () => checkGeometry(whole));
  return whole;
}

function checkMapping(what: string, mapping: TableMapping, geometry: Geometry, cpu: CpuFeatures): void {
  const { ipa, pa, size } = mapping;
  const { granuleShift: shift, ipaBits } = geometry;
  const granule = formatSize(1n << BigInt(shift));
  for (const [name, value] of Object.entries({ IPA: ipa, PA: pa, size })) {
    if (value % (1n << BigInt(shift)) === 0n) continue;
    throw new CliError(`${what}: found ${name} ${hex(value)}, expected a multiple of the ${granule} granule`);
  }
  if (ipa + size > 1n << BigInt(ipaBits)) {
    throw new CliError(`${what}: ends beyond the ${ipaBits} bits of --ipa-bits, expected IPAs below`);
  }
  const paBits = Math.min(cpu.paMax, addressBits(geometry));
  if (pa + size > 1n << BigInt(paBits)) {
    throw new CliError(`${what}: ends beyond the ${paBits}-bit PA space of --cpu, expected PAs below`);
  }
}

/** The first table is aligned to its size. */
function tablesAt(text: string, geometry: Geometry): bigint {
  const pa = parseHex(text, '--tables-at');
  const unit = BigInt(Math.max(rootBytes(geometry), 2 ** geometry.granuleShift));
  const limit = addressBits(geometry);
  if (pa % unit === 0n && pa >> BigInt(limit) === 0n) return pa;
  throw new CliError(`--tables-at: found ${hex(pa)}, expected a multiple of ${hex(unit)} below 2^${limit}`);
}

const LEVELS = [3, 2, 1, 0];

/** Level of the entries of a size. */
function levelOf(text: string, { granuleShift }: Geometry): number {
  const size = parseSize(text, '--largest');
  const sizes = LEVELS.map((level) => 1n << BigInt(levelShift(granuleShift, level)));
  const level = LEVELS[sizes.indexOf(size)];
  if (level !== undefined) return level;
  throw new CliError(`--largest: found "${text}", expected one of ${sizes.map(formatSize).join(', ')}`);
}
