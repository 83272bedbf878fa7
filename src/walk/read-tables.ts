import { descriptorAddress, descriptorKind, entryPlace, levelShift } from '../arm/descriptor.js';
import { hex, Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import type { ImageTable } from './image.js';
import { checkRegime, type Regime } from './regime.js';
import type { TableTree } from './tree.js';

/** A table of a machine's memory, and where it is in the IPA space. */
export interface ReadTable extends ImageTable {
  /** -1 to 3. */
  level: number;
  /** First IPA that it translates. */
  ipaBase: bigint;
}

/** The tables of a regime, the first one first, as a dump has them, and those that no memory holds. */
export interface ReadTables extends TableTree {
  tables: ReadTable[];
}

type Place = Omit<ReadTable, 'entries'> & { from: string };

/**
 * Reads the tables that the regime's first table leads to from the memory of a machine.
 * @throws Stage2Error EINVAL if the registers describe no walk, and naming the entry that leads into a table a second
 *   time: a software walk of such tables may take practically for ever
 */
export function readTables(machine: Machine, regime: Regime): ReadTables {
  checkRegime(regime);
  const tables: ReadTable[] = [];
  const missing = new Set<bigint>();
  const seen = new Set<bigint>();
  const queue = [rootOf(regime)];
  for (const { from, ...place } of queue) {
    if (seen.has(place.pa)) {
      const found = `leads to table ${hex(place.pa)}, expected each table to be linked once`;
      throw new Stage2Error('EINVAL', `${from}: ${found}`);
    }
    seen.add(place.pa);
    const entries = readEntries(machine, place);
    if (entries === undefined) {
      missing.add(place.pa);
      continue;
    }
    const table = { ...place, entries };
    tables.push(table);
    queue.push(...linksOf(table, regime));
  }
  return { tables, reachable: tables.length, missing: [...missing] };
}

function rootOf({ tableBase, startLevel, granuleShift, iaBits }: Regime): Place {
  const nEntries = 2 ** (iaBits - levelShift(granuleShift, startLevel));
  return { pa: tableBase, level: startLevel, ipaBase: 0n, nEntries, from: 'VTTBR_EL2' };
}

/** The descriptors that are not zero; undefined unless memory holds the whole table. */
function readEntries(
  machine: Machine,
  { pa, nEntries }: Place | Omit<Place, 'from'>,
): Map<number, bigint> | undefined {
  const first = machine.ramOffset(pa);
  const last = machine.ramOffset(pa + BigInt(nEntries - 1) * 8n);
  if (first === undefined || last !== first + (nEntries - 1) * 8) return undefined;
  const entries = new Map<number, bigint>();
  for (let i = 0; i < nEntries; i++) {
    const desc = machine.view.u64(first + i * 8);
    if (desc !== 0n) entries.set(i, desc);
  }
  return entries;
}

function linksOf(table: ReadTable, regime: Regime): Place[] {
  const place = entryPlace(regime, table.level);
  const shift = BigInt(levelShift(regime.granuleShift, table.level));
  return [...table.entries]
    .filter(([, desc]) => descriptorKind(desc, place) === 'table')
    .map(([index, desc]) => ({
      pa: descriptorAddress(desc, place),
      level: table.level + 1,
      ipaBase: table.ipaBase + (BigInt(index) << shift),
      nEntries: 2 ** regime.stride,
      from: `entry ${index} of table ${hex(table.pa)}`,
    }));
}
