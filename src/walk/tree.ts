import { descriptorAddress, descriptorKind, entryPlace } from '../arm/descriptor.js';
import { hex, Stage2Error } from '../core/error.js';
import { checkTables, type ImageTable } from './image.js';
import { checkRegime, type Regime } from './regime.js';

/** How the tables of an image hang together. */
export interface TableTree {
  /** Tables that the first table leads to, itself included. */
  reachable: number;
  /** Tables that are linked, or are the first, but that the image does not hold. */
  missing: bigint[];
}

const PAGE_SHIFT = 12n;

/**
 * Follows the links of an image's tables from the first one.
 * @throws Stage2Error EINVAL naming the entry that leads into a table a second time: a software walk of such tables
 *   may take practically for ever
 */
export function tableTree(tables: readonly ImageTable[], regime: Regime): TableTree {
  checkTables(tables);
  checkRegime(regime);
  const owners = pageOwners(tables);
  const seen = new Set<number>();
  const missing = new Set<bigint>();
  const queue = [{ pa: regime.tableBase, level: regime.startLevel, from: 'VTTBR_EL2' }];
  for (const link of queue) {
    const index = owners.get(link.pa >> PAGE_SHIFT);
    const table = index === undefined ? undefined : tables[index];
    if (index === undefined || table === undefined) {
      missing.add(link.pa);
      continue;
    }
    if (seen.has(index)) {
      throw new Stage2Error(
        'EINVAL',
        `${link.from}: leads to table ${hex(link.pa)}, expected each table to be linked once`,
      );
    }
    seen.add(index);
    for (const next of linksOf(table, link.level, regime)) {
      queue.push({ ...next, from: `table_pages[${index}].entries[${next.entry}]` });
    }
  }
  return { reachable: seen.size, missing: [...missing] };
}

/** Which table each 4 KiB page belongs to. */
function pageOwners(tables: readonly ImageTable[]): Map<bigint, number> {
  const owners = new Map<bigint, number>();
  for (const [index, { pa, nEntries }] of tables.entries()) {
    const last = (pa + BigInt(nEntries) * 8n - 1n) >> PAGE_SHIFT;
    for (let page = pa >> PAGE_SHIFT; page <= last; page++) owners.set(page, index);
  }
  return owners;
}

interface Link {
  pa: bigint;
  level: number;
  entry: number;
}

function linksOf(table: ImageTable, level: number, regime: Regime): Link[] {
  const place = entryPlace(regime, level);
  return [...table.entries]
    .filter(([, desc]) => descriptorKind(desc, place) === 'table')
    .map(([entry, desc]) => ({ pa: descriptorAddress(desc, place), level: level + 1, entry }));
}
