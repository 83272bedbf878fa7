import { type Constant, readConstant } from './constant.js';
import { DataError } from './error.js';
import { Field } from './field.js';

/** Instructions a page of the loop of internal_vm_prep_mem: src/data/idmap-estimates.json. */
export function parseIdmapEstimates(value: unknown, file: string): { loopInsn: Constant } {
  const root = Field.root(value, file, DataError);
  const format = 'stage2-idmap-estimates/1';
  if (root.get('format').value !== format) root.get('format').expected(format);
  return { loopInsn: readConstant(root.get('loopInsn'), new Map()) };
}
