import { type Constant, readConstant } from './constant.js';
import { Field } from './field.js';

const FORMAT = 'stage2-idmap-estimates/1';

/** Instructions a page of the loop of internal_vm_prep_mem: src/data/idmap-estimates.json. */
export function parseIdmapEstimates(value: unknown, file: string): { loopInsn: Constant } {
  const root = Field.root(value, file, FORMAT);
  return { loopInsn: readConstant(root.get('loopInsn'), new Map()) };
}
