// The levels of the data and code caches. A miss fills every level on the way, and a level that replaces a line does
// not take it out of the others: mostly inclusive. A written line that a level replaces is written back to the next
// level that holds it, else to memory; write-back traffic is no event. Levels may differ in their line size.
import * as U from "../../src/abi/uarch";
import { cacheAccess, cacheClear, cacheRemove, cacheWriteBack, Held, replacedAddress, replacedDirty } from "./cache";
import { countMicro, MicroCore } from "./core";
import { addStolen, clearStolen, takeStolen } from "./stolen";

/** Where a line was found that was not in the first level, in the order of the events. */
enum Found {
  L2,
  L3,
  DRAM,
  REMOTE,
}

/** A data load of the line of `pa`. */
export function loadLine(core: MicroCore, pa: u64): void {
  if (cacheAccess(core.l1d, pa, false)) return;
  countMicro(core, U.MicroEvent.LOAD_L2 + missData(core, pa));
}

export function storeLine(core: MicroCore, pa: u64): void {
  if (cacheAccess(core.l1d, pa, true)) return;
  countMicro(core, U.MicroEvent.STORE_L2 + missData(core, pa));
}

/** A fetch of the line of code at `pa`. Code is not taken by other cpus. */
export function fetchLine(core: MicroCore, pa: u64): void {
  if (cacheAccess(core.l1i, pa, false)) return;
  countMicro(core, U.MicroEvent.FETCH_L2 + missBelow(core, pa));
}

/** A descriptor read of the table walker. A line that another cpu took counts as read from the last level. */
export function walkRead(core: MicroCore, pa: u64): void {
  if (cacheAccess(core.l1d, pa, false)) {
    countMicro(core, U.MicroEvent.WALK_READ_L1);
    return;
  }
  const found = missData(core, pa);
  const last = core.l3 == 0 ? Found.DRAM : Found.L3;
  countMicro(core, U.MicroEvent.WALK_READ_L2 + (found == Found.REMOTE ? last : found));
}

/** DC CIVAC of the line of `pa`. A line that another cpu took is written: it took it to write. */
export function cleanLine(core: MicroCore, pa: u64): void {
  let held = takeStolen(core, pa) ? Held.DIRTY : Held.ABSENT;
  held = max(held, cacheRemove(core.l1d, pa));
  held = max(held, cacheRemove(core.l2, pa));
  if (core.l3 != 0) held = max(held, cacheRemove(core.l3, pa));
  countMicro(core, U.MicroEvent.CLEAN_ABSENT + held);
}

/**
 * Another cpu takes the line of `pa` to write it: it leaves the L1D and the L2, and the next load or store of it finds
 * it in the cache of that cpu.
 */
export function stealLine(core: MicroCore, pa: u64): void {
  cacheRemove(core.l1d, pa);
  cacheRemove(core.l2, pa);
  addStolen(core, pa);
}

/** The L1D has just missed `pa`. */
function missData(core: MicroCore, pa: u64): Found {
  if (replacedDirty()) {
    const address = replacedAddress(core.l1d);
    if (!cacheWriteBack(core.l2, address) && core.l3 != 0) cacheWriteBack(core.l3, address);
  }
  const remote = takeStolen(core, pa);
  const found = missBelow(core, pa);
  return remote ? Found.REMOTE : found;
}

function missBelow(core: MicroCore, pa: u64): Found {
  if (cacheAccess(core.l2, pa, false)) return Found.L2;
  if (core.l3 == 0) return Found.DRAM;
  if (replacedDirty()) cacheWriteBack(core.l3, replacedAddress(core.l2));
  return cacheAccess(core.l3, pa, false) ? Found.L3 : Found.DRAM;
}

/** Every level empty. */
export function resetCaches(core: MicroCore): void {
  cacheClear(core.l1i);
  cacheClear(core.l1d);
  cacheClear(core.l2);
  cacheClear(core.l3);
  clearStolen(core);
}
