import * as v from 'valibot';
import type { Dump, DumpedTables, DumpGeometry, DumpRegisters, DumpTable } from './dump-types.js';
import { show, TraceError } from './error.js';
import { checkJson, parseJson } from './json.js';
import { arrayOf, hex64, objectOf, text, wholeNumber } from './schema.js';
import { readText } from './text.js';

const bit = wholeNumber(0, 1);
const twoBits = wholeNumber(0, 3);
const fourBits = wholeNumber(0, 15);
const bits = wholeNumber(0, 64);
const level = wholeNumber(-1, 3);

const geometrySchema = v.pipe(
  objectOf({
    granule: v.picklist([4096, 16384, 65536], 'a granule: 4096, 16384 or 65536'),
    t0sz: bits,
    ia_bits: bits,
    start_level: level,
    start_index_bits: bits,
    start_tables: wholeNumber(1, 16),
    pa_bits: bits,
    ds: bit,
    sl0: twoBits,
    sl2: bit,
    ha: bit,
    hd: bit,
    vs16: bit,
    sh0: twoBits,
    orgn0: twoBits,
    irgn0: twoBits,
  }),
  v.transform(
    ({ ia_bits, start_level, start_index_bits, start_tables, pa_bits, ...rest }): DumpGeometry => ({
      ...rest,
      iaBits: ia_bits,
      startLevel: start_level,
      startIndexBits: start_index_bits,
      startTables: start_tables,
      paBits: pa_bits,
    }),
  ),
);

const registersSchema = v.pipe(
  v.objectWithRest({ VTCR_EL2: hex64, VTTBR_EL2: hex64, HCR_EL2: hex64 }, hex64, 'an object'),
  v.transform(
    (all): DumpRegisters => ({
      vtcr: all.VTCR_EL2,
      vttbr: all.VTTBR_EL2,
      hcr: all.HCR_EL2,
      all: new Map(Object.entries(all)),
    }),
  ),
);

const tableSchema = objectOf({
  pa: hex64,
  level,
  ipa_base: hex64,
  n_entries: wholeNumber(1, 1 << 17),
  entries: v.record(v.pipe(text, v.regex(/^\d{1,6}$/, 'a decimal index')), hex64, 'an object'),
});

const mappingSchema = objectOf({
  ipa: hex64,
  pa: hex64,
  level,
  size: hex64,
  desc: hex64,
  s2ap: twoBits,
  r: bit,
  w: bit,
  xn: twoBits,
  af: bit,
  memattr: fourBits,
  contig: bit,
  dbm: bit,
  sw: fourBits,
  sh: twoBits,
});

const tables = { key_registers: registersSchema, table_pages: arrayOf(tableSchema) };
const mappings = arrayOf(mappingSchema);
const tablesSchema = objectOf({ ...tables, name: v.optional(text), mappings: v.optional(mappings) });
const dumpSchema = objectOf({
  ...tables,
  name: text,
  trace: text,
  geometry: geometrySchema,
  vmid: wholeNumber(0, 0xffff),
  mappings,
});

/**
 * A table dump, plain or gzip.
 * @throws TraceError as {@link parseDump}, and on damaged gzip data
 */
export async function readDump(source: AsyncIterable<Uint8Array>, name: string): Promise<Dump> {
  return parseDump(await readText(source, name), name);
}

/**
 * The text of a table dump with all that a replay is compared with. Fields that are not known are ignored.
 * @throws TraceError on text that is no JSON and on the first field that is missing or of another type or range
 */
export function parseDump(json: string, name: string): Dump {
  const {
    key_registers: registers,
    table_pages: tables,
    ...rest
  } = checkJson(dumpSchema, dumpJson(json, name), name);
  return { ...rest, registers, tablePages: toTables(tables, name) };
}

/**
 * The tables of a dump, plain or gzip.
 * @throws TraceError as {@link parseTables}, and on damaged gzip data
 */
export async function readTables(source: AsyncIterable<Uint8Array>, name: string): Promise<DumpedTables> {
  return parseTables(await readText(source, name), name);
}

/**
 * The text of a table dump, of which registers and tables are enough. Fields that are not known are ignored.
 * @throws TraceError on text that is no JSON or no dump, and on the first field of another type or range
 */
export function parseTables(json: string, name: string): DumpedTables {
  const read = checkJson(tablesSchema, dumpJson(json, name), name);
  return {
    name: read.name ?? name,
    registers: read.key_registers,
    tablePages: toTables(read.table_pages, name),
    ...(read.mappings === undefined ? {} : { mappings: read.mappings }),
  };
}

/** JSON that means to be a dump. */
function dumpJson(json: string, file: string): object {
  const value = parseJson(json, file);
  if (typeof value === 'object' && value !== null && 'table_pages' in value) return value;
  throw new TraceError({ file }, 'found no table dump, expected JSON with key_registers and table_pages');
}

const toTables = (tables: readonly v.InferOutput<typeof tableSchema>[], file: string): DumpTable[] =>
  tables.map((table, i) => toTable(table, i, file));

function toTable(table: v.InferOutput<typeof tableSchema>, index: number, file: string): DumpTable {
  const { pa, level, ipa_base: ipaBase, n_entries: nEntries } = table;
  const entries = new Map(Object.entries(table.entries).map(([key, desc]) => [Number(key), desc]));
  for (const entry of entries.keys()) {
    if (entry < nEntries) continue;
    const field = `table_pages[${index}].entries`;
    throw new TraceError(
      { file, field },
      `found index ${show(entry)}, expected one below n_entries ${nEntries}`,
    );
  }
  return { pa, level, ipaBase, nEntries, entries };
}
