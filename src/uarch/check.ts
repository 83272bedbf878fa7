import { ColdRule, WalkStorage } from '../abi/uarch.js';
import { checkInteger, checkKeys, refuse } from '../core/check.js';
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

const CACHES = ['l1i', 'l1d', 'l2', 'l3'] as const;
const NEEDED: readonly string[] = ['itlb', 'dtlb', 'stlb'];
const TABLES = ['itlb', 'dtlb', 'stlb', 'walkCache', 'ipaCache'] as const;

const KEYS = [
  ...CACHES,
  ...TABLES,
  'walkStorage',
  'btb',
  'direction',
  'returnStack',
  'coldRule',
] as const satisfies readonly (keyof Geometry)[];
const BTB_LEVELS = ['nano', 'micro', 'main'] as const satisfies readonly (keyof Geometry['btb'])[];

/** Throws EINVAL that names the field and its value unless a core can be built so. */
export function checkGeometry(geometry: Geometry): void {
  checkKeys('geometry', geometry, KEYS);
  for (const name of CACHES) {
    const cache = geometry[name];
    if (cache !== undefined) checkCache(name, cache);
    else if (name !== 'l3') refuse(name, cache, 'a cache');
  }
  for (const name of TABLES) {
    const table = geometry[name];
    if (table !== undefined) checkTable(name, table);
    else if (NEEDED.includes(name)) refuse(name, table, 'a TLB');
  }
  for (const [level, table] of Object.entries(checkKeys('btb', geometry.btb, BTB_LEVELS))) {
    if (table !== undefined) checkTable(`btb.${level}`, table);
  }
  const direction = checkKeys('direction', geometry.direction, ['indexBits', 'historyBits']);
  checkInteger('direction.indexBits', direction.indexBits, 0, INDEX_BITS_MOST);
  checkInteger('direction.historyBits', direction.historyBits, 0, direction.indexBits);
  checkInteger('returnStack', geometry.returnStack, 0, RETURN_STACK_MOST);
  checkInteger('coldRule', geometry.coldRule, 0, ColdRule.DIRECTION);
  checkInteger('walkStorage', geometry.walkStorage, 0, WalkStorage.UNIFIED);
}

function checkCache(name: string, cache: CacheGeometry): void {
  const { sets, ways, lineBytes } = checkKeys(name, cache, ['sets', 'ways', 'lineBytes']);
  checkInteger(`${name}.ways`, ways, 1, WAYS_MOST);
  checkInteger(`${name}.sets`, sets, 1, Math.floor(ENTRIES_MOST / ways));
  checkInteger(`${name}.lineBytes`, lineBytes, 1, LINE_BYTES_MOST);
}

function checkTable(name: string, table: TableGeometry): void {
  const { entries, ways } = checkKeys(name, table, ['entries', 'ways']);
  checkInteger(`${name}.entries`, entries, 1, ENTRIES_MOST);
  checkInteger(`${name}.ways`, ways, 1, Math.min(entries, TABLE_WAYS_MOST));
  if (entries % ways !== 0) {
    throw new Stage2Error('EINVAL', `${name}.entries ${entries}: expected a multiple of its ${ways} ways`);
  }
}
