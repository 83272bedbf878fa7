import type { DataError } from './error.js';
import { Field } from './field.js';

/** Cycles of whole recorded paths, from a static model run over their whole instruction stream. */
export interface PathCycles {
  /** Names of the static models. */
  cores: readonly string[];
  /** Build id -> scenario -> cycles in the order of `cores`, whole numbers. */
  builds: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;
}

const FORMAT = 'stage2-path-cycles/1';

/** Reads src/data/path-cycles.json. @throws {@link DataError} naming what is wrong. */
export function parsePathCycles(value: unknown, file: string): PathCycles {
  const root = Field.root(value, file, FORMAT);
  const cores = root.get('cores').texts();
  return { cores, builds: root.get('builds').map((build) => readScenarios(build, cores.length)) };
}

function readScenarios(field: Field, cores: number): ReadonlyMap<string, readonly number[]> {
  return field.map((item) => {
    const cycles = item.list().map((each) => each.count());
    return cycles.length === cores ? cycles : item.expected(`the cycles of ${cores} cores`);
  });
}
