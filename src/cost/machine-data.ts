import { type Constant, readConstant } from './constants.js';
import { DataError } from './error.js';
import { Field } from './field.js';

/** Clock of each core of src/data/profiles.json, in GHz. @throws {@link DataError} naming what is wrong. */
export function parseClocks(value: unknown, file: string): ReadonlyMap<string, Constant> {
  const cores = Field.root(value, file, DataError).get('cores').entries();
  return new Map(cores.map(([core, profile]) => [core, readConstant(profile.get('clock_ghz'), new Map())]));
}

/** Instructions a page of the loop of internal_vm_prep_mem: src/data/idmap-estimates.json. */
export function parseIdmapEstimates(value: unknown, file: string): { loopInsn: Constant } {
  const root = Field.root(value, file, DataError);
  const format = 'stage2-idmap-estimates/1';
  if (root.get('format').value !== format) root.get('format').expected(format);
  return { loopInsn: readConstant(root.get('loopInsn'), new Map()) };
}
