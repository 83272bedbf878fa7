// Builds `stage2/elements`: one module of the elements and lit. The rest it imports from where tsc builds it, so that
// the package has one copy of it.
import { dirname, relative, sep } from 'node:path';
import { build } from 'vite';
import { fromRoot } from './tools.mjs';

const SRC = fromRoot('src');
const ENTRY = fromRoot('src/web/elements/index.ts');
/** What of src/web tsc builds for the package (tsconfig.build.json). */
const BUILT = new Set(['web/elements/api.ts']);

/**
 * Writes index.js, and LICENSE.md about what is in it.
 * @param {string} to its folder, web/elements of the package
 */
export async function buildElements(to) {
  await build({
    configFile: false,
    root: fromRoot('.'),
    logLevel: 'warn',
    publicDir: false,
    plugins: [importsOfPackage()],
    build: {
      outDir: to,
      emptyOutDir: false,
      target: 'es2022',
      // For whoever bundles it; the notices of lit stay in.
      minify: false,
      license: { fileName: 'LICENSE.md' },
      lib: { entry: ENTRY, formats: ['es'], fileName: () => 'index.js' },
      rolldownOptions: { output: { paths: packagePath } },
    },
  });
}

/**
 * Leaves the modules that tsc builds out.
 * @returns {import('vite').Plugin}
 */
function importsOfPackage() {
  return {
    name: 'imports-of-package',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
      if (resolved === null || !isBuilt(resolved.id)) return resolved;
      return { id: resolved.id, external: 'absolute', moduleSideEffects: false };
    },
  };
}

/** @param {string} id */
function isBuilt(id) {
  const path = inSource(id);
  return !path.startsWith('..') && (!path.startsWith('web/') || BUILT.has(path));
}

/**
 * The module behind a source file, as index.js imports it.
 * @param {string} id
 */
function packagePath(id) {
  const path = relative(dirname(ENTRY), id).split(sep).join('/').replace(/\.ts$/, '.js');
  return path.startsWith('.') ? path : `./${path}`;
}

/** @param {string} id */
function inSource(id) {
  return relative(SRC, id).split(sep).join('/');
}
