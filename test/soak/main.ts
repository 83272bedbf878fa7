// `npm run soak`: exit status 0 if nothing was found, 1 if something was, 2 for bad arguments.
import { type Arguments, parseArguments, randomSeed, UsageError } from './arguments.js';
import { replayFile, soakFiles } from './files/run.js';
import { replayHistory, soakHistories } from './histories/run.js';
import { soakHostile } from './hostile/report.js';
import { soakProperty } from './property/run.js';

async function run(args: Arguments): Promise<boolean> {
  if (args.mode === 'replayFile') return replayFile(args.file, args.kind);
  if (args.mode === 'replay') return replayHistory(args.file);
  console.log(`seed ${args.seed}`);
  if (args.mode === 'files') return soakFiles(args);
  if (args.mode === 'histories') return soakHistories(args);
  return args.mode === 'hostile' ? soakHostile(args) : soakProperty(args);
}

try {
  process.exitCode = (await run(parseArguments(process.argv.slice(2), randomSeed))) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`soak: ${error.message}`);
  process.exitCode = 2;
}
