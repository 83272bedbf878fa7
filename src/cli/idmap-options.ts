import type { Geometry, RegionPolicy } from '../kvm/index.js';
import { REGION_POLICIES } from '../scenario/efi-comparison.js';
import { IDMAP_BYTES_MAX } from '../scenario/idmap.js';
import type { IdmapPlan } from '../scenario/idmap-comparison.js';
import { IDMAP_POLICIES } from '../scenario/idmap-policy.js';
import { kernelName, listOption } from './compare-options.js';
import { CliError, unknownValue } from './errors.js';

/** The options of `stage2 idmap` as commander gives them. */
export interface IdmapOptions {
  size?: string[];
  granule?: string[];
  policy?: string[];
  region?: string[];
  core?: string[];
  kernel: string;
  profile?: string;
  scenario?: string;
  map?: string;
  json?: boolean;
  csv?: boolean;
}

/** The options, checked. */
export interface IdmapSettings extends IdmapPlan {
  /** Undefined: all that there are. */
  cores: readonly string[] | undefined;
  kernel: string;
  profile: string | undefined;
  /** Of an EFI memory map. */
  regions: readonly RegionPolicy[];
  /** An EFI memory map in place of sizes: one of the package, or a file. */
  efi: { scenario: Scenario } | { file: string } | undefined;
  output: 'text' | 'json' | 'csv';
}

const SIZES_DEFAULT = ['16M', '1G', '16G', '256G'];
export const CORES_DEFAULT = ['cortex-a53', 'cortex-a72', 'neoverse-n1'];
/** EFI memory maps of the package: src/data/efi. */
export const SCENARIOS = ['uefi', 'uefi-thunderx'] as const;
export type Scenario = (typeof SCENARIOS)[number];
const GRANULES = new Map<string, Geometry['granuleShift']>([
  ['4k', 12],
  ['16k', 14],
  ['64k', 16],
]);
const UNITS: Readonly<Record<string, bigint>> = { K: 1n << 10n, M: 1n << 20n, G: 1n << 30n };

export { listOption };

/** @throws CliError naming the option, what was found and what was expected */
export function idmapSettings(options: IdmapOptions): IdmapSettings {
  const granules = each(options.granule ?? ['4k'], granuleOf);
  const efi = efiOf(options);
  if (efi !== undefined && options.size !== undefined)
    throw new CliError('--size: expected none with --scenario or --map, which have their own');
  if (efi === undefined && options.region !== undefined)
    throw new CliError('--region: expected it with --scenario or --map only');
  const cores = options.core ?? CORES_DEFAULT;
  return {
    sizes: efi === undefined ? each(options.size ?? SIZES_DEFAULT, (text) => sizeOf(text, granules)) : [],
    granules,
    policies: each(options.policy ?? IDMAP_POLICIES, (text) => oneOf('--policy', text, IDMAP_POLICIES)),
    regions: each(options.region ?? REGION_POLICIES, (text) => oneOf('--region', text, REGION_POLICIES)),
    cores: cores.includes('all') ? undefined : [...new Set(cores)],
    kernel: kernelName(options.kernel),
    profile: options.profile,
    efi,
    output: outputOf(options),
  };
}

function each<T>(texts: readonly string[], read: (text: string) => T): T[] {
  return [...new Set(texts.map(read))];
}

/** Bytes such as 16M or 0x1000: a multiple of every granule, of at most 512 GiB. */
function sizeOf(text: string, granules: readonly number[]): bigint {
  const [, digits, unit] = /^(\d{1,15}|0x[\da-f]{1,15})([KMG]?)$/i.exec(text) ?? [];
  const bytes = digits === undefined ? 0n : BigInt(digits) * (UNITS[unit?.toUpperCase() ?? ''] ?? 1n);
  const page = 1n << BigInt(Math.max(...granules));
  if (bytes > 0n && bytes <= IDMAP_BYTES_MAX && bytes % page === 0n) return bytes;
  const pages = `${page >> 10n}K`;
  throw new CliError(
    `--size: found "${text}", expected bytes such as 16M or 1G, in whole pages of ${pages}, to 512G`,
  );
}

function granuleOf(text: string): Geometry['granuleShift'] {
  const shift = GRANULES.get(text.toLowerCase());
  if (shift !== undefined) return shift;
  throw unknownValue('--granule', text, [...GRANULES.keys()]);
}

function oneOf<T extends string>(option: string, text: string, allowed: readonly T[]): T {
  const value = allowed.find((name) => name === text);
  if (value !== undefined) return value;
  throw unknownValue(option, text, allowed);
}

function efiOf({ scenario, map }: IdmapOptions): IdmapSettings['efi'] {
  if (scenario !== undefined && map !== undefined)
    throw new CliError('found --scenario and --map, expected one');
  if (scenario !== undefined) return { scenario: oneOf('--scenario', scenario, SCENARIOS) };
  return map === undefined ? undefined : { file: map };
}

function outputOf(options: IdmapOptions): IdmapSettings['output'] {
  const { json, csv } = options;
  if (csv && (options.scenario !== undefined || options.map !== undefined))
    throw new CliError('--csv: expected it without --scenario and --map');
  if (json && csv) throw new CliError('found --json and --csv, expected one');
  return json ? 'json' : csv ? 'csv' : 'text';
}
