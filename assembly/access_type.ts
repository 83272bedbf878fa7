// What kinds of access have in common. docs/notes/stage2-walk.md section 6.
import { AccessType, CHOICE_CACHE_OP_IGNORES_AF } from "../src/abi/walk";
import { Regime } from "./walk_structs";

/** Read or update of a stage-1 descriptor. */
// @ts-ignore: decorator
@inline
export function isTableAccess(access: u32): bool {
  return access == AccessType.TABLE_WALK || access == AccessType.TABLE_UPDATE;
}

// @ts-ignore: decorator
@inline
export function isAt(access: u32): bool {
  return access == AccessType.AT_READ || access == AccessType.AT_WRITE;
}

/** A load, a store or an atomic: what may be misaligned. */
// @ts-ignore: decorator
@inline
export function isLoadOrStore(access: u32): bool {
  return access <= <u32>AccessType.ATOMIC && access != AccessType.EXECUTE;
}

/** The access writes what it translates: hardware dirty state follows. */
// @ts-ignore: decorator
@inline
export function setsDirty(access: u32): bool {
  return access == AccessType.WRITE || access == AccessType.ATOMIC || access == AccessType.TABLE_UPDATE || access == AccessType.CACHE_ZERO;
}

/** A fault of the access is one of a write. An atomic's is so only for a missing write permission. */
// @ts-ignore: decorator
@inline
export function isWrite(access: u32): bool {
  return access == AccessType.WRITE || access == AccessType.AT_WRITE || access == AccessType.CACHE_ZERO;
}

/** Device memory faults on the access: a misaligned one, or DC ZVA. */
// @ts-ignore: decorator
@inline
export function mustBeAligned(access: u32, unaligned: bool): bool {
  return access == AccessType.CACHE_ZERO || (unaligned && isLoadOrStore(access));
}

/** DC and IC by VA, zeroing excepted, may be spared access flag faults. */
export function takesAccessFlagFault(r: Regime, access: u32): bool {
  const cacheOp = access == AccessType.CACHE_OP || access == AccessType.CACHE_INVALIDATE || access == AccessType.ICACHE_OP;
  return !cacheOp || !(r.choices & CHOICE_CACHE_OP_IGNORES_AF);
}
