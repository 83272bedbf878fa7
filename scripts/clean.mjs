// Removes everything that a build makes, and what a killed one left.
import { readdirSync, rmSync } from 'node:fs';
import { fromRoot } from './tools.mjs';

const unfinished = readdirSync(fromRoot('.')).filter((name) => name.startsWith('.dist-'));
for (const path of ['build', 'dist', 'src/core/wasm.generated.ts', ...unfinished]) {
  rmSync(fromRoot(path), { recursive: true, force: true });
}
