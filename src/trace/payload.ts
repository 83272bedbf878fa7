import type { Cursor } from './cursor.js';
import type { EventBody, MmioEvent } from './event.js';

/** Reads the payload of one event; what it returns counts only if the cursor did not fail. */
export type PayloadParser = (cursor: Cursor) => EventBody;

/** Fewest digits of a number that the kernel prints with `%#08lx`, the narrowest padding it ever used here. */
const PADDED_DIGITS_MIN = 6;

/** Parsers of the KVM trace points, by name (include/trace/events/kvm.h, arch/arm64/kvm/trace_arm.h; 6.1 and 6.12). */
export const KVM_PAYLOADS: ReadonlyMap<string, PayloadParser> = new Map<string, PayloadParser>([
  ['kvm_exit', parseExit],
  ['kvm_entry', parseEntry],
  ['kvm_guest_fault', parseGuestFault],
  ['kvm_access_fault', parseAccessFault],
  ['kvm_mmio', parseMmio],
  ['kvm_mmio_nisv', parseMmioNisv],
  ['kvm_userspace_exit', parseUserspaceExit],
  ['kvm_unmap_hva_range', (cursor) => parseHvaRange(cursor, 'unmapHvaRange', 'unmap range')],
  ['kvm_age_hva', (cursor) => parseHvaRange(cursor, 'ageHva', 'age hva')],
  ['kvm_set_spte_hva', (cursor) => parseHva(cursor, 'setSpteHva', 'set pte hva')],
  ['kvm_test_age_hva', (cursor) => parseHva(cursor, 'testAgeHva', 'test age hva')],
]);

/**
 * Steps over what the x86 plugin of `trace-cmd report` puts before arm64 payloads: `CAN'T FIND FIELD "vcpu_id"` and
 * `<CANT FIND FIELD rip>`.
 */
function skipPluginNoise(cursor: Cursor): void {
  for (;;) {
    if (cursor.accept('<CANT FIND FIELD ')) cursor.until('>');
    else if (cursor.accept('CAN\'T FIND FIELD "')) cursor.until('"');
    else return;
  }
}

function parseExit(cursor: Cursor): EventBody {
  skipPluginNoise(cursor);
  const code = cursor.until(': HSR_EC: ');
  const ec = cursor.hex32();
  cursor.expect(' (');
  cursor.until('), PC: ');
  const pc = cursor.hex(PADDED_DIGITS_MIN);
  cursor.end();
  return { kind: 'exit', code, ec, pc };
}

function parseEntry(cursor: Cursor): EventBody {
  skipPluginNoise(cursor);
  cursor.expect('PC: ');
  const pc = cursor.hex(PADDED_DIGITS_MIN);
  cursor.end();
  return { kind: 'entry', pc };
}

function parseGuestFault(cursor: Cursor): EventBody {
  cursor.expect('ipa ');
  const ipa = cursor.hex();
  cursor.expect(', hsr ');
  const esr = cursor.hex();
  cursor.expect(', hxfar ');
  const far = cursor.hex();
  cursor.expect(', pc ');
  const pc = cursor.hex(PADDED_DIGITS_MIN);
  cursor.end();
  return { kind: 'guestFault', ipa, esr, far, pc };
}

function parseAccessFault(cursor: Cursor): EventBody {
  cursor.expect('IPA: ');
  const ipa = cursor.hex();
  cursor.end();
  return { kind: 'accessFault', ipa };
}

function parseMmio(cursor: Cursor): EventBody {
  cursor.expect('mmio ');
  const op = parseMmioOp(cursor);
  cursor.expect(' len ');
  const len = cursor.decimal();
  cursor.expect(' gpa ');
  const gpa = cursor.hex();
  cursor.expect(' val ');
  const val = cursor.hex();
  cursor.end();
  return { kind: 'mmio', op, len, gpa, val };
}

function parseMmioOp(cursor: Cursor): MmioEvent['op'] {
  if (cursor.accept('read')) return 'read';
  if (cursor.accept('unsatisfied-read')) return 'unsatisfied-read';
  cursor.expect('write');
  return 'write';
}

function parseMmioNisv(cursor: Cursor): EventBody {
  cursor.expect('ipa ');
  const ipa = cursor.hex();
  cursor.expect(', esr ');
  const esr = cursor.hex();
  cursor.expect(', far ');
  const far = cursor.hex();
  cursor.expect(', pc ');
  const pc = cursor.hex(PADDED_DIGITS_MIN);
  cursor.end();
  return { kind: 'mmioNisv', ipa, esr, far, pc };
}

function parseUserspaceExit(cursor: Cursor): EventBody {
  cursor.expect('reason ');
  const reason = cursor.until(' (');
  const code = cursor.decimal();
  cursor.expect(')');
  cursor.end();
  return { kind: 'userspaceExit', reason, code };
}

function parseHvaRange(cursor: Cursor, kind: 'unmapHvaRange' | 'ageHva', words: string): EventBody {
  cursor.expect(`mmu notifier ${words}: `);
  const start = cursor.hex();
  cursor.expect(' -- ');
  const end = cursor.hex(PADDED_DIGITS_MIN);
  cursor.end();
  return { kind, start, end };
}

function parseHva(cursor: Cursor, kind: 'setSpteHva' | 'testAgeHva', words: string): EventBody {
  cursor.expect(`mmu notifier ${words}: `);
  const hva = cursor.hex(PADDED_DIGITS_MIN);
  cursor.end();
  return { kind, hva };
}
