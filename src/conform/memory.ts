import { Stage2Error } from '../core/error.js';
import { Machine } from '../core/machine.js';
import type { BankSpec } from '../core/physmap.js';
import type { MemoryRange } from './file.js';

const PAGE = 4096n;
/** A machine has a pool of table pages and one of root tables; both are pages of the case here. */
const POOLS = 2;
/** Records of a few translators. */
const ARENA_BYTES = 128 << 10;

/**
 * A machine with the words in place. Only pages that hold words have bytes; the other pages of `ram` read as zero,
 * and what is outside `ram` does not exist.
 * @throws Stage2Error EINVAL if there are fewer than two pages, ENOMEM if the words take more than a machine holds
 */
export function machineOf(ram: readonly MemoryRange[], words: ReadonlyMap<bigint, bigint>): Machine {
  const pages = pagesOf(ram, words);
  const [pool = 0n, roots = 0n, ...others] = pages;
  const machine = new Machine({
    banks: [...runsOf(others).map(asRam), ...gaps(ram, runsOf(pages))],
    tablePool: { pa: pool, pages: 1 },
    roots: { pa: roots, size: Number(PAGE) },
    regions: [],
    pageState: false,
    arenaBytes: ARENA_BYTES,
  });
  for (const [pa, word] of words) machine.writeRam(pa, word);
  return machine;
}

/** The pages that hold words, by ascending address; untouched ones as well if the pools need them. */
function pagesOf(ram: readonly MemoryRange[], words: ReadonlyMap<bigint, bigint>): bigint[] {
  const pages = new Set([...words.keys()].map((pa) => pa - (pa % PAGE)));
  for (const { pa, size } of ram) {
    for (let page = pa; pages.size < POOLS && page < pa + size; page += PAGE) pages.add(page);
  }
  if (pages.size < POOLS) throw new Stage2Error('EINVAL', 'ram: found less than 8 KiB, expected more');
  return [...pages].sort((a, b) => (a < b ? -1 : 1));
}

function runsOf(pages: readonly bigint[]): MemoryRange[] {
  const runs: MemoryRange[] = [];
  for (const pa of pages) {
    const last = runs.at(-1);
    if (last !== undefined && last.pa + last.size === pa) last.size += PAGE;
    else runs.push({ pa, size: PAGE });
  }
  return runs;
}

function asRam(range: MemoryRange): BankSpec {
  return { ...range, kind: 'ram' };
}

/** What the runs, in ascending order, leave of `ram`. */
function gaps(ram: readonly MemoryRange[], runs: readonly MemoryRange[]): BankSpec[] {
  const banks: BankSpec[] = [];
  for (const { pa, size } of ram) {
    let next = pa;
    const end = pa + size;
    for (const run of [...runs, { pa: end, size: 0n }]) {
      if (run.pa < next || run.pa > end) continue;
      if (run.pa > next) banks.push({ pa: next, size: run.pa - next, kind: 'unbacked' });
      next = run.pa + run.size;
    }
  }
  return banks;
}
