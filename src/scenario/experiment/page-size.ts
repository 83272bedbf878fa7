import type { Field } from '../../cost/field.js';

/** A size of mappings: the granule of its tables and the level of its leaves. */
export interface PageSize {
  granuleShift: 12 | 14 | 16;
  level: number;
  bytes: number;
}

/** Sizes by name: the pages and blocks of all granules that both stages have. */
const SIZES: Readonly<Record<string, PageSize>> = {
  '4k': { granuleShift: 12, level: 3, bytes: 2 ** 12 },
  '2m': { granuleShift: 12, level: 2, bytes: 2 ** 21 },
  '1g': { granuleShift: 12, level: 1, bytes: 2 ** 30 },
  '16k': { granuleShift: 14, level: 3, bytes: 2 ** 14 },
  '32m': { granuleShift: 14, level: 2, bytes: 2 ** 25 },
  '64k': { granuleShift: 16, level: 3, bytes: 2 ** 16 },
  '512m': { granuleShift: 16, level: 2, bytes: 2 ** 29 },
};

/** A page size by its name, such as `4k`. */
export function readPageSize(field: Field): PageSize {
  const name = typeof field.value === 'string' ? field.value.toLowerCase() : '';
  return Object.hasOwn(SIZES, name)
    ? (SIZES[name] as PageSize)
    : field.expected(Object.keys(SIZES).join(' or '));
}
