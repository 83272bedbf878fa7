// Physical memory: the only loads and stores on emulated RAM. A bank is [pa, end) at a linear offset;
// what is in no bank is a hole.
import { BANK_SIZEOF, BankKind } from "../src/abi/layout";
import { resetChunks } from "./chunks";
import { Bank, base, header } from "./structs";

// The bank used last: walks stay in one for long.
let hotPa: u64 = 0;
let hotSize: u64 = 0;
let hotLinear: usize = 0;

let generation: u32 = 0;

/** Forgets what was learnt of the banks; needed when the host changes the bank table. */
export function physReset(): void {
  hotSize = 0;
  generation++;
  resetChunks();
}

/** Counts the changes of the bank table. */
export function physGeneration(): u32 {
  return generation;
}

/** The bank that holds `pa`, or null in a hole. */
export function findBank(pa: u64): Bank | null {
  const h = header();
  let low: u32 = 0;
  let high = h.bankCount;
  while (low < high) {
    const mid = (low + high) >>> 1;
    const bank = changetype<Bank>(base() + h.banks + mid * BANK_SIZEOF);
    if (pa < bank.pa) high = mid;
    else if (pa >= bank.end) low = mid + 1;
    else return bank;
  }
  return null;
}

/** Device registers are at `pa`. */
export function isDeviceAt(pa: u64): bool {
  const bank = findBank(pa);
  return bank != null && bank.kind == BankKind.DEVICE;
}

/** Where what begins at `pa`, device registers or anything else, ends: `end` at most. */
export function kindEnd(pa: u64, end: u64): u64 {
  const h = header();
  const device = isDeviceAt(pa);
  for (let i: u32 = 0; i < h.bankCount; i++) {
    const bank = changetype<Bank>(base() + h.banks + i * BANK_SIZEOF);
    if (bank.end <= pa) continue;
    if (bank.pa >= end) break;
    if (device && (bank.kind != BankKind.DEVICE || bank.pa > pa)) return pa;
    if (!device && bank.kind == BankKind.DEVICE) return bank.pa;
    pa = bank.end;
  }
  return device ? min<u64>(pa, end) : end;
}

/** The bank that holds the bytes of `pa`, or null. */
export function findRam(pa: u64): Bank | null {
  const bank = findBank(pa);
  return bank == null || bank.kind != BankKind.RAM ? null : bank;
}

function resolveCold(pa: u64): usize {
  const bank = findRam(pa);
  if (bank == null) return 0;
  hotPa = bank.pa;
  hotSize = bank.end - bank.pa;
  hotLinear = base() + bank.offset;
  return hotLinear + <usize>(pa - bank.pa);
}

/** Linear address of the 8-byte aligned `pa`, or 0 if no bytes are held there. Banks are multiples of 8 bytes. */
// @ts-ignore: decorator
@inline
export function resolve(pa: u64): usize {
  const distance = pa - hotPa;
  return distance < hotSize ? hotLinear + <usize>distance : resolveCold(pa);
}

/** True where a read is answered by memory, backed or not; false in holes and device regions (external abort). */
function isMemory(pa: u64): bool {
  const bank = findBank(pa);
  return bank != null && bank.kind != BankKind.DEVICE;
}

/** True where a table read is an external abort: holes and device regions. */
// @ts-ignore: decorator
@inline
export function isHole(pa: u64): bool {
  return resolve(pa) == 0 && !isMemory(pa);
}

/** Reads the descriptor at `pa`; what is not held reads as zero. */
// @ts-ignore: decorator
@inline
export function readDescriptor(pa: u64): u64 {
  const at = resolve(pa & ~7);
  return at == 0 ? 0 : load<u64>(at);
}

/** Writes the descriptor at `pa`; dropped where no bytes are held. */
// @ts-ignore: decorator
@inline
export function writeDescriptor(pa: u64, value: u64): void {
  const at = resolve(pa & ~7);
  if (at != 0) store<u64>(at, value);
}

/**
 * Replaces the descriptor at `pa` by `next` if it still is `expected`; false if not. `swap`: the memory holds it
 * big-endian. One thread owns the memory, so a compare and a store are the architecture's atomic swap.
 */
export function swapDescriptor(pa: u64, expected: u64, next: u64, swap: bool): bool {
  const at = resolve(pa & ~7);
  if (at == 0) return false;
  if (load<u64>(at) != (swap ? bswap<u64>(expected) : expected)) return false;
  store<u64>(at, swap ? bswap<u64>(next) : next);
  return true;
}
