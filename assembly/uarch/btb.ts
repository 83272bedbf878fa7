// The branch target buffer: up to three levels, of which the last knows every target. A taken branch is used in every
// level; what the last one replaces leaves the others too. So a branch is looked for in the last level only, and its
// entry there says which ways it has in front.
import * as U from "../../src/abi/uarch";
import { base } from "../structs";
import { frontAt, frontClear, frontInit, frontRelease, frontUse } from "./btb_front";
import { MicroCore } from "./core";

/** Levels of the BTB in the order of the TAKEN events. */
export enum Level {
  NANO,
  MICRO,
  MAIN,
  NONE,
}

/** The last level. Its sets are u64 keys, two compared at a time, 0 where there is no branch. */
@unmanaged
@final
class Last {
  sets: u32;
  ways: u32;
  /** sets - 1; -1 unless sets is a power of two. */
  mask: i32;
  /** Keys of a set: its ways, made even. */
  slots: u32;
  /** From the level to its entries. */
  entries: u32;
  level: Level;
  /** Counts the uses. */
  clock: u64;
}

@unmanaged
@final
class Entry {
  target: u64;
  /** The clock at its last use. */
  used: u64;
  /** Its ways in front; 0 if it has none. */
  nano: u32;
  micro: u32;
}

/** Target of the branch that `follow` met last, before it was renewed; no branch goes to NO_TARGET. */
export let heldTarget: u64 = 0;
export const NO_TARGET: u64 = ~(<u64>0);

// @ts-ignore: decorator
@inline
function lastAt(offset: u32): Last {
  return changetype<Last>(base() + offset);
}

/** 0 without a BTB. */
// @ts-ignore: decorator
@inline
function lastOf(core: MicroCore): u32 {
  return core.btbMain != 0 ? core.btbMain : core.btbMicro != 0 ? core.btbMicro : core.btbNano;
}

/** Makes an empty level of the bytes at `offset`; `last` if there is none behind. */
export function btbInit(offset: u32, level: Level, sets: u32, ways: u32, last: bool): void {
  if (!last) {
    frontInit(frontAt(offset), sets, ways);
    return;
  }
  const table = lastAt(offset);
  table.sets = sets;
  table.ways = ways;
  table.mask = popcnt(sets) == 1 ? sets - 1 : -1;
  table.slots = (ways + 1) & ~1;
  table.entries = U.BTB_KEYS + sets * table.slots * 8;
  table.level = level;
  lastClear(table);
}

function lastClear(table: Last): void {
  memory.fill(changetype<usize>(table) + U.BTB_KEYS, 0, table.entries - U.BTB_KEYS);
  table.clock = 0;
}

/** Forgets every branch. */
export function btbClear(core: MicroCore): void {
  const last = lastOf(core);
  if (last == 0) return;
  lastClear(lastAt(last));
  if (core.btbMicro != 0 && core.btbMicro != last) frontClear(frontAt(core.btbMicro));
  if (core.btbNano != 0 && core.btbNano != last) frontClear(frontAt(core.btbNano));
}

/** Exact, and never 0: instructions are of four bytes. */
// @ts-ignore: decorator
@inline
function keyOf(pc: u64): u64 {
  return (pc & ~3) | 1;
}

/** Number of the first key of the set of `pc`. */
// @ts-ignore: decorator
@inline
function setOf(table: Last, pc: u64): u32 {
  const mask = table.mask;
  const set = mask < 0 ? <u32>((pc >> 2) % table.sets) : <u32>(pc >> 2) & mask;
  return set * table.slots;
}

// @ts-ignore: decorator
@inline
function keyAt(table: Last, index: u32): usize {
  return changetype<usize>(table) + U.BTB_KEYS + (<usize>index << 3);
}

// @ts-ignore: decorator
@inline
function entryAt(table: Last, index: u32): Entry {
  return changetype<Entry>(changetype<usize>(table) + table.entries + <usize>index * U.BTB_ENTRY_BYTES);
}

/** Number of the entry of `pc` in the set that begins at `first`, -1 if there is none. */
// @ts-ignore: decorator
@inline
function find(table: Last, first: u32, pc: u64): i32 {
  const key = i64x2.splat(keyOf(pc));
  const end = first + table.slots;
  for (let at = first; at < end; at += 2) {
    const found = i64x2.bitmask(i64x2.eq(v128.load(keyAt(table, at)), key));
    if (found != 0) return at + (found >> 1);
  }
  return -1;
}

/** True if the BTB knows the branch; its use is not noted. */
export function btbHolds(core: MicroCore, pc: u64): bool {
  const last = lastOf(core);
  if (last == 0) return false;
  const table = lastAt(last);
  return find(table, setOf(table, pc), pc) >= 0;
}

/** A taken branch; gives the first level that held it and leaves its target in heldTarget. */
export function follow(core: MicroCore, pc: u64, target: u64): Level {
  const last = lastOf(core);
  if (last == 0) return Level.NONE;
  const table = lastAt(last);
  const first = setOf(table, pc);
  const found = find(table, first, pc);
  const entry = found < 0 ? newEntry(core, table, first, pc) : entryAt(table, found);
  const level = found < 0 ? Level.NONE : entry.nano != 0 ? Level.NANO : entry.micro != 0 ? Level.MICRO : table.level;
  heldTarget = entry.target;
  entry.target = target;
  entry.used = ++table.clock;
  if (core.btbMicro != 0 && core.btbMicro != last) frontUse(frontAt(core.btbMicro), pc, changetype<usize>(entry) + offsetof<Entry>("micro"));
  if (core.btbNano != 0 && core.btbNano != last) frontUse(frontAt(core.btbNano), pc, changetype<usize>(entry) + offsetof<Entry>("nano"));
  return level;
}

/** An entry for a branch that has none, in the place of the one used longest ago. */
function newEntry(core: MicroCore, table: Last, first: u32, pc: u64): Entry {
  const index = oldest(table, first);
  const entry = entryAt(table, index);
  const at = keyAt(table, index);
  const key = load<u64>(at);
  if (key != 0) {
    if (entry.micro != 0) frontRelease(frontAt(core.btbMicro), key, entry.micro);
    if (entry.nano != 0) frontRelease(frontAt(core.btbNano), key, entry.nano);
  }
  store<u64>(at, keyOf(pc));
  entry.target = NO_TARGET;
  entry.micro = 0;
  entry.nano = 0;
  return entry;
}

/** Number of an empty entry of the set that begins at `first`, else of the one used longest ago. */
function oldest(table: Last, first: u32): u32 {
  let index = first;
  const end = first + table.ways;
  for (let at = first; at < end; at++) {
    if (load<u64>(keyAt(table, at)) == 0) return at;
    if (entryAt(table, at).used < entryAt(table, index).used) index = at;
  }
  return index;
}

/** Compile-time only: the bytes are those that the host reserves. */
export function checkBtbLayout(): void {
  if (offsetof<Last>() > <usize>U.BTB_KEYS) ERROR("a structure disagrees with src/abi/uarch.ts");
  if (offsetof<Entry>() != U.BTB_ENTRY_BYTES) ERROR("a structure disagrees with src/abi/uarch.ts");
}
