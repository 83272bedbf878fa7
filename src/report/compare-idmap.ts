import type { IdmapPrice } from '../scenario/idmap-price.js';
import { bytes, figure, type Interval, interval, table, tables, whole } from './text.js';

/** Internal VMs mapped page by page: counts, then time by core. */
export function idmapPricesText(prices: readonly IdmapPrice[]): string {
  const header = ['size', 'pages', 'tables', 'leaked', 'insn/page', 'flush insn/page', 'lines cleaned'];
  const rows = prices.map(({ counts, totals, flushTotals, loopInsn }) => [
    bytes(counts.bytes),
    whole(counts.pages),
    whole(counts.tablePages),
    whole(counts.leaked),
    interval(shift(loopInsn, totals.insn / counts.pages)),
    figure(flushTotals.insn / counts.pages),
    whole(counts.flushedLines),
  ]);
  return table(header, rows) + timesText(prices);
}

function timesText(prices: readonly IdmapPrice[]): string {
  const cores = prices[0]?.cores ?? [];
  const rows = cores.map(({ core, clockGhz }, i) => {
    const ms = (cycles = Number.NaN) => cycles / clockGhz / 1e6;
    const cells = prices.map(({ cores }) => {
      const total = cores[i]?.total;
      return interval({ v: ms(total?.v), lo: ms(total?.lo), hi: ms(total?.hi) });
    });
    return [`ms on ${core} at ${clockGhz} GHz`, ...cells];
  });
  return tables(['', ...prices.map((p) => bytes(p.counts.bytes))], rows);
}

function shift(range: Interval, by: number): Interval {
  return { v: range.v + by, lo: range.lo + by, hi: range.hi + by };
}
