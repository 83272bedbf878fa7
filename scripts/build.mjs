// Builds the package.
//   node scripts/build.mjs           build/*.wasm, from them src/core/wasm.generated.ts, then dist
//   node scripts/build.mjs --simd    the same without the cores that have no SIMD: half the time, all that JavaScript needs
//   node scripts/build.mjs --debug   build/debug/*.wasm with names, source maps and text; dist is left alone
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildElements } from './build-elements.mjs';
import { buildPage } from './build-page.mjs';
import { writeHeader } from './c-header.mjs';
import { copyData } from './copy-data.mjs';
import { compileCores } from './cores.mjs';
import { embedWasm } from './embed-wasm.mjs';
import { asc, fromRoot, tsc } from './tools.mjs';

const [kind, ...rest] = process.argv.slice(2);
if (rest.length > 0 || !['--debug', '--simd', undefined].includes(kind)) {
  console.error('usage: node scripts/build.mjs [--debug | --simd]');
  process.exit(2);
}

try {
  await (kind === '--debug' ? buildDebug() : buildPackage(kind !== '--simd'));
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function buildDebug() {
  await asc(['debug', 'debug-accounted']);
  console.log('build: build/debug/stage2.wasm, build/debug/stage2-accounted.wasm');
}

/** @param {boolean} scalar with the cores that have no SIMD */
async function buildPackage(scalar) {
  const cores = await compileCores(scalar);
  embedWasm(cores);

  // Filled beside dist and renamed at the end: a failed build leaves the old dist whole, and a source that is
  // gone leaves no stale output. At dist's own depth, for the relative paths in the source maps.
  const next = fromRoot(`.dist-${process.pid}`);
  try {
    const page = buildPage(join(next, 'web/stage2.html'));
    const elements = buildElements(join(next, 'web/elements'));
    await Promise.all([page, elements, tsc(['-p', 'tsconfig.build.json', '--outDir', next])]);
    const dataFiles = copyData(join(next, 'data'));
    mkdirSync(join(next, 'core'), { recursive: true });
    for (const name of cores) {
      copyFileSync(fromRoot(`build/${name}`), join(next, 'core', name));
    }
    await writeHeader(join(next, 'abi'), join(next, 'core', 'stage2_abi.h'));
    rmSync(fromRoot('dist'), { recursive: true, force: true });
    renameSync(next, fromRoot('dist'));
    const kib = Math.round((await page) / 1024);
    console.log(`build: dist, with ${dataFiles} data files and the page, ${kib} KiB`);
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
  checkPromises(scalar);
}

/**
 * Every file or folder that package.json names in `exports` and `bin` must be there; the command must be executable.
 * @param {boolean} scalar the cores without SIMD too
 */
function checkPromises(scalar) {
  const manifest = JSON.parse(readFileSync(fromRoot('package.json'), 'utf8'));
  /** @type {(value: string | object) => string[]} */
  const leaves = (value) => (typeof value === 'string' ? [value] : Object.values(value).flatMap(leaves));
  const promised = leaves([manifest.exports, manifest.bin]).map((path) => path.replace(/\/\*$/, ''));
  const missing = promised.filter(
    (path) => !existsSync(fromRoot(path)) && (scalar || !path.includes('-scalar')),
  );
  if (missing.length > 0) {
    throw new Error(`package.json names what was not built: ${missing.join(', ')}`);
  }
  for (const command of leaves(manifest.bin)) chmodSync(fromRoot(command), 0o755);
}
