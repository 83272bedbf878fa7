import { type Constant, readConstant } from './constant.js';
import type { DataError } from './error.js';
import { Field } from './field.js';

/** A published way to time a fault on hardware, and the smallest difference that stands out of its noise. */
export interface Method {
  /** Such as `cntvct-once`. */
  id: string;
  /** In words: what is timed by what. */
  method: string;
  /** In ns, cycles or percent of what is timed. */
  floor: Constant;
}

const FORMAT = 'stage2-resolution/1';
const UNITS = ['ns', 'cycles', 'percent'];

/** The methods of src/data/resolution.json. @throws {@link DataError} naming what is wrong */
export function parseResolution(value: unknown, file: string): Method[] {
  const root = Field.root(value, file, FORMAT);
  return root
    .get('methods')
    .list()
    .map((row) => {
      row.get('floor').get('unit').oneOf(UNITS);
      return {
        id: row.get('id').text(),
        method: row.get('method').text(),
        floor: readConstant(row.get('floor'), new Map()),
      };
    });
}
