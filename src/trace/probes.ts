import type { Cursor } from './cursor.js';
import type { EventBody } from './event.js';
import type { PayloadParser } from './payload.js';

/**
 * Parsers of the kprobes on memory regions and stage-2 page tables, by probe name. Their arguments are `key=value`
 * pairs, found by key, so a probe may fetch more than is read here.
 */
export const PROBE_PAYLOADS: ReadonlyMap<string, PayloadParser> = new Map<string, PayloadParser>([
  ['s2_map', parseMap],
  ['s2_map_ret', parseMapRet],
  ['s2_unmap', (cursor) => parseRange(cursor, 's2Unmap')],
  ['s2_wrprotect', (cursor) => parseRange(cursor, 's2WrProtect')],
  ['s2_relax', parseRelax],
  ['s2_relax_perms', parseRelax],
  ['s2_mkold', parseMkOld],
  ['s2_test_clear_young', parseMkOld],
  ['kvm_memslot', parseMemslot],
]);

function parseMap(cursor: Cursor): EventBody {
  skipSymbol(cursor);
  const ipa = hexOf(cursor, 'ipa');
  const size = hexOf(cursor, 'size');
  const phys = hexOf(cursor, 'phys');
  const prot = hex32Of(cursor, 'prot');
  return { kind: 's2Map', ipa, size, phys, prot };
}

function parseMapRet(cursor: Cursor): EventBody {
  skipSymbol(cursor);
  cursor.key('ret');
  const ret = cursor.int();
  cursor.endOfValue();
  return { kind: 's2MapRet', ret };
}

function parseRange(cursor: Cursor, kind: 's2Unmap' | 's2WrProtect'): EventBody {
  skipSymbol(cursor);
  const ipa = hexOf(cursor, 'ipa');
  const size = hexOf(cursor, 'size');
  return { kind, ipa, size };
}

function parseRelax(cursor: Cursor): EventBody {
  skipSymbol(cursor);
  const ipa = hexOf(cursor, 'ipa');
  const prot = hex32Of(cursor, 'prot');
  return { kind: 's2Relax', ipa, prot };
}

function parseMkOld(cursor: Cursor): EventBody {
  skipSymbol(cursor);
  const ipa = hexOf(cursor, 'ipa');
  if (!cursor.hasKey('size')) return { kind: 's2MkOld', ipa };
  return { kind: 's2MkOld', ipa, size: hexOf(cursor, 'size') };
}

function parseMemslot(cursor: Cursor): EventBody {
  skipSymbol(cursor);
  cursor.key('slot');
  const slot = cursor.decimal();
  cursor.endOfValue();
  const flags = hex32Of(cursor, 'flags');
  const gpa = hexOf(cursor, 'gpa');
  const size = hexOf(cursor, 'size');
  const hva = hexOf(cursor, 'hva');
  return { kind: 'memslotProbe', slot, flags, gpa, size, hva };
}

/** `(kvm_pgtable_stage2_map+0x0/0x1a0)`, or the raw address that `trace-cmd report` prints instead. */
function skipSymbol(cursor: Cursor): void {
  cursor.expect('(');
  cursor.until(')');
}

function hexOf(cursor: Cursor, key: string): bigint {
  cursor.key(key);
  const value = cursor.hex();
  cursor.endOfValue();
  return value;
}

function hex32Of(cursor: Cursor, key: string): number {
  cursor.key(key);
  const value = cursor.hex32();
  cursor.endOfValue();
  return value;
}
