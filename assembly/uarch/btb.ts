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

/** The last level. After it come its entries, set after set. */
@unmanaged
@final
class Last {
  sets: u32;
  ways: u32;
  /** sets - 1; -1 unless sets is a power of two. */
  mask: i32;
  /** Bytes of a set. */
  setBytes: u32;
  level: Level;
  /** Counts the uses, and what it was when all were forgotten: an entry used no later is empty. */
  clock: u64;
  cleared: u64;
}

@unmanaged
@final
class Entry {
  key: u64;
  target: u64;
  /** The clock at its last use. */
  used: u64;
  /** Its ways in front; 0 if it has none. */
  nano: u32;
  micro: u32;
}

/** Target of the branch that `follow` met last, before it was renewed; no branch goes to NO_TARGET. */
export let heldTarget: u64 = 0;
/** Branches that any BTB has taken in. */
export let newBranches: u64 = 0;
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
  table.setBytes = ways * U.BTB_ENTRY_BYTES;
  table.level = level;
  lastClear(table);
}

function lastClear(table: Last): void {
  memory.fill(changetype<usize>(table) + U.BTB_ENTRIES, 0, <usize>table.sets * table.setBytes);
  table.clock = 0;
}

/** Forgets every branch. */
export function btbClear(core: MicroCore): void {
  const last = lastOf(core);
  if (last == 0) return;
  lastAt(last).cleared = lastAt(last).clock;
  if (core.btbMicro != 0 && core.btbMicro != last) frontClear(frontAt(core.btbMicro));
  if (core.btbNano != 0 && core.btbNano != last) frontClear(frontAt(core.btbNano));
}

/** Instructions are of four bytes. */
// @ts-ignore: decorator
@inline
function keyOf(pc: u64): u64 {
  return pc & ~3;
}

/** Linear address of the set of `pc`. */
// @ts-ignore: decorator
@inline
function setOf(table: Last, pc: u64): usize {
  const mask = table.mask;
  const set = mask < 0 ? <u32>((pc >> 2) % table.sets) : <u32>(pc >> 2) & mask;
  return changetype<usize>(table) + U.BTB_ENTRIES + <usize>set * table.setBytes;
}

// @ts-ignore: decorator
@inline
function find(table: Last, pc: u64): Entry | null {
  const key = keyOf(pc);
  const first = setOf(table, pc);
  const end = first + table.setBytes;
  for (let at = first; at < end; at += U.BTB_ENTRY_BYTES) {
    const entry = changetype<Entry>(at);
    if (entry.key == key && entry.used > table.cleared) return entry;
  }
  return null;
}

/** True if the BTB knows the branch; its use is not noted. */
export function btbHolds(core: MicroCore, pc: u64): bool {
  const last = lastOf(core);
  if (last == 0) return false;
  return find(lastAt(last), pc) != null;
}

/** A taken branch; gives the first level that held it and leaves its target in heldTarget. */
export function follow(core: MicroCore, pc: u64, target: u64): Level {
  const last = lastOf(core);
  if (last == 0) return Level.NONE;
  const table = lastAt(last);
  const known = find(table, pc);
  const entry = known == null ? newEntry(core, table, pc) : known;
  const level = known == null ? Level.NONE : entry.nano != 0 ? Level.NANO : entry.micro != 0 ? Level.MICRO : table.level;
  heldTarget = entry.target;
  entry.target = target;
  entry.used = ++table.clock;
  if (core.btbMicro != 0 && core.btbMicro != last) frontUse(frontAt(core.btbMicro), pc, changetype<usize>(entry) + offsetof<Entry>("micro"));
  if (core.btbNano != 0 && core.btbNano != last) frontUse(frontAt(core.btbNano), pc, changetype<usize>(entry) + offsetof<Entry>("nano"));
  return level;
}

/** An entry for a branch that has none, in the place of the one used longest ago. */
function newEntry(core: MicroCore, table: Last, pc: u64): Entry {
  newBranches++;
  const entry = oldest(table, setOf(table, pc));
  if (entry.used > table.cleared) {
    if (entry.micro != 0) frontRelease(frontAt(core.btbMicro), entry.key, entry.micro);
    if (entry.nano != 0) frontRelease(frontAt(core.btbNano), entry.key, entry.nano);
  }
  entry.key = keyOf(pc);
  entry.target = NO_TARGET;
  entry.micro = 0;
  entry.nano = 0;
  return entry;
}

/** Of the set at `first` the entry used longest ago, which is an empty one if there is any. */
function oldest(table: Last, first: usize): Entry {
  let entry = changetype<Entry>(first);
  const end = first + table.setBytes;
  for (let at = first + U.BTB_ENTRY_BYTES; at < end; at += U.BTB_ENTRY_BYTES) {
    if (changetype<Entry>(at).used < entry.used) entry = changetype<Entry>(at);
  }
  return entry;
}

/** Compile-time only: the bytes are those that the host reserves. */
export function checkBtbLayout(): void {
  if (offsetof<Last>() > <usize>U.BTB_ENTRIES) ERROR("a structure disagrees with src/abi/uarch.ts");
  if (offsetof<Entry>() != U.BTB_ENTRY_BYTES) ERROR("a structure disagrees with src/abi/uarch.ts");
}
