import { type Constant, readConstant } from './constant.js';
import type { DataError } from './error.js';
import { Field } from './field.js';

/** What no document and no static model gives, whatever the core. */
export interface Estimates {
  /** By operation or event: dmb, at, tlbi, dc_civac, CLEAN_DIRTY, ... */
  operations: ReadonlyMap<string, Constant>;
  /** By function that was not compiled. */
  opaque: ReadonlyMap<string, Constant>;
  /** Any other such function. */
  otherOpaque: Constant;
}

const FORMAT = 'stage2-estimates/1';

/** Reads src/data/estimates.json. @throws {@link DataError} naming what is wrong. */
export function parseEstimates(value: unknown, file: string): Estimates {
  const root = Field.root(value, file, FORMAT);
  return {
    operations: readConstants(root.get('operations')),
    opaque: readConstants(root.get('opaque')),
    otherOpaque: readConstant(root.get('otherOpaque'), new Map()),
  };
}

function readConstants(field: Field): ReadonlyMap<string, Constant> {
  return field.map((item) => readConstant(item, new Map()));
}
