// What each kind of access needs and is. Arm ARM D8.4 (permissions), docs/notes/stage2-walk.md sections 5 to 7.
import type { AccessKind, ExceptionLevel } from './types.js';

export interface Access {
  kind: AccessKind;
  el: ExceptionLevel;
  unaligned: boolean;
  /** PSTATE.PAN; stage 2 has no use for it. */
  pan: boolean;
}

export function isFetch({ kind }: Access): boolean {
  return kind === 'execute';
}

/** Made by the stage-1 walk, not by the program. */
export function isTableAccess({ kind }: Access): boolean {
  return kind === 'table-walk' || kind === 'table-update';
}

export function isAddressTranslation({ kind }: Access): boolean {
  return kind === 'at-read' || kind === 'at-write';
}

/** DC ZVA is none of these: it behaves as a store. */
export function isCacheMaintenance({ kind }: Access): boolean {
  return kind === 'cache-op' || kind === 'cache-invalidate' || kind === 'icache-op';
}

/** Changes memory, so the dirty state becomes dirty. An AT or a cache operation never does. */
export function dirties({ kind }: Access): boolean {
  return kind === 'write' || kind === 'atomic' || kind === 'cache-zero' || kind === 'table-update';
}

/**
 * The direction a fault is reported with. An atomic reports a write only where the write permission was missing, and
 * an access to a table takes the direction of the access behind it.
 */
export function reportsWrite({ kind }: Access): boolean {
  return kind === 'write' || kind === 'at-write' || kind === 'cache-zero';
}

/** Permissions an access needs, in the order they are tested. */
export function requiredPermissions({ kind, el }: Access): readonly ('read' | 'write' | 'execute')[] {
  switch (kind) {
    case 'execute':
      return ['execute'];
    case 'read':
    case 'at-read':
    case 'table-walk':
      return ['read'];
    case 'write':
    case 'at-write':
    case 'cache-zero':
    case 'cache-invalidate':
      return ['write'];
    case 'atomic':
    case 'table-update':
      return ['read', 'write'];
    case 'cache-op':
    case 'icache-op':
      return el === 0 ? ['read'] : [];
  }
}

/** Device memory refuses the access whatever its permissions. */
export function isMisalignedForDevice(access: Access): boolean {
  return access.kind === 'cache-zero' || (access.unaligned && hasAlignment(access));
}

/** Loads and stores of the program can be unaligned; the rest has no alignment. */
export function hasAlignment({ kind }: Access): boolean {
  return kind === 'read' || kind === 'write' || kind === 'atomic';
}
