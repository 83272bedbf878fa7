import type { Command } from 'commander';
import { snapshotText } from '../../report/snapshot.js';
import { describeSnapshot } from '../../snapshot/index.js';
import { readBytes } from '../../trace/bytes.js';
import { TraceError } from '../../trace/error.js';
import { Exit } from '../errors.js';
import { openInput } from '../io.js';
import { type CommandResult, finish } from '../output.js';

/** A file may hold this much, unpacked. */
const FILE_MOST = 512 << 20;

export function registerSnapshot(program: Command): void {
  program
    .command('snapshot')
    .description('restore a snapshot of a machine as proof that it is whole, and say what it holds')
    .argument('<file>', 'what saveSnapshot gave, plain or gzip; - reads standard input')
    .option('--json', 'print one JSON document')
    .action((file: string, options: { json?: boolean }) =>
      finish(options.json ?? false, () => snapshot(file)),
    );
}

async function snapshot(path: string): Promise<CommandResult> {
  const name = path === '-' ? 'standard input' : path;
  const summary = describeSnapshot(await readWhole(path, name), { name });
  return { text: snapshotText(name, summary), json: { snapshot: name, ...summary }, exit: Exit.OK };
}

async function readWhole(path: string, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of readBytes(await openInput(path), name)) {
    length += chunk.length;
    if (length > FILE_MOST)
      throw new TraceError({ file: name }, `found more than ${FILE_MOST} bytes, expected a snapshot`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
