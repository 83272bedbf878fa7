import type { CoreMap, IdmapMap } from '../scenario/idmap-comparison.js';
import { bytes, figure, type Interval, interval, table, whole, wrap } from './text.js';

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
const WIDTH = 100;
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
    ...tlbTexts(maps, names),
  ];
}

function otherKernel(shift: number): string {
  return `Emulated is v4.13 built for ${bytes(1n << BigInt(shift))} pages: its 40-bit IPA space, start level and minimum of the cache. The code priced is that of the 4 KiB build, whose page writer looks at one level more.`;
}

/** One table with a heading row for each size. */
function bySize(
  header: readonly string[],
  maps: readonly IdmapMap[],
  cells: (map: IdmapMap) => readonly string[],
): string {
  const rows = groupBy(maps, ({ counts }) => counts.bytes).flatMap((same) => [
    [bytes(same[0]?.counts.bytes ?? 0n)],
    ...same.map((map) => [` ${map.counts.policy}`, ...cells(map)]),
  ]);
  return table(header, rows);
}

function countsTable(maps: readonly IdmapMap[]): string {
  const header = ['', 'tables', 'leaked', 'written', 'DSB+ISB', 'locks', 'flushes', 'lines cleaned'];
  return bySize(header, maps, ({ counts: c }) => [
    ...[c.tablePages, c.leaked, c.entriesWritten].map(whole),
    c.dsb === c.isb ? whole(c.dsb) : `${whole(c.dsb)}+${whole(c.isb)}`,
    ...[c.locks, c.flushCalls, c.flushedLines].map(whole),
  ]);
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
  const { mapping, loopBody, flush, ms } = cost;
  const map = {
    v: mapping.v + loopBody.v,
    lo: mapping.lo + loopBody.lo,
    hi: mapping.hi + loopBody.hi,
  };
  return [scaled(map), scaled(flush), interval(ms)];
}

const UNITS = ['', ' k', ' M', ' G', ' T'];

/** With a unit of thousands for all three numbers. */
export function scaled({ v, lo, hi }: Interval): string {
  const power = Math.min(Math.max(0, Math.floor(Math.log10(Math.max(v, 1)) / 3)), UNITS.length - 1);
  const unit = 1000 ** power;
  return interval({ v: v / unit, lo: lo / unit, hi: hi / unit }) + UNITS[power];
}

function tlbTexts(maps: readonly IdmapMap[], names: readonly string[]): string[] {
  const groups = Array.from({ length: Math.ceil(names.length / CORES_WIDE) }, (_, i) =>
    names.slice(i * CORES_WIDE, (i + 1) * CORES_WIDE),
  );
  return groups.map((cores) => {
    const tlbs = (map: IdmapMap) =>
      cores.map((core) => map.cores.find((priced) => priced.core === core)?.tlb);
    const first = maps[0] === undefined ? [] : tlbs(maps[0]);
    const header = ['', ...cores.map((core, i) => `${core}: ${whole(first[i]?.capacity ?? 0)}`)];
    const title = '\nTLB: entries for the whole map, and how much of it the second level holds at most\n';
    return title + bySize(header, maps, (map) => tlbs(map).map((need) => tlbCell(need)));
  });
}

function tlbCell(need: CoreMap['tlb'] | undefined): string {
  if (need === undefined) return '';
  const { entries, withoutHint, part } = need;
  const [count, unit] = withoutHint < 1e6 ? [whole, ''] : [(n: number) => figure(n / 1e6), ' M'];
  const range = withoutHint === entries ? count(entries) : `${count(entries)} - ${count(withoutHint)}`;
  return `${range}${unit} (${percent(part)})`;
}

function percent(part: number): string {
  return part > 0 && part < 0.00005 ? '<0.01 %' : `${figure(100 * part)} %`;
}

/** Runs of maps that agree in what `key` gives. */
function groupBy<T>(maps: readonly IdmapMap[], key: (map: IdmapMap) => T): IdmapMap[][] {
  const groups = new Map<T, IdmapMap[]>();
  for (const map of maps) groups.set(key(map), [...(groups.get(key(map)) ?? []), map]);
  return [...groups.values()];
}
