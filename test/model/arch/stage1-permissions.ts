// Permissions of a stage-1 leaf, with what its tables and the registers take away. Arm ARM D8.4.1.
import type { Access } from './access.js';
import { bit } from './bits.js';
import type { ExceptionLevel } from './types.js';

export interface Stage1Permissions {
  read: boolean;
  write: boolean;
  execute: boolean;
}

export interface PermissionControls {
  /** Hardware management of the dirty state: a leaf with DBM counts as writable. */
  dirtyState: boolean;
  hierarchyDisabled: boolean;
  writeImpliesXn: boolean;
}

/** A leaf's bits after the restrictions of the tables above it. */
interface LeafBits {
  readOnly: boolean;
  unprivileged: boolean;
  uxn: boolean;
  pxn: boolean;
}

export function stage1Permissions(
  leaf: { descriptor: bigint; tables: readonly bigint[] },
  access: Access,
  controls: PermissionControls,
): Stage1Permissions {
  const effective = leafBits(leaf, controls);
  const allowed = permissionsAt(effective, access.el, controls.writeImpliesXn);
  const hidden = effective.unprivileged && isSubjectToPan(access);
  return hidden ? { ...allowed, read: false, write: false } : allowed;
}

function leafBits(
  { descriptor, tables }: { descriptor: bigint; tables: readonly bigint[] },
  { dirtyState, hierarchyDisabled }: PermissionControls,
): LeafBits {
  const any = (n: number) => !hierarchyDisabled && tables.some((table) => bit(table, n));
  const writableClean = dirtyState && bit(descriptor, 51);
  return {
    readOnly: (bit(descriptor, 7) && !writableClean) || any(62),
    unprivileged: bit(descriptor, 6) && !any(61),
    uxn: bit(descriptor, 54) || any(60),
    pxn: bit(descriptor, 53) || any(59),
  };
}

/** What EL0 can write EL1 never executes, and WXN says so of every level's own writes. */
function permissionsAt(
  { readOnly, unprivileged, uxn, pxn }: LeafBits,
  el: ExceptionLevel,
  writeImpliesXn: boolean,
): Stage1Permissions {
  const userWrite = unprivileged && !readOnly;
  const read = el === 1 || unprivileged;
  const write = read && !readOnly;
  const never = el === 0 ? uxn : pxn || userWrite;
  return { read, write, execute: !never && !(writeImpliesXn && write) };
}

/** PSTATE.PAN is for the loads and stores of EL1. */
function isSubjectToPan({ kind, el, pan }: Access): boolean {
  const isLoadOrStore = kind === 'read' || kind === 'write' || kind === 'atomic' || kind === 'cache-zero';
  return pan && el === 1 && isLoadOrStore;
}
