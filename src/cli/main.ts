#!/usr/bin/env node
import { commandsFor } from './commands/index.js';
import { Exit } from './errors.js';
import { createProgram, run } from './program.js';

// A reader that stops early (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(Exit.OK);
  throw error;
});

const args = process.argv.slice(2);
await run(createProgram(await commandsFor(args)), args);
