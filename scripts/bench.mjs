// Compiles bench/ and what it imports into build/bench and runs one of its programs.
//   node scripts/bench.mjs run        bench/run.ts
//   node scripts/bench.mjs walk/run   bench/walk/run.ts, and accounted/run alike
import { copyData } from './copy-data.mjs';
import { compileProject, fromRoot, runNode } from './tools.mjs';

const [program, ...args] = process.argv.slice(2);
if (program === undefined) {
  console.error('usage: node scripts/bench.mjs run|walk/run|accounted/run');
  process.exit(2);
}

try {
  await compileProject('bench');
  copyData(fromRoot('build/bench/src/data'));
  await runNode(`build/bench/bench/${program}.js`, args);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
