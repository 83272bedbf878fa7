import type { CoreMap, IdmapMap } from '../scenario/idmap-comparison.js';
import { bytes, figure, type Interval, interval, milliseconds, table, whole, wrap } from './text.js';

/** How maps of internal VMs were made and priced. */
export interface IdmapRun {
  build: string;
  kernel: string;
  /** Bytes of table pages that the largest machine held. */
  tableBytes: number;
}

export interface IdmapReport {
  run: IdmapRun;
  maps: IdmapMap[];
  notCounted: readonly string[];
}

const MIB = 2 ** 20;
export const WIDTH = 100;
/** Cores side by side in a table. */
const CORES_WIDE = 3;

/** The text for people: counts, cycles core by core, TLB entries. */
export function idmapText({ run, maps, notCounted }: IdmapReport): string {
  return [
    wrap(
      `Internal VMs mapped one to one. Every map was really made in the emulator, with up to ${figure(run.tableBytes / MIB)} MiB of table pages; events are counted there. Code of ${run.build}, kernel ${run.kernel}. Cycles: default [everything cheap - everything dear].`,
      WIDTH,
    ),
    ...groupBy(maps, ({ counts }) => counts.granuleShift).flatMap(granuleTexts),
    '\nNOT COUNTED\n',
    notCounted.map((line) => wrap(`- ${line}`, WIDTH)).join(''),
  ].join('');
}

function granuleTexts(maps: readonly IdmapMap[]): string[] {
  const shift = maps[0]?.counts.granuleShift ?? 12;
  const names = [...new Set(maps.flatMap(({ cores }) => cores.map(({ core }) => core)))];
  const without = maps[0]?.without ?? [];
  return [
    `\nCOUNTS, ${bytes(1n << BigInt(shift))} pages\n`,
    ...(shift === 12 ? [] : [wrap(otherKernel(shift), WIDTH)]),
    countsTable(maps),
    ...names.map((core) => cyclesText(maps, core)),
    ...(without.length === 0
      ? []
      : [`\n  without ${bytes(1n << BigInt(shift))} pages: ${without.join(', ')}\n`]),
    ...tlbTables(maps, names, (header, cells) => bySize(header, maps, cells)),
  ];
}

export function otherKernel(shift: number): string {
  return `Emulated is v4.13 built for ${bytes(1n << BigInt(shift))} pages, with its start level and its minimum of the cache. The code priced is that of the 4 KiB build, whose page writer looks at one level more.`;
}

/** Maps, with their label in the first column, under the name of what they have in common. */
export interface Labelled<T> {
  heading: string;
  maps: readonly T[];
}

/** One table with a heading row for each group. */
export function groupedTable<T>(
  header: readonly string[],
  groups: readonly Labelled<T>[],
  cells: (map: T) => readonly string[],
): string {
  const rows = groups.flatMap(({ heading, maps }) => [[heading], ...maps.map((map) => cells(map))]);
  return table(header, rows);
}

function bySize(
  header: readonly string[],
  maps: readonly IdmapMap[],
  cells: (map: IdmapMap) => readonly string[],
): string {
  const groups = groupBy(maps, ({ counts }) => counts.bytes).map((same) => ({
    heading: bytes(same[0]?.counts.bytes ?? 0n),
    maps: same,
  }));
  return groupedTable(header, groups, (map) => [` ${map.counts.policy}`, ...cells(map)]);
}

function countsTable(maps: readonly IdmapMap[]): string {
  return bySize(['', ...COUNT_HEADER], maps, ({ counts }) => countCells(counts));
}

export const COUNT_HEADER = ['tables', 'leaked', 'written', 'DSB+ISB', 'locks', 'flushes', 'lines cleaned'];

export function countCells(c: IdmapMap['counts']): string[] {
  return [
    ...[c.tablePages, c.leaked, c.entriesWritten].map(whole),
    c.dsb === c.isb ? whole(c.dsb) : `${whole(c.dsb)}+${whole(c.isb)}`,
    ...[c.locks, c.flushCalls, c.flushedLines].map(whole),
  ];
}

function cyclesText(maps: readonly IdmapMap[], core: string): string {
  const of = (map: IdmapMap) => map.cores.find((priced) => priced.core === core);
  const { clockGhz = 0, skipsFlush = false } = maps.map(of).find((priced) => priced !== undefined) ?? {};
  const header = ['', 'cycles to map', 'cycles to flush', 'ms, both'];
  const title = `\nCYCLES on ${core} at ${clockGhz} GHz${skipsFlush ? '; FWB: nothing is flushed' : ''}\n`;
  return title + bySize(header, maps, (map) => costCells(of(map)));
}

function costCells(cost: CoreMap | undefined): string[] {
  if (cost === undefined) return [];
  return [scaled(mapCycles(cost)), scaled(cost.flush), milliseconds(cost.ms)];
}

/** All of the map but the flush. */
export function mapCycles({ mapping, loopBody }: CoreMap): Interval {
  return { v: mapping.v + loopBody.v, lo: mapping.lo + loopBody.lo, hi: mapping.hi + loopBody.hi };
}

const UNITS = ['', ' k', ' M', ' G', ' T'];

/** With a unit of thousands for all three numbers. */
export function scaled({ v, lo, hi }: Interval): string {
  const power = Math.min(Math.max(0, Math.floor(Math.log10(Math.max(v, 1)) / 3)), UNITS.length - 1);
  const unit = 1000 ** power;
  return interval({ v: v / unit, lo: lo / unit, hi: hi / unit }) + UNITS[power];
}

/** Tables of TLB entries, a few cores side by side; `tableOf` makes one of the cells of a map. */
export function tlbTables<M extends { cores: readonly CoreMap[] }>(
  maps: readonly M[],
  names: readonly string[],
  tableOf: (header: readonly string[], cells: (map: M) => readonly string[]) => string,
): string[] {
  const groups = Array.from({ length: Math.ceil(names.length / CORES_WIDE) }, (_, i) =>
    names.slice(i * CORES_WIDE, (i + 1) * CORES_WIDE),
  );
  return groups.map((cores) => {
    const tlbs = (map: M) => cores.map((core) => map.cores.find((priced) => priced.core === core)?.tlb);
    const first = maps[0] === undefined ? [] : tlbs(maps[0]);
    const header = ['', ...cores.map((core, i) => `${core}: ${whole(first[i]?.capacity ?? 0)}`)];
    const title = '\nTLB: entries for the whole map, and how much of it the second level holds at most\n';
    return title + tableOf(header, (map) => tlbs(map).map(tlbCell));
  });
}

function tlbCell(need: CoreMap['tlb'] | undefined): string {
  if (need === undefined) return '';
  const { entries, withoutHint, part } = need;
  const [per, unit] = withoutHint < 1e4 ? [1, ''] : withoutHint < 1e6 ? [1e3, ' k'] : [1e6, ' M'];
  const count = (n: number) => (per === 1 ? whole(n) : figure(n / per));
  const range = withoutHint === entries ? count(entries) : `${count(entries)} - ${count(withoutHint)}`;
  return `${range}${unit} (${percent(part)})`;
}

function percent(part: number): string {
  return part > 0 && part < 0.00005 ? '<0.01 %' : `${figure(100 * part)} %`;
}

/** Runs of maps that agree in what `key` gives. */
export function groupBy<M, T>(maps: readonly M[], key: (map: M) => T): M[][] {
  const groups = new Map<T, M[]>();
  for (const map of maps) groups.set(key(map), [...(groups.get(key(map)) ?? []), map]);
  return [...groups.values()];
}
