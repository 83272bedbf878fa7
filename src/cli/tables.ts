import { type Command, Option } from 'commander';
import { CPU_PRESETS, type CpuFeatures } from '../arm/cpu.js';
import { levelShift } from '../arm/descriptor.js';
import { hasWideBase } from '../arm/vttbr.js';
import type { TablesSummary } from '../report/ptdump-header.js';
import { type DumpedTables, readTables } from '../trace/index.js';
import { type ImageMemory, loadImage, type TableImage, type Translator } from '../walk/index.js';
import { cpuName } from './cpu-option.js';
import type { TablesHead } from './documents.js';
import { CliError, isInputError } from './errors.js';
import { inputName, openInput } from './io.js';
import { readMemoryFile } from './memory-files.js';
import { REGISTERS, registerOption } from './registers.js';

/** What commands that read tables are given. */
export interface TablesOptions {
  tables?: string;
  memory: string[];
  reg: ReadonlyMap<string, bigint>;
  cpu?: string;
}

/** Adds the options that say where tables are, and under which registers and CPU they are walked. */
export function addTablesOptions(command: Command): Command {
  const names = Object.keys(CPU_PRESETS);
  const cpu = new Option('--cpu <name>', 'CPU in place of the one that ID registers describe').choices(names);
  const memory = new Option(
    '--memory <file@pa>',
    'memory as it is, plain or gzip, at a PA: tables, or that of the guest; may be repeated',
  )
    .argParser((text: string, before: string[]) => [...before, text])
    .default([], 'none');
  const reg = new Option('--reg <name=value>', `register, repeated or with commas: ${REGISTERS.join(', ')}`)
    .argParser(registerOption)
    .default(new Map(), 'those of the dump');
  return command
    .option('--tables <file>', 'table dump, JSON or gzip; - reads standard input')
    .addOption(memory)
    .addOption(reg)
    .addOption(cpu.argParser(cpuName));
}

/** Tables in the memory of a machine. */
export interface LoadedTables {
  /** How messages call the file. */
  file: string;
  /** The name the tables have in it. */
  name: string;
  image: TableImage;
  /** Where the tables came from a dump. */
  dump?: DumpedTables;
  translator: Translator;
}

/** Reads the tables that the options name. Throws CliError or TraceError naming the file and the field. */
export async function loadTables(options: TablesOptions): Promise<LoadedTables> {
  const { tables, memory, reg, cpu } = options;
  if (tables === undefined && memory.length === 0) {
    throw new CliError(
      '--tables: missing, expected a table dump, or - for standard input; or --memory FILE@PA',
    );
  }
  const file = inputName(tables ?? memory[0] ?? '');
  const dump = tables === undefined ? undefined : await readTables(await openInput(tables), file);
  const pieces: ImageMemory[] = [];
  for (const each of memory) pieces.push(await readMemoryFile(each));
  const registers = new Map([...(dump?.registers.all ?? []), ...reg]);
  const image = imageOf(dump, pieces, registers, cpuOf(cpu, registers, reg));
  const translator = dump === undefined ? loadImage(image) : namingFile(file, () => loadImage(image));
  return { file, name: dump?.name ?? file, image, ...(dump === undefined ? {} : { dump }), translator };
}

function imageOf(
  dump: DumpedTables | undefined,
  memory: readonly ImageMemory[],
  all: ReadonlyMap<string, bigint>,
  cpu: CpuFeatures | undefined,
): TableImage {
  const hcr = all.get('HCR_EL2') ?? HCR_VM;
  const needed = (name: string): bigint => {
    const value = all.get(name);
    if (value !== undefined) return value;
    if ((hcr & HCR_VM) === 0n) return 0n;
    throw new CliError(`${name}: missing, expected --reg ${name}=VALUE, or a table dump that has it`);
  };
  const registers = { vtcr: needed('VTCR_EL2'), vttbr: needed('VTTBR_EL2'), hcr, all };
  return { tablePages: dump?.tablePages ?? [], memory, registers, ...(cpu === undefined ? {} : { cpu }) };
}

/** HCR_EL2 where none is given: stage 2 is on. */
const HCR_VM = 1n;
const ID = 'ID_AA64';

/** Undefined: what the ID registers say. Without any, the CPU with all features. */
function cpuOf(
  name: string | undefined,
  registers: ReadonlyMap<string, bigint>,
  given: ReadonlyMap<string, bigint>,
): CpuFeatures | undefined {
  const id = [...given.keys()].find((each) => each.startsWith(ID));
  if (name !== undefined && id !== undefined)
    throw new CliError(`--cpu: not with --reg ${id}, which describes a CPU too`);
  if (name !== undefined) return CPU_PRESETS[name];
  return [...registers.keys()].some((each) => each.startsWith(ID)) ? undefined : CPU_PRESETS.max;
}

/** Puts the name of the file in front of what `run` finds wrong with its content. */
export function namingFile<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (isInputError(error)) throw new CliError(`${name}: ${error.message}`);
    throw error;
  }
}

/** Name, registers and shape of loaded tables. */
export function tablesHead({ name, translator }: LoadedTables): TablesHead {
  return { tables: name, ...registersAndShape(translator) };
}

/** Registers and shape of tables. */
export function registersAndShape(translator: Translator): TablesSummary {
  const { vtcr, vttbr, hcr } = translator.registers;
  const { valid, granuleShift, layout, iaBits, oaBits, startLevel, stride } = translator.regime;
  const startIndexBits = valid ? iaBits - levelShift(granuleShift, startLevel) : 0;
  const registers = { vtcr, vttbr, hcr };
  const wideBase = hasWideBase(vtcr, layout);
  const shape = { valid, granuleShift, wideBase, iaBits, oaBits, startLevel, startIndexBits, stride };
  return { registers, ...shape };
}
