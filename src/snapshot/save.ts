import { checkLive } from '../core/check.js';
import { Stage2Error } from '../core/error.js';
import { Machine } from '../core/machine.js';
import { checkState } from './check.js';
import { encodeFile } from './file.js';
import { objectsOf } from './objects.js';
import { readPages } from './pages.js';
import { Problem } from './problem.js';
import { sorted, unsavedRanges } from './ranges.js';
import { writeTable } from './table.js';
import { unusedTlbBytes } from './tlbs.js';

/**
 * The whole of a machine between two operations as the bytes of a file: its memory, and what the host knows of its
 * address spaces, VMs, vcpus, translators, cores and TLBs. It changes nothing. The same state gives the same bytes,
 * wherever the machine lies and whatever runs it. Throws EINVAL while a log of faults is attached, and for a state that
 * could not be restored because something else wrote to the core's records.
 */
export function saveSnapshot(machine: Machine): Uint8Array {
  const objects = objectsOf(checkLive('machine', machine, Machine, 'Machine'));
  try {
    checkState(objects);
  } catch (error) {
    if (error instanceof Problem) throw new Stage2Error('EINVAL', `snapshot: ${error.message}`);
    throw error;
  }
  const unsaved = sorted([...unsavedRanges(objects), ...objects.cores.flatMap(unusedTlbBytes)]);
  return encodeFile({
    accounted: machine.accounted,
    machineBytes: machine.bytes,
    host: writeTable(objects),
    pages: readPages(machine, unsaved),
  });
}
