#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { registerCompare } from './commands/compare.js';
import { registerConform } from './commands/conform.js';
import { registerDump } from './commands/dump.js';
import { registerIdmap } from './commands/idmap.js';
import { registerProfiles } from './commands/profiles.js';
import { registerReplay } from './commands/replay.js';
import { registerSlots } from './commands/slots.js';
import { registerSnapshot } from './commands/snapshot.js';
import { registerValidate } from './commands/validate.js';
import { registerVerifyBuild } from './commands/verify-build.js';
import { registerWalk } from './commands/walk.js';
import { Exit } from './errors.js';
import { reportError } from './output.js';

/** Commands by the order help shows them. */
const commands: ((program: Command) => void)[] = [
  registerCompare,
  registerIdmap,
  registerWalk,
  registerDump,
  registerReplay,
  registerSlots,
  registerVerifyBuild,
  registerConform,
  registerValidate,
  registerProfiles,
  registerSnapshot,
];

// A reader that stops early (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(Exit.OK);
  throw error;
});

const program = new Command('stage2')
  .description('arm64 stage-2 translation and the cost of a change to the KVM fault path')
  .showSuggestionAfterError()
  .exitOverride();
for (const register of commands) register(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? Exit.OK : Exit.INPUT;
  else reportError(error, false);
}
