import type { Command } from 'commander';
import { buildTables } from '../../kvm/index.js';
import { ptdumpText } from '../../report/ptdump.js';
import { headerText } from '../../report/ptdump-header.js';
import { tableDump } from '../../report/table-dump.js';
import { readTables } from '../../walk/read-tables.js';
import { CliError, Exit } from '../errors.js';
import { addExamples } from '../help.js';
import { countLeaves, leavesOf } from '../leaves.js';
import { addMapOptions, type MapOptions, tableBuild } from '../map-options.js';
import { ATTRIBUTE_HELP } from '../mapping.js';
import { type CommandResult, finish } from '../output.js';
import { registersAndShape } from '../tables.js';

interface Options extends MapOptions {
  json?: boolean;
}

export function registerMap(program: Command): void {
  const command = program
    .command('map')
    .description(
      'build stage-2 tables that map ranges, and print them; --json is a dump that other commands read',
    )
    .argument(
      '<range...>',
      `IPA:PA:SIZE[:ATTRIBUTES]; sizes such as 4K, 2M; attributes with commas: ${ATTRIBUTE_HELP}; default rwx,wb,ish`,
    );
  addMapOptions(command)
    .option('--json', 'print one JSON document: the tables as a dump')
    .action((ranges: string[], options: Options) =>
      finish('map', options.json ?? false, () => map(ranges, options)),
    );
  addExamples(command, [
    { line: 'stage2 map 0x4000_0000:0x8000_0000:1G', about: 'a gigabyte, in one block' },
    {
      line: 'stage2 map 0x4000_0000:0x8_8000_0000:6M:rx 0x900_0000:0x900_0000:4K:rw,device --largest 2M',
      about: 'code, and a page of device registers',
    },
    {
      line: 'stage2 map 0x4000_0000:0x8000_0000:2M --granule 16K --json > tables.json',
      about: 'tables to keep: stage2 walk --tables tables.json 0x4000_0000',
    },
    {
      line: 'stage2 map 0x4000_0000:0x8000_0000:2M --json | stage2 translate --tables - 0x4000_1234',
      about: 'or to use at once',
    },
  ]);
}

async function map(ranges: readonly string[], options: Options): Promise<CommandResult<'map'>> {
  const translator = buildTables(tableBuild(ranges, options));
  const { regime, machine } = translator;
  if (!regime.valid) {
    const { cpu, ipaBits, granule } = options;
    throw new CliError(
      `--cpu: ${cpu} walks no tables of ${ipaBits}-bit IPAs with granules of 2^${granule} bytes`,
    );
  }
  const { tables, ...tree } = readTables(machine, regime);
  const count = { held: tables.length, ...tree, leaves: countLeaves(translator) };
  return {
    text: headerText(registersAndShape(translator), count) + ptdumpText(leavesOf(translator)),
    json: tableDump('stage2 map', translator, { tables, leaves: leavesOf(translator) }),
    exit: Exit.OK,
  };
}
