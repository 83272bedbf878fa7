import { type Citations, type Constant, readConstant } from './constant.js';
import type { Field } from './field.js';

/** A cache as a profile gives it. */
export interface CacheProfile {
  /** KiB. */
  size: Constant;
  /** A whole number; size / (ways x line) is the number of sets. */
  ways: Constant;
  /** Bytes. */
  line: Constant;
}

/** A TLB, a walk cache, or the entries of a level of the BTB. */
export interface TableProfile {
  /** A whole number, a multiple of the ways. */
  entries: Constant;
  /** A whole number; as many as entries: fully associative. */
  ways: Constant;
}

/** A level of the BTB. */
export interface BtbProfile extends TableProfile {
  /** Cycles lost for a taken branch it holds. */
  bubble: Constant;
}

export const KIB = 1024;
/** Lines of a cache, or entries of a table: far above any core, and still cheap to hold. */
const ENTRIES_MAX = 1 << 24;

export function readCache(field: Field, cited: Citations): CacheProfile {
  const size = readConstant(field.get('size_kb'), cited);
  const ways = readWhole(field.get('ways'), cited);
  const line = readWhole(field.get('line'), cited);
  const sets = (size.v * KIB) / (ways.v * line.v);
  if (!Number.isInteger(sets) || sets < 1 || sets * ways.v > ENTRIES_MAX) {
    const per = (ways.v * line.v) / KIB;
    field
      .get('size_kb')
      .fail(
        `found ${size.v} KiB, expected a multiple of ${per} KiB (${ways.v} ways of ${line.v} bytes) of at most ${ENTRIES_MAX} lines`,
      );
  }
  return { size, ways, line };
}

/** A table whose entries stand in `entries` and whose ways stand in `ways`. */
export function readTable(entries: Field, ways: Field, cited: Citations): TableProfile {
  const table = { entries: readWhole(entries, cited), ways: readWhole(ways, cited) };
  if (table.entries.v % table.ways.v !== 0) {
    entries.fail(`found ${table.entries.v} entries, expected a multiple of ${table.ways.v} ways`);
  }
  return table;
}

export function readBtb(field: Field, cited: Citations): BtbProfile {
  const table = readTable(field.get('entries'), field.get('ways'), cited);
  return { ...table, bubble: readConstant(field.get('bubble'), cited) };
}

/** A constant whose value is a whole number from `min`. */
export function readWhole(field: Field, cited: Citations, min = 1, max = ENTRIES_MAX): Constant {
  const v = field.get('v').number();
  if (!Number.isInteger(v) || v < min || v > max) {
    field.get('v').fail(`found ${v}, expected a whole number from ${min} to ${max}`);
  }
  return readConstant(field, cited);
}
