#!/usr/bin/env node
import { commandsFor } from './commands/index.js';
import { CliError } from './errors.js';
import { reportError } from './output.js';
import { createProgram, run } from './program.js';

// A reader that stops early (`| head`) is no error; a disk that is full is.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    reportError(new CliError(`standard output: cannot be written (${error.message})`), false);
  }
  process.exit();
});
// There is nowhere left to say that nobody listens.
process.stderr.on('error', () => {});

const args = process.argv.slice(2);
await run(createProgram(await commandsFor(args)), args);
