// The numbers and exports that make an ABI version, for test/arch/abi.test.ts to hold later builds to.
//   node scripts/record-abi.mjs      writes test/arch/abi.json, after ABI_VERSION of src/abi/layout.ts was raised
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { fromRoot } from './tools.mjs';

/**
 * What a host relies on, as it was built last: every number by file and name, every export with its types. How many
 * members an enumeration has may grow.
 * @returns {Promise<{ version: number, numbers: Record<string, number>, exports: Record<string, string> }>}
 */
export async function builtAbi() {
  const folder = fromRoot('dist/abi');
  const files = readdirSync(folder).filter((name) => name.endsWith('.js'));
  const modules = await Promise.all(files.map((name) => import(pathToFileURL(`${folder}/${name}`).href)));
  const numbers = Object.fromEntries(
    files.flatMap((file, i) =>
      numbersOf(modules[i]).map(([name, value]) => [`${file.replace('.js', '')} ${name}`, value]),
    ),
  );
  return { version: numbers['layout ABI_VERSION'] ?? 0, numbers, exports: exportsOf() };
}

/**
 * @param {Record<string, number | Record<string, string | number>>} module
 * @returns {[string, number][]}
 */
function numbersOf(module) {
  return Object.entries(module).flatMap(([name, value]) => {
    if (typeof value === 'number') return [/** @type {[string, number]} */ ([name, value])];
    return Object.entries(value)
      .filter(([member, each]) => typeof each === 'number' && member !== 'COUNT')
      .map(([member, each]) => /** @type {[string, number]} */ ([`${name}.${member}`, each]));
  });
}

function exportsOf() {
  const text = ['exports', 'micro-exports']
    .map((name) => readFileSync(fromRoot(`src/core/${name}.ts`), 'utf8'))
    .join();
  const methods = text.matchAll(/^ {2}(\w+)\(([^)]*)\): (\w+);/gm);
  return Object.fromEntries(
    [...methods].map(([, name, parameters = '', result]) => {
      const types = parameters
        .split(',')
        .map((each) => each.split(':')[1]?.trim())
        .filter(Boolean);
      return [name, `(${types.join(', ')}) ${result}`];
    }),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(fromRoot('test/arch/abi.json'), `${JSON.stringify(await builtAbi(), null, 1)}\n`);
}
