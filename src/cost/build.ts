import { readCallee } from './build-callees.js';
import { type Names, readFunction } from './build-functions.js';
import { readPaths } from './build-paths.js';
import type { Build, BuildFunction } from './build-types.js';
import { BuildError, show } from './error.js';
import { Field } from './field.js';
import type { SiteTable } from './sites.js';

const FORMAT = 'stage2-build/1';
const HANDLER = 'kvm_handle_guest_abort';

/** Charged before the handler is entered. */
export const FIRST_CALLEE = 'handle_exit';

/**
 * Reads a "stage2-build/1" file. What the file has beyond its format is ignored.
 * @param value the parsed JSON
 * @param file its name, for messages
 * @param sites the branch sites its blocks may name
 * @throws {@link BuildError} in one line: the function, block or field, what was found, what was expected
 */
export function parseBuild(value: unknown, file: string, sites: SiteTable): Build {
  const root = Field.root(value, file, FORMAT, BuildError);
  const cores = root.get('mca').entries();
  const names = readNames(root, sites, cores);
  const functions = readFunctions(root.get('functions'), names);
  const handler = functions.get(HANDLER) ?? root.get('functions').fail(`there is no function ${HANDLER}`);
  return {
    id: root.get('id').text(),
    variant: root.get('variant').text(),
    variantWords: root.get('variant_words').text(),
    compiler: root.get('compiler').text(),
    flags: root.get('flags').text(),
    source: root.get('source').map((id) => id.text()),
    constants: readConstants(root.get('constants'), names.predicates),
    functions,
    handler,
    callees: readCallees(root.get('callees'), cores.length),
    opaque: new Set(root.get('opaque_callees').texts()),
    cores: cores.map(([core]) => core),
    paths: readPaths(root.get('paths')),
  };
}

function keys(field: Field): string[] {
  return field.entries().map(([key]) => key);
}

function readNames(root: Field, sites: SiteTable, cores: [string, Field][]): Names {
  const functions = keys(root.get('functions'));
  const callees = keys(root.get('callees'));
  const both = functions.find((name) => callees.includes(name));
  if (both !== undefined) root.fail(`${show(both)} is both a function and a callee`);
  return {
    predicates: new Set(keys(root.get('predicates'))),
    siteTags: sites.tags,
    callable: new Set([...functions, ...callees, ...root.get('opaque_callees').texts()]),
    cycles: cores.map(([, field]) => field),
  };
}

function readFunctions(field: Field, names: Names): ReadonlyMap<string, BuildFunction> {
  const functions = new Map<string, BuildFunction>();
  const codes = new Map<string, string>();
  for (const [name, item] of field.entries()) {
    const read = readFunction(name, item, names);
    const other = codes.get(read.code);
    if (other !== undefined) item.get('code').fail(`${show(read.code)} is the code of ${other} too`);
    codes.set(read.code, name);
    functions.set(name, read);
  }
  return functions;
}

function readCallees(field: Field, cores: number): Build['callees'] {
  const callees = field.map((item, name) => readCallee(name, item, cores));
  if (!callees.has(FIRST_CALLEE)) field.fail(`there is no callee ${FIRST_CALLEE}`);
  return callees;
}

function readConstants(field: Field, declared: ReadonlySet<string>): ReadonlyMap<string, boolean> {
  return field.map((item, name) => {
    if (!declared.has(name)) item.fail(`predicate ${show(name)} is not declared by the file`);
    return item.flag();
  });
}
