import type { RecordedPath } from './build-types.js';
import { noCounts, readCounts } from './counts.js';
import { BuildError } from './error.js';
import { Field } from './field.js';
import type { CalleeOutcome } from './signature.js';

/** What totals may be at least: they are counts. */
const NOT_NEGATIVE = 0;

/** Reads scenarios as a build file gives them, by name. */
export function readPaths(field: Field): ReadonlyMap<string, RecordedPath> {
  return field.map((path, name) => readPath(name, path));
}

function readPath(name: string, field: Field): RecordedPath {
  const ret = field.get('ret');
  return {
    name,
    input: {
      predicates: field.get('predicates').map((item) => item.flag()),
      quantities: readQuantities(field.get('quantities')),
      callees: field.get('callees').list().map(readOutcome),
    },
    ret: ret.value === null ? null : ret.integer(),
    blocks: field.get('blocks').texts(),
    totals: readCounts(field.get('totals'), NOT_NEGATIVE),
    loops: field.get('loops').optional((loops) => readCounts(loops, NOT_NEGATIVE)) ?? noCounts(),
    opaque: field.get('opaque').optional((list) => list.texts()) ?? [],
    oops: field.get('oops').optional((name) => name.text()),
  };
}

function readQuantities(field: Field): Record<string, number> {
  return Object.fromEntries(field.map((item) => item.count()));
}

function readOutcome(field: Field): CalleeOutcome {
  const q = field.get('q');
  const call = { name: field.get('name').text(), outcome: field.get('outcome').text() };
  return q.present ? { ...call, q: readQuantities(q) } : call;
}

const FORMAT = 'stage2-paths/1';

/** Further scenarios for a build. */
export interface PathFile {
  /** Id of the build they were recorded on, if the file names it. */
  build: string | undefined;
  /** By name of the scenario. */
  paths: ReadonlyMap<string, RecordedPath>;
}

/**
 * Reads a "stage2-paths/1" file: scenarios under `paths`, or at the top beside `format` and other texts.
 * @throws {@link BuildError} naming the field that is wrong.
 */
export function parsePaths(value: unknown, file: string): PathFile {
  const root = Field.root(value, file, FORMAT, BuildError);
  const build = [root.get('build'), root.get('id')].find((name) => typeof name.value === 'string');
  return {
    build: build?.text(),
    paths: new Map(scenariosOf(root).map(([name, path]) => [name, readPath(name, path)])),
  };
}

function scenariosOf(root: Field): [string, Field][] {
  const paths = root.get('paths');
  if (paths.present) return paths.entries();
  const scenarios = root.entries().filter(([, item]) => typeof item.value !== 'string');
  return scenarios.length > 0 ? scenarios : root.expected('scenarios under paths');
}
