// `npm run soak`: exit status 0 if nothing was found, 1 if something was, 2 for bad arguments.
import { type Arguments, parseArguments, randomSeed, UsageError } from './arguments.js';
import { soakHostile } from './hostile/report.js';
import { soakProperty } from './property/run.js';

function run(args: Arguments): boolean {
  console.log(`seed ${args.seed}`);
  return args.mode === 'hostile' ? soakHostile(args) : soakProperty(args);
}

try {
  process.exitCode = run(parseArguments(process.argv.slice(2), randomSeed)) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`soak: ${error.message}`);
  process.exitCode = 2;
}
