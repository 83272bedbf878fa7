// Writes docs/stage2.1.md from the commands of the built package: node scripts/man.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs';
import { allCommands } from '../dist/cli/commands/index.js';
import { examplesOf } from '../dist/cli/help.js';
import { createProgram } from '../dist/cli/program.js';
import { manPage } from './man-page.mjs';
import { fromRoot } from './tools.mjs';

const PAGE = fromRoot('docs/stage2.1.md');
const args = process.argv.slice(2);
if (args.length > 1 || (args.length === 1 && args[0] !== '--check')) {
  console.error('usage: node scripts/man.mjs [--check]');
  process.exit(2);
}

const text = manPage(createProgram(await allCommands()), examplesOf);
if (args.length === 0) writeFileSync(PAGE, text);
else if (readFileSync(PAGE, 'utf8') !== text) {
  console.error('man: docs/stage2.1.md is not what the commands say; run npm run man');
  process.exitCode = 1;
}
