import { ColdRule, WalkStorage } from '../abi/uarch.js';
import { Stage2Error } from '../core/error.js';
import type { CacheGeometry, Geometry, TableGeometry } from './geometry.js';

const WAYS_MOST = 64;
const TABLE_WAYS_MOST = 4096;
/** Lines, entries and the like of one structure. */
const ENTRIES_MOST = 1 << 24;
const LINE_BYTES_MOST = 4096;
/** An index holds no more bits. */
const INDEX_BITS_MOST = 24;
const RETURN_STACK_MOST = 4096;
export const U32_MOST = 2 ** 32 - 1;

const CACHES = ['l1i', 'l1d', 'l2', 'l3'] as const;
const TABLES = ['itlb', 'dtlb', 'stlb', 'walkCache', 'ipaCache'] as const;

/** Throws EINVAL that names the field and its value unless a core can be built so. */
export function checkGeometry(geometry: Geometry): void {
  for (const name of CACHES) {
    const cache = geometry[name];
    if (cache !== undefined) checkCache(name, cache);
    else if (name !== 'l3') throw new Stage2Error('EINVAL', `${name} undefined: expected a cache`);
  }
  for (const name of TABLES) {
    const table = geometry[name];
    if (table !== undefined) checkTable(name, table);
  }
  for (const [level, table] of Object.entries(geometry.btb)) {
    if (table !== undefined) checkTable(`btb.${level}`, table);
  }
  const { direction } = geometry;
  checkInteger('direction.indexBits', direction.indexBits, 0, INDEX_BITS_MOST);
  checkInteger('direction.historyBits', direction.historyBits, 0, direction.indexBits);
  checkInteger('returnStack', geometry.returnStack, 0, RETURN_STACK_MOST);
  checkInteger('coldRule', geometry.coldRule, 0, ColdRule.DIRECTION);
  checkInteger('walkStorage', geometry.walkStorage, 0, WalkStorage.UNIFIED);
}

function checkCache(name: string, { sets, ways, lineBytes }: CacheGeometry): void {
  checkInteger(`${name}.ways`, ways, 1, WAYS_MOST);
  checkInteger(`${name}.sets`, sets, 1, Math.floor(ENTRIES_MOST / ways));
  checkInteger(`${name}.lineBytes`, lineBytes, 1, LINE_BYTES_MOST);
}

function checkTable(name: string, { entries, ways }: TableGeometry): void {
  checkInteger(`${name}.entries`, entries, 1, ENTRIES_MOST);
  checkInteger(`${name}.ways`, ways, 1, Math.min(entries, TABLE_WAYS_MOST));
  if (entries % ways !== 0) {
    throw new Stage2Error('EINVAL', `${name}.entries ${entries}: expected a multiple of its ${ways} ways`);
  }
}

/** Throws EINVAL unless `value` is an integer from `least` to `most`. */
export function checkInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Stage2Error('EINVAL', `${name} ${value}: expected an integer from ${least} to ${most}`);
  }
}
