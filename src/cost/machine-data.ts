import { type Constant, readConstant } from './constant.js';
import { DataError } from './error.js';
import { Field } from './field.js';

/** Instructions of mapping an internal VM that no build file holds. */
export interface IdmapEstimates {
  /** The loop of internal_vm_prep_mem around its calls, a page. */
  loopInsn: Constant;
  /** The commit of a map whose table pages are set aside, a leaf entry. */
  entryInsn: Constant;
  /** Such a map, a table page: counting it, setting it aside, linking it. */
  tableInsn: Constant;
}

/** src/data/idmap-estimates.json. */
export function parseIdmapEstimates(value: unknown, file: string): IdmapEstimates {
  const root = Field.root(value, file, DataError);
  const format = 'stage2-idmap-estimates/2';
  if (root.get('format').value !== format) root.get('format').expected(format);
  const constant = (name: string) => readConstant(root.get(name), new Map());
  return {
    loopInsn: constant('loopInsn'),
    entryInsn: constant('entryInsn'),
    tableInsn: constant('tableInsn'),
  };
}
