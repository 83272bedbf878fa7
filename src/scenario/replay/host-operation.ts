import type { DifferenceTally } from './differences.js';
import type { World } from './world.js';

/** KVM_GET_DIRTY_LOG calls that the slots file has, made again. */
export interface DirtyLogs {
  /** Calls that returned 0. */
  captured: number;
  /** Those that give as many dirty pages in v4.13. */
  equal: number;
}

const GET_DIRTY_LOG = /^KVM_GET_DIRTY_LOG slot=(\d+) rc=0 dirty_pages=(\d+)/;
const CLEAR_DIRTY_LOG = /^KVM_CLEAR_DIRTY_LOG slot=\d+/;
const MPROTECT = /^mprotect\(hva=(0x[0-9a-f]+),(R|RW|READ|NONE)\)/i;

/**
 * Does what a host operation of the slots file says. Most of them (madvise, fork, reclaim) show by what they do to
 * memory, which the trace has as events of its own; only those that do not are done here.
 */
export function hostOperation(
  world: World,
  { op, line }: { op: string; line: number },
  logs: DirtyLogs,
  differences: DifferenceTally,
): void {
  const get = GET_DIRTY_LOG.exec(op);
  if (get !== null) {
    logs.captured += 1;
    const reason = getDirtyLog(world, Number(get[1]), Number(get[2]));
    if (reason === undefined) logs.equal += 1;
    else differences.add('host', reason, line);
  }
  if (CLEAR_DIRTY_LOG.test(op)) {
    const reason =
      'KVM_CLEAR_DIRTY_LOG: v4.13 has none, its KVM_GET_DIRTY_LOG protects again itself; not done';
    differences.add('host', reason, line);
  }
  const protect = MPROTECT.exec(op);
  if (protect !== null) world.protect(BigInt(protect[1] ?? 0), /W/i.test(protect[2] ?? ''));
}

/** Reads the dirty log of slot `id`. What is not as captured, or undefined. */
function getDirtyLog(world: World, id: number, captured: number): string | undefined {
  const vm = world.live?.vm;
  if (vm === undefined || vm.slots.get(id).dirtyBitmap === 0) {
    return 'KVM_GET_DIRTY_LOG of a slot that keeps no dirty log in v4.13';
  }
  const dirty = vm.getDirtyLog(id).reduce((sum, byte) => sum + bitsOf(byte), 0);
  if (dirty === captured) return undefined;
  return `KVM_GET_DIRTY_LOG gives another number of dirty pages: ${captured} captured, ${dirty} in v4.13`;
}

function bitsOf(byte: number): number {
  let bits = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) bits += 1;
  return bits;
}
