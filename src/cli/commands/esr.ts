import type { Command } from 'commander';
import { parseHex } from '../../arm/parse.js';
import { esrReport, esrText } from '../../report/esr.js';
import { Exit } from '../errors.js';
import { addExamples } from '../help.js';
import { type CommandResult, finish } from '../output.js';

interface Options {
  far?: string;
  hpfar?: string;
  json?: boolean;
}

export function registerEsr(program: Command): void {
  const command = program
    .command('esr')
    .description('decode ESR_EL2 field by field, and the IPA that faulted')
    .argument('<value>', 'ESR_EL2, as a trace or a log has it')
    .option('--far <value>', 'FAR_EL2')
    .option('--hpfar <value>', 'HPFAR_EL2, whole: the page is its value shifted left by 8')
    .option('--json', 'print one JSON document')
    .action((value: string, options: Options) =>
      finish('esr', options.json ?? false, () => esr(value, options)),
    );
  addExamples(command, [
    { line: 'stage2 esr 0x93800047', about: 'a write without an entry at level 3, with its syndrome' },
    {
      line: 'stage2 esr 0x93800047 --far 0xffff000012345678 --hpfar 0x400010',
      about: 'and the IPA that faulted',
    },
  ]);
}

async function esr(value: string, { far, hpfar }: Options): Promise<CommandResult<'esr'>> {
  const registers = {
    esr: parseHex(value, 'ESR_EL2'),
    far: far === undefined ? undefined : parseHex(far, '--far'),
    hpfar: hpfar === undefined ? undefined : parseHex(hpfar, '--hpfar'),
  };
  const report = esrReport(registers);
  return { text: esrText(report, registers), json: report, exit: Exit.OK };
}
