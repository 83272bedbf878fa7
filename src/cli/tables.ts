import { levelShift } from '../arm/descriptor.js';
import { hasWideBase } from '../arm/vttbr.js';
import type { TablesSummary } from '../report/ptdump-header.js';
import { type Dump, readDump } from '../trace/index.js';
import { loadImage } from '../walk/image.js';
import type { Translator } from '../walk/translator.js';
import { CliError, isInputError } from './errors.js';
import { inputName, openInput } from './io.js';

/** A table dump in the memory of a machine. */
export interface LoadedTables {
  /** How messages call the file. */
  file: string;
  dump: Dump;
  translator: Translator;
}

/** Reads the dump at `path` (`-`: standard input). Throws CliError or TraceError naming the file and the field. */
export async function loadTables(path: string | undefined): Promise<LoadedTables> {
  if (path === undefined)
    throw new CliError('--tables: missing, expected a table dump, or - for standard input');
  const name = inputName(path);
  const dump = await readDump(await openInput(path), name);
  return namingFile(name, () => ({ file: name, dump, translator: loadImage(dump) }));
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

/** Registers and shape of loaded tables. */
export function tablesSummary({ translator }: LoadedTables): TablesSummary {
  const { vtcr, vttbr, hcr } = translator.registers;
  const { valid, granuleShift, layout, iaBits, oaBits, startLevel, stride } = translator.regime;
  const startIndexBits = valid ? iaBits - levelShift(granuleShift, startLevel) : 0;
  const registers = { vtcr, vttbr, hcr };
  const wideBase = hasWideBase(vtcr, layout);
  return { registers, valid, granuleShift, wideBase, iaBits, oaBits, startLevel, startIndexBits, stride };
}
