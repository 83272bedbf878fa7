import type { Cursor } from './cursor.js';
import type { EventBody } from './event.js';

/** What the capturing VMM puts before everything it writes to trace_marker. */
const KT = 'KT ';

/** Text written to trace_marker: a KT line, by its form, or a plain marker. */
export function parseMarker(cursor: Cursor): EventBody {
  if (!cursor.accept(KT)) return { kind: 'marker', text: cursor.rest() };
  if (cursor.accept('vm_create ')) return parseVmCreate(cursor);
  if (cursor.accept('vm_destroy')) return parseVmDestroy(cursor);
  if (cursor.accept('memslot ')) return parseMemslot(cursor);
  if (cursor.accept('phase=')) return { kind: 'phase', phase: cursor.rest() };
  cursor.accept('hostop ');
  return { kind: 'hostOp', text: cursor.rest() };
}

function parseVmCreate(cursor: Cursor): EventBody {
  cursor.expect('vm=');
  const vm = cursor.decimal();
  cursor.expect(' ipa_bits=');
  const ipaBits = cursor.decimal();
  cursor.end();
  return { kind: 'vmCreate', vm, ipaBits };
}

function parseVmDestroy(cursor: Cursor): EventBody {
  if (!cursor.accept(' vm=')) {
    cursor.end();
    return { kind: 'vmDestroy' };
  }
  const vm = cursor.decimal();
  cursor.end();
  return { kind: 'vmDestroy', vm };
}

/** The fields stand in a fixed order; `backing` is free text that may hold ` flags=0`, so `rc` is the last one. */
function parseMemslot(cursor: Cursor): EventBody {
  cursor.expect('op=');
  const op = cursor.until(' slot=');
  const slot = cursor.decimal();
  cursor.expect(' gpa=');
  const gpa = cursor.hex();
  cursor.expect(' size=');
  const size = cursor.hex();
  cursor.expect(' flags=');
  const flags = cursor.hex32();
  cursor.expect(' hva=');
  const hva = cursor.hex();
  cursor.expect(' backing=');
  const backing = cursor.untilLast(' rc=');
  const rc = cursor.decimal();
  cursor.end();
  return { kind: 'memslotMarker', op, slot, gpa, size, flags, hva, backing, rc };
}
