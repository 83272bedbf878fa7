// Writes the API reference, build/reference, from the doc comments of what `stage2` and `stage2/elements` export:
//   node scripts/reference.mjs
// Fails if a public symbol or one of its properties has no comment, names a type that is not public, or links to nothing.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fromRoot, runNode, ScriptError } from './tools.mjs';

const FOLDER = 'docs/reference';
const TYPEDOC = `${FOLDER}/node_modules/typedoc/bin/typedoc`;

if (process.argv.length > 2) {
  console.error('usage: node scripts/reference.mjs');
  process.exit(2);
}

try {
  // typedoc brings its own TypeScript, so it is installed apart from the rest, and only by those who use it.
  if (!existsSync(fromRoot(TYPEDOC)))
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: fromRoot(FOLDER), stdio: 'inherit' });
  // The types need the embedded cores.
  if (!existsSync(fromRoot('src/core/wasm.generated.ts'))) await runNode('scripts/build.mjs', []);
  await runNode(TYPEDOC, ['--options', FOLDER]);
} catch (error) {
  console.error(`reference: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof ScriptError ? (error.status ?? 1) : 1;
}
