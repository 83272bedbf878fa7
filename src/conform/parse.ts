import type { CpuFeatures } from '../arm/cpu.js';
import { hex } from '../core/error.js';
import { TraceError } from '../trace/error.js';
import { checkJson } from '../trace/json.js';
import type { MemoryRange, Query, VectorCase, VectorFile } from './file.js';
import { type Refuse, recordedQuery } from './recorded.js';
import { registersOf } from './registers.js';
import {
  fileSchema,
  type RawFeatures,
  type RawFile,
  type RawMemory,
  type RawRegisters,
  recordedCase,
  specCase,
} from './schema.js';
import { specQuery } from './spec.js';

const PAGE = 4096n;
const WORD = 8n;
const PA_END = 1n << 52n;

/**
 * Recorded translations from the JSON value of a file `name`.
 * @throws TraceError that names the file, the case and the field, with what was found and what was expected
 */
export function parseVectors(value: unknown, name: string): VectorFile {
  const raw = checkJson(fileSchema, value, name);
  const ram = ramOf(raw, name);
  const cases = raw.cases.map((each, index) => {
    const place = `${name}: cases[${index}] (${each.name})`;
    return caseOf(raw.format, each, ram, place);
  });
  return { name, format: raw.format, cpu: cpuOf(raw.features), ram, cases };
}

function cpuOf({ pa_bits, ...features }: RawFeatures): CpuFeatures {
  return { paMax: pa_bits, ...features };
}

function ramOf({ ram }: RawFile, file: string): MemoryRange[] {
  const ranges = ram.map(([pa, size]) => ({ pa, size }));
  for (const [index, range] of ranges.entries()) checkRange(range, { file, field: `ram[${index}]` });
  const sorted = ranges.sort((a, b) => (a.pa < b.pa ? -1 : 1));
  for (const [i, { pa, size }] of sorted.entries()) {
    const next = sorted[i + 1];
    if (next !== undefined && pa + size > next.pa) {
      throw new TraceError({ file, field: 'ram' }, `found two banks at ${hex(next.pa)}, expected one`);
    }
  }
  return sorted;
}

function checkRange({ pa, size }: MemoryRange, place: { file: string; field: string }): void {
  const aligned = pa % PAGE === 0n && size % PAGE === 0n;
  if (aligned && size > 0n && pa + size <= PA_END) return;
  const found = `found ${hex(size)} bytes at ${hex(pa)}`;
  throw new TraceError(place, `${found}, expected whole pages of 4 KiB below 2^52`);
}

function caseOf(
  format: VectorFile['format'],
  raw: { name: string },
  ram: readonly MemoryRange[],
  file: string,
): VectorCase {
  if (format === 'a64-s2-spec/1') {
    const parsed = checkJson(specCase, raw, file);
    return convertCase(parsed, parsed.queries, specQuery, ram, file);
  }
  const parsed = checkJson(recordedCase, raw, file);
  return convertCase(parsed, parsed.queries, recordedQuery, ram, file);
}

function convertCase<Raw>(
  { name, registers, memory }: { name: string; registers: RawRegisters; memory: RawMemory },
  queries: readonly Raw[],
  convert: (raw: Raw, refuse: Refuse) => Query,
  ram: readonly MemoryRange[],
  file: string,
): VectorCase {
  return {
    name,
    registers: registersOf(registers),
    memory: wordsOf(memory, ram, file),
    queries: queries.map((query, index) =>
      convert(query, (field, problem) => {
        throw new TraceError({ file, field: `queries[${index}].${field}` }, problem);
      }),
    ),
  };
}

/** The words by address; each must be in RAM, and listed once. */
function wordsOf(memory: RawMemory, ram: readonly MemoryRange[], file: string): Map<bigint, bigint> {
  const words = new Map<bigint, bigint>();
  for (const [index, run] of memory.entries()) {
    const field = `memory[${index}].pa`;
    if (run.pa % WORD !== 0n) {
      throw new TraceError({ file, field }, `found ${hex(run.pa)}, expected a multiple of 8`);
    }
    for (const [i, word] of run.u64.entries()) {
      const pa = run.pa + BigInt(i) * WORD;
      if (!ram.some((range) => pa >= range.pa && pa < range.pa + range.size)) {
        throw new TraceError(
          { file, field },
          `found a word at ${hex(pa)}, expected all in ${rangesText(ram)}`,
        );
      }
      if (words.has(pa)) {
        throw new TraceError({ file, field }, `found a second word at ${hex(pa)}, expected one`);
      }
      words.set(pa, word);
    }
  }
  return words;
}

function rangesText(ram: readonly MemoryRange[]): string {
  const ranges = ram.map(({ pa, size }) => `[${hex(pa)}, ${hex(pa + size)})`);
  return ranges.length === 0 ? 'ram, which is empty' : `ram ${ranges.join(', ')}`;
}
