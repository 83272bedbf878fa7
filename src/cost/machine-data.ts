import { type Constant, readConstant } from './constant.js';
import { Field } from './field.js';

const FORMAT = 'stage2-idmap-estimates/2';

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
  const root = Field.root(value, file, FORMAT);
  const constant = (name: string) => readConstant(root.get(name), new Map());
  return {
    loopInsn: constant('loopInsn'),
    entryInsn: constant('entryInsn'),
    tableInsn: constant('tableInsn'),
  };
}
