import type { CoreMap, IdmapMap } from '../scenario/idmap-comparison.js';

const COLUMNS = ['granule', 'bytes', 'policy', 'core', 'quantity', 'unit', 'value', 'low', 'high'];
const COUNTS = [
  ['tablePages', 'pages'],
  ['leaked', 'pages'],
  ['leaves', 'entries'],
  ['entriesWritten', 'entries'],
  ['dsb', 'barriers'],
  ['isb', 'barriers'],
  ['locks', 'times'],
  ['flushCalls', 'calls'],
  ['flushedLines', 'lines'],
] as const;

/** One line for each map, core and quantity (RFC 4180, LF); counts are of no core. */
export function idmapCsv(maps: readonly IdmapMap[]): string {
  const rows = maps.flatMap(({ counts, cores }) => {
    const { granuleShift, bytes, policy } = counts;
    const line = (...cells: (string | number)[]) =>
      [2 ** granuleShift, bytes, policy, ...cells].map(String).join(',');
    return [
      ...COUNTS.map(([name, unit]) => line('', name, unit, counts[name], counts[name], counts[name])),
      ...cores.flatMap((cost) => quantitiesOf(cost).map((cells) => line(cost.core, ...cells))),
    ];
  });
  return [COLUMNS.join(','), ...rows].map((row) => `${row}\n`).join('');
}

function quantitiesOf({ mapping, loopBody, flush, total, tlb }: CoreMap): (string | number)[][] {
  const { entries, withoutHint, reach } = tlb;
  return [
    ...Object.entries({ mapping, loopBody, flush, total }).map(([name, { v, lo, hi }]) => [
      name,
      'cycles',
      v,
      lo,
      hi,
    ]),
    ['tlbEntries', 'entries', entries, entries, withoutHint],
    ['tlbReach', 'bytes', reach, reach, reach],
  ];
}
