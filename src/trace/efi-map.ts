import * as v from 'valibot';
import type { EfiMap, EfiRegion, EfiTouch } from './efi-map-types.js';
import { oneLine, TraceError } from './error.js';
import { checkJson } from './json.js';
import { arrayOf, hex64, objectOf, text, wholeNumber } from './schema.js';

const FORMAT = 'stage2-efi-map/1';
/** Memory types of the UEFI specification, section 7.2. */
const TYPES = [
  'ReservedMemoryType',
  'LoaderCode',
  'LoaderData',
  'BootServicesCode',
  'BootServicesData',
  'RuntimeServicesCode',
  'RuntimeServicesData',
  'ConventionalMemory',
  'UnusableMemory',
  'ACPIReclaimMemory',
  'ACPIMemoryNVS',
  'MemoryMappedIO',
  'MemoryMappedIOPortSpace',
  'PalCode',
  'PersistentMemory',
] as const;
/** Types that the kernel takes as its own memory; the others it leaves out of its linear map. */
const USABLE = new Set<string>([
  'LoaderCode',
  'LoaderData',
  'BootServicesCode',
  'BootServicesData',
  'ConventionalMemory',
  'PersistentMemory',
]);
const CACHEABLE = ['WB', 'WT', 'WC'];
const ATTRIBUTES = new Set([
  ...CACHEABLE,
  'RUN',
  'UC',
  'UCE',
  'WP',
  'RP',
  'XP',
  'RO',
  'NV',
  'MR',
  'SP',
  'CC',
]);
const ACCESSES = ['read', 'write', 'execute'] as const;
const CONFIDENCES = ['D', 'M', 'R', 'E'] as const;
const PAGE = 4096n;
/** Runtime regions are slots, of which the kernel has 256 for itself. */
const SLOTS = 256;
const REGIONS_MAX = 4096;
/** Above it the emulator has its own tables. */
const PA_END = (1n << 48n) - (1n << 32n);
/** Of all runtime regions together: far above any firmware. */
const RUNTIME_MAX = 4n << 30n;
const TOUCHED_MAX = 4096;
const ATTRIBUTES_TEXT = 'attributes with blanks between, such as "RUN WB WT WC UC"';

const pages = wholeNumber(0, TOUCHED_MAX);
const attributes = v.pipe(
  v.string(ATTRIBUTES_TEXT),
  v.check((list) => wordsOf(list).every((word) => ATTRIBUTES.has(word)), ATTRIBUTES_TEXT),
  v.transform(wordsOf),
);

const region = v.pipe(
  objectOf({
    type: v.picklist(TYPES, `a memory type of UEFI: ${TYPES.join(', ')}`),
    pa: hex64,
    size: hex64,
    attributes,
    what: v.optional(text),
  }),
  v.transform((row): EfiRegion => {
    const cacheable = row.attributes.some((word) => CACHEABLE.includes(word));
    const kind = cacheable ? 'memory' : row.type.startsWith('MemoryMapped') ? 'device' : 'none';
    const { type, pa, size, what = row.type } = row;
    const usable = cacheable && USABLE.has(row.type);
    return { type, pa, size, what, kind, usable, runtime: row.attributes.includes('RUN') };
  }),
);

const schema = objectOf({
  format: v.literal(FORMAT, FORMAT),
  about: text,
  source: arrayOf(text),
  ipaBits: v.optional(wholeNumber(32, 48), 40),
  regions: arrayOf(region),
  call: v.nullish(
    objectOf({
      name: text,
      about: text,
      conf: v.picklist(CONFIDENCES, 'D, M, R or E'),
      src: arrayOf(text),
      touches: arrayOf(
        objectOf({
          what: text,
          pa: hex64,
          access: v.picklist(ACCESSES, ACCESSES.join(', ')),
          pages: objectOf({ v: pages, lo: pages, hi: pages }),
        }),
      ),
    }),
    null,
  ),
});

/**
 * The EFI memory map of a JSON value. The form: src/data/README.md.
 * @throws TraceError that names the first field that does not fit, what was found and what was expected
 */
export function parseEfiMap(value: unknown, file: string): EfiMap {
  const { format: _, ...map } = checkJson(schema, value, file);
  const fail = (field: string, problem: string): never => {
    throw new TraceError({ file, field }, oneLine(problem));
  };
  if (map.regions.length > REGIONS_MAX)
    fail('regions', `found ${map.regions.length}, expected at most ${REGIONS_MAX}`);
  const sorted = map.regions.map((row, i) => ({ ...row, i })).sort((a, b) => (a.pa < b.pa ? -1 : 1));
  for (const [k, { pa, size, i }] of sorted.entries()) {
    if ((pa | size) % PAGE !== 0n || size === 0n || pa + size > PA_END)
      fail(`regions[${i}]`, `found ${show({ pa, size })}, expected whole pages of 4 KiB below 2^48 - 2^32`);
    const before = sorted[k - 1];
    if (before !== undefined && before.pa + before.size > pa)
      fail(`regions[${i}]`, `found ${show({ pa, size })}, expected it not to overlap regions[${before.i}]`);
  }
  const runtime = sorted.filter((row) => row.runtime);
  if (runtime.length === 0) fail('regions', 'found none with the attribute RUN, expected one at least');
  if (runtime.length > SLOTS)
    fail('regions', `found ${runtime.length} with the attribute RUN, expected at most ${SLOTS}`);
  const bytes = runtime.reduce((sum, { size }) => sum + size, 0n);
  if (bytes > RUNTIME_MAX)
    fail('regions', `found ${bytes} bytes with the attribute RUN, expected at most 4 GiB together`);
  for (const [i, touch] of (map.call?.touches ?? []).entries()) checkTouch(touch, i, runtime, fail);
  return { ...map, regions: sorted.map(({ i: _index, ...row }) => row) };
}

function checkTouch(
  { pa, pages: n }: EfiTouch,
  i: number,
  runtime: readonly EfiRegion[],
  fail: (field: string, problem: string) => never,
): void {
  const field = `call.touches[${i}]`;
  if (!(n.lo <= n.v && n.v <= n.hi))
    fail(`${field}.pages`, `found ${n.lo} <= ${n.v} <= ${n.hi}, expected a range`);
  const end = pa + BigInt(n.hi) * PAGE;
  if (pa % PAGE !== 0n || !runtime.some((row) => row.pa <= pa && end <= row.pa + row.size)) {
    fail(
      field,
      `found ${n.hi} pages at 0x${pa.toString(16)}, expected pages of one region with the attribute RUN`,
    );
  }
}

function wordsOf(list: string): string[] {
  return list.split(' ').filter((word) => word !== '');
}

function show({ pa, size }: { pa: bigint; size: bigint }): string {
  return `0x${pa.toString(16)}+0x${size.toString(16)}`;
}
