import { Disposition } from '../../abi/kvm.js';
import type { ExitResult } from '../../kvm/index.js';
import { errnoText } from './errno.js';
import { isS1ptw } from './syndrome.js';
import type { FaultWindow } from './windows.js';

/** What is known of the slot that a fault hit. */
export interface FaultedSlot {
  /** v4.13 refused it, so it is not there. */
  refused: boolean;
  readOnly: boolean;
}

const BLOCK = 2n << 20n;
/** What `trace-cmd report` makes of a failed KVM_RUN: the errno is lost. */
const UNKNOWN_REASON = 'KVM_EXIT_UNKNOWN';

/** How the captured kernel answered; undefined if the trace does not show it. */
function capturedAnswer({ end, mmio }: FaultWindow): string | undefined {
  if (end === undefined) return undefined;
  if (end.kind === 'entry') return mmio === undefined ? 'resumes the guest' : 'device access in the kernel';
  if (end.reason === 'error') return `KVM_RUN fails with ${errnoText(-end.code)}`;
  if (end.reason === UNKNOWN_REASON) return undefined;
  return mmio === undefined ? `exit to user space, ${end.reason}` : 'device access in user space';
}

/** How v4.13 answered, in the same words. */
function emulatedAnswer({ ret, disposition }: ExitResult): string {
  if (disposition === Disposition.MMIO_KERNEL) return 'device access in the kernel';
  if (disposition === Disposition.MMIO_USER) return 'device access in user space';
  if (ret < 0) return `KVM_RUN fails with ${errnoText(ret)}`;
  return ret === 0 ? 'exit to user space' : 'resumes the guest';
}

/**
 * What v4.13 answered otherwise than the captured kernel; undefined if nothing. `seesMaps`: the trace has the s2_map
 * events, so that a fault without one was not mapped.
 */
export function answerDifference(
  window: FaultWindow,
  result: ExitResult,
  slot: FaultedSlot,
  seesMaps: boolean,
): string | undefined {
  const captured = capturedAnswer(window);
  if (captured === undefined) return undefined;
  const emulated = emulatedAnswer(result);
  if (captured !== emulated) return `captured: ${captured}; v4.13: ${emulated}${causeOf(window, slot)}`;
  if (isMapped(result) && seesMaps && window.map === undefined && window.relaxed === undefined) {
    return 'captured: resumes the guest without mapping; v4.13: maps';
  }
  return sizeDifference(window, result);
}

export function isMapped({ disposition }: ExitResult): boolean {
  return disposition === Disposition.MAPPED_PAGE || disposition === Disposition.MAPPED_BLOCK;
}

function causeOf({ fault }: FaultWindow, { refused, readOnly }: FaultedSlot): string {
  if (refused) return ', having refused the slot';
  if (readOnly && isS1ptw(fault.esr))
    return ', taking every stage-1 walk for a write, here into a read-only slot';
  return '';
}

function sizeDifference({ map }: FaultWindow, { disposition }: ExitResult): string | undefined {
  if (map === undefined) return undefined;
  const size = map.size < BLOCK ? 'a page' : `a block of ${map.size >> 20n} MiB`;
  if (disposition === Disposition.MAPPED_PAGE && map.size >= BLOCK)
    return `captured: maps ${size}; v4.13: a page`;
  if (disposition !== Disposition.MAPPED_BLOCK || map.size === BLOCK) return undefined;
  const more = map.size > BLOCK ? ', and would fault again for the rest' : '';
  return `captured: maps ${size}; v4.13: a block of 2 MiB${more}`;
}
