// The translations that one core holds: which of them a TLBI removes, and the host kernel's own.
import { TlbiKind, TlbType } from "../../src/abi/tlb";
import { MicroEvent, WalkStorage } from "../../src/abi/uarch";
import { base } from "../structs";
import { countMicro, MicroCore } from "./core";
import { walkRead } from "./hierarchy";
import { resetTlb } from "./tlb_setup";
import { entryAt, isHeld, keyOf, lookup, lookupKey, place, removeEntry, setAt, shiftOf, Tlb, touch, typeOf } from "./tlb_table";

/** The host maps its memory and text in blocks of 2 MiB, below tables whose entries span 1 GiB. */
const HOST_SHIFT: u32 = 21;
const HOST_UPPER_SHIFT: u32 = 30;
/** Where the model has the host's tables: above all memory. A VA has 48 bits of which they take the index. */
const HOST_TABLES: u64 = (<u64>1) << 51;
const HOST_UPPER_TABLES: u64 = HOST_TABLES | ((<u64>1) << 40);
const HOST_VA_MASK: u64 = ((<u64>1) << 48) - 1;

// @ts-ignore: decorator
@inline
export function tlbAt(offset: u32): Tlb {
  return changetype<Tlb>(base() + offset);
}

/** Where partial walks are kept, or null. */
export function walkStorage(core: MicroCore): Tlb | null {
  const at = core.walkStorage == WalkStorage.UNIFIED ? core.stlb : core.walkCache;
  return at == 0 ? null : tlbAt(at);
}

/** Where IPA -> PA entries that walks use are kept, or null. */
export function ipaStorage(core: MicroCore): Tlb | null {
  const at = core.walkStorage == WalkStorage.UNIFIED ? core.stlb : core.ipaCache;
  return at == 0 ? null : tlbAt(at);
}

/** Forgets every translation, as after a reset of the core. */
export function resetTranslations(core: MicroCore): void {
  resetTlb(tlbAt(core.itlb));
  resetTlb(tlbAt(core.dtlb));
  resetTlb(tlbAt(core.stlb));
  if (core.walkCache != 0) resetTlb(tlbAt(core.walkCache));
  if (core.ipaCache != 0) resetTlb(tlbAt(core.ipaCache));
}

/** One TLBI instruction. `address` is a VA or an IPA where the kind is by address. */
export function invalidate(core: MicroCore, kind: TlbiKind, vmid: u32, address: u64): void {
  countMicro(core, MicroEvent.TLBI);
  invalidateIn(tlbAt(core.itlb), kind, vmid, address);
  invalidateIn(tlbAt(core.dtlb), kind, vmid, address);
  invalidateIn(tlbAt(core.stlb), kind, vmid, address);
  if (core.walkCache != 0) invalidateIn(tlbAt(core.walkCache), kind, vmid, address);
  if (core.ipaCache != 0) invalidateIn(tlbAt(core.ipaCache), kind, vmid, address);
}

function invalidateIn(tlb: Tlb, kind: TlbiKind, vmid: u32, address: u64): void {
  for (let i: u32 = 0; i < tlb.sets; i++) {
    const set = setAt(tlb, i);
    for (let way: u32 = 0; way < tlb.ways; way++) {
      if (!isHeld(set, way)) continue;
      const entry = entryAt(tlb, set, way);
      if (isRemoved(kind, entry.key, entry.context == vmid, address)) removeEntry(tlb, set, way);
    }
  }
}

/** True if the TLBI removes an entry with the key, of its VMID or another one. */
function isRemoved(kind: TlbiKind, key: u64, ownVmid: bool, address: u64): bool {
  const type = typeOf(key);
  if (kind == TlbiKind.ALL) return true;
  if (type == TlbType.HOST || type == TlbType.HOST_WALK) return false;
  if (kind == TlbiKind.ALLE1) return true;
  if (!ownVmid || type == TlbType.GUEST) return false;
  if (kind == TlbiKind.VMALLS12E1) return true;
  if (kind == TlbiKind.IPAS2E1) return type == TlbType.IPA && covers(key, address);
  if (type == TlbType.IPA) return false;
  if (kind == TlbiKind.VMALLE1) return true;
  return covers(key, address) && (kind == TlbiKind.VAAE1 || type == TlbType.COMBINED);
}

// @ts-ignore: decorator
@inline
function covers(key: u64, address: u64): bool {
  return (key ^ address) >> shiftOf(key) == 0;
}

/** The kernel's own access to its linear map or text: mappings of 2 MiB that never change. */
export function hostTranslate(core: MicroCore, va: u64, fetch: bool): void {
  const key = keyOf(TlbType.HOST, va, HOST_SHIFT);
  const first = tlbAt(fetch ? core.itlb : core.dtlb);
  if (lookupKey(first, key, 0) != null) return;
  const second = tlbAt(core.stlb);
  if (lookupKey(second, key, 0) != null) countMicro(core, fetch ? MicroEvent.ITLB_L2 : MicroEvent.DTLB_L2);
  else {
    hostWalk(core, va);
    place(second, key, 0);
  }
  place(first, key, 0);
}

/**
 * As hostTranslate, if way `guess` of the first-level TLB `first`, which is of one set, has the translation; false, and
 * nothing done, if not. `guess` is one of its ways.
 */
// @ts-ignore: decorator
@inline
export function hostTranslateBy(first: Tlb, va: u64, guess: u32): bool {
  const set = setAt(first, 0);
  if (first.sets != 1 || entryAt(first, set, guess).key != keyOf(TlbType.HOST, va, HOST_SHIFT) || !isHeld(set, guess)) return false;
  touch(first, set, guess);
  return true;
}

/** Reads the block's descriptor, and that of the table it is in unless the walk storage has it. */
function hostWalk(core: MicroCore, va: u64): void {
  countMicro(core, MicroEvent.WALK);
  const storage = walkStorage(core);
  if (storage == null || !hostUpperHeld(core, storage, va)) {
    walkRead(core, HOST_UPPER_TABLES | ((va & HOST_VA_MASK) >> HOST_UPPER_SHIFT << 3));
    if (storage != null) place(storage, keyOf(TlbType.HOST_WALK, va, HOST_UPPER_SHIFT), 0);
  }
  walkRead(core, HOST_TABLES | ((va & HOST_VA_MASK) >> HOST_SHIFT << 3));
}

function hostUpperHeld(core: MicroCore, storage: Tlb, va: u64): bool {
  countMicro(core, MicroEvent.WALK_CACHE_LOOKUP);
  if (lookup(storage, TlbType.HOST_WALK, va, 0) == null) return false;
  countMicro(core, MicroEvent.WALK_CACHE_HIT);
  return true;
}
