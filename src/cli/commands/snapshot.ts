import type { Command } from 'commander';
import { snapshotText } from '../../report/snapshot.js';
import { describeSnapshot } from '../../snapshot/index.js';
import { Exit } from '../errors.js';
import { addExamples } from '../help.js';
import { inputName, readWhole } from '../io.js';
import { type CommandResult, finish } from '../output.js';

/** A file may hold this much, unpacked. */
const FILE_MOST = 512 << 20;

export function registerSnapshot(program: Command): void {
  const command = program
    .command('snapshot')
    .description('restore a snapshot of a machine as proof that it is whole, and say what it holds')
    .argument('<file>', 'what saveSnapshot gave, plain or gzip; - reads standard input')
    .option('--json', 'print one JSON document')
    .action((file: string, options: { json?: boolean }) =>
      finish('snapshot', options.json ?? false, () => snapshot(file)),
    );
  addExamples(command, [
    { line: 'stage2 snapshot machine.s2snap.gz', about: 'what it holds; exit 2 if it is damaged' },
  ]);
}

async function snapshot(path: string): Promise<CommandResult<'snapshot'>> {
  const name = inputName(path);
  const summary = describeSnapshot(await readWhole(path, FILE_MOST, 'a snapshot'), { name });
  return { text: snapshotText(name, summary), json: { snapshot: name, ...summary }, exit: Exit.OK };
}
