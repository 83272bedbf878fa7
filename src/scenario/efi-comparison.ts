import type { Geometry, RegionPolicy } from '../kvm/index.js';
import type { EfiMap } from '../trace/index.js';
import { type CallCost, firstCall } from './efi-call.js';
import { type EfiForm, type EfiRun, efiVm } from './efi-run.js';
import { type CoreMap, type MappingCode, type MappingCore, priceMap } from './idmap-comparison.js';
import type { IdmapPolicy } from './idmap-policy.js';

export const REGION_POLICIES = ['none', 'refuse', 'deviceAttributes'] as const satisfies RegionPolicy[];

/** Every way the runtime regions are mapped: each granule with each policy for regions and for maps. */
export interface EfiPlan {
  /** log2 of the pages, in bytes: 12, 14 or 16. */
  granules: readonly Geometry['granuleShift'][];
  /** Ways to map what is shown. */
  policies: readonly IdmapPolicy[];
  /** Ways to decide what is shown. */
  regions: readonly RegionPolicy[];
}

/** The runtime regions mapped one way, on one core. */
export interface EfiCore extends CoreMap {
  /** Undefined for a map that names no call. */
  call: CallCost | undefined;
}

/** The runtime regions mapped one way. */
export interface EfiMapping extends EfiRun {
  /** Those that have the granule. */
  cores: EfiCore[];
  /** Names of the cores that have not. */
  without: string[];
}

/** Maps the runtime regions of a firmware every way there is, and prices each with its first call. */
export function compareEfi(
  map: EfiMap,
  { granules, policies, regions }: EfiPlan,
  cores: readonly MappingCore[],
  code: MappingCode,
): EfiMapping[] {
  const forms = granules.flatMap((granuleShift) =>
    regions.flatMap((region) => policies.map((policy): EfiForm => ({ policy, region, granuleShift }))),
  );
  return forms.map((form) => {
    const { run } = efiVm(map, form);
    const { cores: priced, without } = priceMap(run.counts, cores, code);
    const calls = cores
      .filter(({ table }) => !without.includes(table.core))
      .map((core) => firstCall(map, form, core));
    return { ...run, cores: priced.map((core, i) => ({ ...core, call: calls[i] })), without };
  });
}
