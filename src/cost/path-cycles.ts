import { DataError } from './error.js';
import { Field } from './field.js';

/** Cycles of whole recorded paths, from a static model run over their whole instruction stream. */
export interface PathCycles {
  cores: readonly string[];
  /** Build id -> scenario -> cycles in the order of `cores`, whole numbers. */
  builds: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;
}

const FORMAT = 'stage2-path-cycles/1';

/** Reads src/data/path-cycles.json. @throws {@link DataError} naming what is wrong. */
export function parsePathCycles(value: unknown, file: string): PathCycles {
  const root = Field.root(value, file, DataError);
  if (root.get('format').value !== FORMAT) root.get('format').expected(FORMAT);
  const cores = root
    .get('cores')
    .list()
    .map((core) => core.text());
  const builds = root
    .get('builds')
    .entries()
    .map(([id, build]) => [id, readScenarios(build, cores.length)] as const);
  return { cores, builds: new Map(builds) };
}

function readScenarios(field: Field, cores: number): ReadonlyMap<string, readonly number[]> {
  return new Map(
    field.entries().map(([name, item]) => {
      const cycles = item.list().map((each) => each.count());
      if (cycles.length !== cores) item.expected(`the cycles of ${cores} cores`);
      return [name, cycles];
    }),
  );
}
