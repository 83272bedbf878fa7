// Compiles test/soak/ and what it imports into build/soak and runs it; the exit status is its own.
//   node scripts/soak.mjs --seconds N [--seed S]            the core against the reference model
//   node scripts/soak.mjs --hostile [--cases N] [--seed S]  garbage through every export that walks
//   node scripts/soak.mjs --histories [--steps N] [--seed S] several VMs against their models, fsck after every step
//   node scripts/soak.mjs --files [--mutations N] [--seed S] [--kind K] mutated files of every kind; needs dist
//   node scripts/soak.mjs --files --large [--kind K]        large files of every kind, with the memory they take
//   node scripts/soak.mjs [--files] --replay FILE           a history, or a file, that failed, once more
import { compileProject, runNode, ScriptError } from './tools.mjs';

try {
  await compileProject('soak');
} catch (error) {
  console.error(`soak: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

try {
  await runNode('build/soak/test/soak/main.js', process.argv.slice(2));
} catch (error) {
  process.exitCode = error instanceof ScriptError ? (error.status ?? 1) : 1;
}
