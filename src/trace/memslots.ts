import * as v from 'valibot';
import { classifyBacking } from './backing.js';
import { checkJson, parseJson } from './json.js';
import { checkSlots } from './memslot-rules.js';
import type { CapturedSlot, CapturedVm, Memslots } from './memslot-types.js';
import { parseMmioRange } from './mmio-range.js';
import { arrayOf, hex64, lineNumber, objectOf, text, wholeNumber } from './schema.js';
import { readText } from './text.js';

const vmNumber = wholeNumber(0, 0xffff_ffff);
const slotNumber = wholeNumber(0, 0x7fff);
const flags = wholeNumber(0, 0xffff_ffff);
const ipaBits = wholeNumber(25, 52);
const pageSize = v.picklist([4096, 16384, 65536], 'a page size: 4096, 16384 or 65536');

const vmSchema = v.pipe(
  objectOf({
    vm: vmNumber,
    ipa_bits: ipaBits,
    created_line: lineNumber,
    destroyed_line: v.nullable(lineNumber),
  }),
  v.transform(
    (row): CapturedVm => ({
      vm: row.vm,
      ipaBits: row.ipa_bits,
      createdLine: row.created_line,
      destroyedLine: row.destroyed_line,
    }),
  ),
);

const slotSchema = v.pipe(
  objectOf({
    vm: vmNumber,
    slot: slotNumber,
    gpa: hex64,
    size: hex64,
    flags,
    hva: hex64,
    backing: text,
    op: v.nullish(text, null),
    phase: v.nullish(text, null),
    from_line: lineNumber,
    until_line: v.nullable(lineNumber),
  }),
  v.transform(({ from_line, until_line, ...row }): CapturedSlot => {
    const { kind: backingKind, hugeShift } = classifyBacking(row.backing);
    return { ...row, backingKind, hugeShift, fromLine: from_line, untilLine: until_line };
  }),
);

const memslotsSchema = v.pipe(
  objectOf({
    trace: text,
    kernel: text,
    cpu: text,
    host_page_size: pageSize,
    vms: arrayOf(vmSchema),
    slots: arrayOf(slotSchema),
    phases: arrayOf(objectOf({ line: lineNumber, phase: text })),
    host_operations: arrayOf(objectOf({ line: lineNumber, phase: v.nullish(text, null), op: text })),
    dumps: arrayOf(objectOf({ line: lineNumber, name: text })),
    mmio_ranges: v.record(text, text, 'an object'),
  }),
  v.transform(
    ({ host_page_size, host_operations, mmio_ranges, ...rest }): Memslots => ({
      ...rest,
      hostPageSize: host_page_size,
      hostOperations: host_operations,
      mmioRanges: Object.entries(mmio_ranges).map(([range, what]) => parseMmioRange(range, what)),
    }),
  ),
);

/**
 * A `*.memslots.json`, plain or gzip.
 * @throws TraceError as {@link parseMemslots}, and on damaged gzip data
 */
export async function readMemslots(source: AsyncIterable<Uint8Array>, name: string): Promise<Memslots> {
  return parseMemslots(await readText(source, name), name);
}

/**
 * The text of a `*.memslots.json`.
 * @throws TraceError on text that is no JSON, on a field of another shape, and on slots that KVM would not have taken:
 * unaligned, empty, beyond 52 bits, or two of one VM in the same place at the same time
 */
export function parseMemslots(json: string, name: string): Memslots {
  const memslots = checkJson(memslotsSchema, parseJson(json, name), name);
  checkSlots(memslots.slots, memslots.hostPageSize, name);
  return memslots;
}
