// Compiles bench/ and what it imports into build/bench and runs bench/run.ts with the arguments given here.
import { rmSync } from 'node:fs';
import { copyData } from './copy-data.mjs';
import { fromRoot, runNode, tsc } from './tools.mjs';

try {
  rmSync(fromRoot('build/bench'), { recursive: true, force: true });
  await tsc(['-p', 'tsconfig.bench.json']);
  copyData(fromRoot('build/bench/src/data'));
  await runNode('build/bench/bench/run.js', process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
