import type { EfiCore, EfiMapping } from '../scenario/efi-comparison.js';
import type { EfiWindow } from '../scenario/efi-run.js';
import type { EfiMap } from '../trace/index.js';
import {
  COUNT_HEADER,
  countCells,
  groupBy,
  groupedTable,
  type IdmapRun,
  mapCycles,
  otherKernel,
  scaled,
  tlbTables,
  WIDTH,
} from './idmap.js';
import { bytes, table, whole, wrap } from './text.js';

export interface EfiReport {
  run: Pick<IdmapRun, 'build' | 'kernel'>;
  map: EfiMap;
  mappings: EfiMapping[];
  notCounted: readonly string[];
}

/** IPA bits of every v4.13 VM. */
const V4_13_BITS = 40n;

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** The text for people: the regions, what was mapped and how it looks, counts, cycles with the first call. */
export function efiText({ run, map, mappings, notCounted }: EfiReport): string {
  return [
    wrap(map.about, WIDTH),
    regionsText(map),
    ...callText(map),
    wrap(
      `Mapped in the emulator, a private slot for each region. Code of ${run.build}, kernel ${run.kernel}. Cycles: default [everything cheap - everything dear].`,
      WIDTH,
    ),
    ...groupBy(mappings, ({ form }) => form.granuleShift).flatMap(granuleTexts),
    '\nNOT COUNTED\n',
    notCounted.map((line) => wrap(`- ${line}`, WIDTH)).join(''),
  ].join('');
}

function regionsText({ regions, ipaBits }: EfiMap): string {
  const runtime = regions.filter((region) => region.runtime);
  const rows = groupBy(runtime, ({ type }) => type).map((same) => {
    const total = same.reduce((sum, { size }) => sum + size, 0n);
    return [same[0]?.type ?? '', whole(same.length), bytes(total)];
  });
  const beyond = runtime.filter(({ pa, size }) => (pa + size) >> V4_13_BITS !== 0n).length;
  const note =
    beyond === 0
      ? ''
      : wrap(
          `${beyond} of them end above 2^40: v4.13, whose IPA space has 40 bits, would refuse them (-EFAULT). Mapped here in ${ipaBits} bits.`,
          WIDTH,
        );
  return table(['runtime regions', 'number', 'together'], rows) + note;
}

function callText({ call }: EfiMap): string[] {
  if (call === null) return [];
  const touched = call.touches.map(
    ({ what, pages: { v, lo, hi } }) => `${what} ${v}${lo === hi ? '' : ` [${lo} - ${hi}]`}`,
  );
  const text = `First call, ${call.name} (${call.conf}): 4 KiB pages of ${touched.join(', ')}.`;
  return [wrap(text, WIDTH)];
}

function granuleTexts(mappings: readonly EfiMapping[]): string[] {
  const shift = mappings[0]?.form.granuleShift ?? 12;
  const names = [...new Set(mappings.flatMap(({ cores }) => cores.map(({ core }) => core)))];
  const without = mappings[0]?.without ?? [];
  return [
    `\nCOUNTS, ${bytes(1n << BigInt(shift))} pages\n`,
    ...(shift === 12 ? [] : [wrap(otherKernel(shift), WIDTH)]),
    byRegion(['', 'slots', ...COUNT_HEADER], mappings, ({ slots, counts }) => [
      whole(slots),
      ...countCells(counts),
    ]),
    ...refusedTexts(mappings),
    ...windowTexts(mappings),
    ...names.map((core) => coreText(mappings, core)),
    ...tlbTables(mappings, names, (header, cells) => byRegion(header, mappings, cells)),
    ...(without.length === 0
      ? []
      : [`\n  without ${bytes(1n << BigInt(shift))} pages: ${without.join(', ')}\n`]),
  ];
}

/** One table with a heading row for each region policy. */
function byRegion(
  header: readonly string[],
  mappings: readonly EfiMapping[],
  cells: (mapping: EfiMapping) => readonly string[],
): string {
  const groups = groupBy(mappings, ({ form }) => form.region).map((same) => ({
    heading: `${same[0]?.form.region}:`,
    maps: same,
  }));
  return groupedTable(header, groups, (mapping) => [` ${mapping.form.policy}`, ...cells(mapping)]);
}

/** Refusals, those of several policies once. */
function refusedTexts(mappings: readonly EfiMapping[]): string[] {
  const lines = mappings.flatMap(({ form, refused }) =>
    refused.map(({ what, reason }) => `- ${form.region}: ${what}: ${reason}`),
  );
  if (lines.length === 0) return [];
  return ['\nREFUSED\n', ...[...new Set(lines)].map((line) => wrap(line, WIDTH))];
}

/** How windows of device registers look to the VM, those that look alike together. */
function windowTexts(mappings: readonly EfiMapping[]): string[] {
  const seen = groupBy(mappings, ({ form }) => form.region).flatMap((same) =>
    groupBy(
      same.flatMap(({ form, windows }) => windows.map((window) => ({ form, window }))),
      ({ window }) => looksText(window),
    ).map((alike) => {
      const policies = [...new Set(alike.map(({ form }) => form.policy))];
      const places = [...new Set(alike.map(({ window }) => `${hex(window.pa)}+${hex(window.size)}`))];
      const all = policies.length === same.length ? '' : ` (${policies.join(', ')})`;
      return `- ${same[0]?.form.region}${all}: ${places.join(', ')}: ${looksText(alike[0]?.window as EfiWindow)}`;
    }),
  );
  return seen.length === 0
    ? []
    : ['\nDEVICE WINDOWS as the guest sees them\n', ...seen.map((line) => wrap(line, WIDTH))];
}

const MEMORY_TYPES: Readonly<Record<number, string>> = {
  255: 'NORMAL WRITE-BACK MEMORY',
  0: 'Device-nGnRnE',
  4: 'Device-nGnRE',
  8: 'Device-nGRE',
  12: 'Device-GRE',
};

function looksText({ seen }: EfiWindow): string {
  if (seen === undefined) return 'not mapped';
  const type = MEMORY_TYPES[seen.memoryType] ?? `MAIR 0x${seen.memoryType.toString(16)}`;
  return `${type}, ${seen.executable ? 'EXECUTABLE' : 'execute-never'}`;
}

function coreText(mappings: readonly EfiMapping[], core: string): string {
  const of = (mapping: EfiMapping) => mapping.cores.find((priced) => priced.core === core);
  const { clockGhz = 0 } = mappings.map(of).find((priced) => priced !== undefined) ?? {};
  const header = ['', 'cycles to map', 'call, cold', 'call, tables cached', 'walks'];
  const title = `\nCYCLES on ${core} at ${clockGhz} GHz: the map, and the translations of the first call\n`;
  return title + byRegion(header, mappings, (mapping) => coreCells(of(mapping)));
}

function coreCells(core: EfiCore | undefined): string[] {
  if (core === undefined) return [];
  const { call } = core;
  if (call === undefined) return [scaled(mapCycles(core))];
  if (call.faults > 0) return [scaled(mapCycles(core)), 'faults'];
  return [scaled(mapCycles(core)), scaled(call.cold), scaled(call.cached), whole(call.walks)];
}
