import type { Command } from 'commander';
import { type IdmapReport, idmapText } from '../../report/idmap.js';
import { idmapCsv } from '../../report/idmap-csv.js';
import { type EfiReport, efiText } from '../../report/idmap-efi.js';
import { compareEfi, REGION_POLICIES } from '../../scenario/efi-comparison.js';
import {
  compareIdmap,
  idmapTableBytes,
  type MappingCode,
  type MappingCore,
  mappingCore,
} from '../../scenario/idmap-comparison.js';
import { NOT_COUNTED, NOT_COUNTED_OF_CALLS } from '../../scenario/idmap-limits.js';
import { IDMAP_POLICIES } from '../../scenario/idmap-policy.js';
import { type EfiMap, parseEfiMap, readJson } from '../../trace/index.js';
import { loadProfiledCores } from '../compare-cores.js';
import { packageData, readData } from '../data.js';
import { Exit } from '../errors.js';
import { addExamples } from '../help.js';
import {
  CORES_DEFAULT,
  type IdmapOptions,
  type IdmapSettings,
  idmapSettings,
  listOption,
  SCENARIOS,
} from '../idmap-options.js';
import { openInput } from '../io.js';
import { type CommandResult, finish } from '../output.js';

/** The build that has the patch. */
const BUILD = 'gcc12c-rfc';

export function registerIdmap(program: Command): void {
  const command = program
    .command('idmap')
    .description('map internal VMs one to one under each policy and say what that takes and costs')
    .option('--size <sizes>', 'memory of the VM, such as 16M,1G; default: 16M,1G,16G,256G', listOption)
    .option('--granule <sizes>', 'pages of 4k, 16k or 64k; default: 4k', listOption)
    .option('--policy <names>', `${IDMAP_POLICIES.join(', ')}; default: all`, listOption)
    .option('--scenario <name>', `runtime services of a firmware in place of sizes: ${SCENARIOS.join(', ')}`)
    .option('--map <file>', 'an EFI memory map of your own (stage2-efi-map/1), JSON or gzip')
    .option('--region <names>', `of such a map: ${REGION_POLICIES.join(', ')}; default: all`, listOption)
    .option('--core <names>', `cores, or all; default: ${CORES_DEFAULT.join(',')}`, listOption)
    .option('--profile <file>', 'cores of your own (stage2-profiles/1), JSON or gzip')
    .option('--kernel <class>', 'nvhe (nvhe-4.x), vhe (vhe-6.x) or a class of kernels.json', 'nvhe')
    .option('--json', 'print one JSON document')
    .option('--csv', 'print the figures as CSV, for charts')
    .action((options: IdmapOptions) => finish('idmap', options.json ?? false, () => idmap(options)));
  addExamples(command, [
    {
      line: 'stage2 idmap --size 1G --granule 4k,64k --core cortex-a76',
      about: 'a gigabyte, with pages of two sizes',
    },
    {
      line: 'stage2 idmap --policy asPosted,blocks --csv > idmap.csv',
      about: 'two policies, as figures for a chart',
    },
    {
      line: 'stage2 idmap --scenario uefi --core cortex-a72',
      about: 'the runtime services of a firmware',
    },
  ]);
}

async function idmap(options: IdmapOptions): Promise<CommandResult<'idmap'>> {
  const settings = idmapSettings(options);
  const { cores, code } = await loadMapping(settings);
  const { efi, kernel } = settings;
  if (efi !== undefined) {
    const map = await loadEfiMap(efi);
    const mappings = compareEfi(map, settings, cores, code);
    const notCounted = [...NOT_COUNTED, ...NOT_COUNTED_OF_CALLS];
    const report: EfiReport = { run: { build: BUILD, kernel }, map, mappings, notCounted };
    return { text: efiText(report), json: { format: 'stage2-idmap-efi/1', ...report }, exit: Exit.OK };
  }
  const report: IdmapReport = {
    run: { build: BUILD, kernel, tableBytes: idmapTableBytes(settings) },
    maps: compareIdmap(settings, cores, code),
    notCounted: NOT_COUNTED,
  };
  if (settings.output === 'csv') return { text: idmapCsv(report.maps), exit: Exit.OK };
  return { text: idmapText(report), json: { format: 'stage2-idmap/1', ...report }, exit: Exit.OK };
}

async function loadEfiMap(efi: NonNullable<IdmapSettings['efi']>): Promise<EfiMap> {
  if ('file' in efi) return parseEfiMap(await readJson(await openInput(efi.file), efi.file), efi.file);
  const { value, file } = readData(`efi/${efi.scenario}.json`);
  return parseEfiMap(value, file);
}

async function loadMapping(settings: IdmapSettings): Promise<{ cores: MappingCore[]; code: MappingCode }> {
  const loaded = await loadProfiledCores(settings);
  return {
    cores: loaded.map(({ core, profile, kernel, kernels }) => mappingCore(core, profile, kernel, kernels)),
    code: { build: packageData.build(BUILD), estimates: packageData.idmapEstimates },
  };
}
