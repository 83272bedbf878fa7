// The reads of many walks, kept and then given to one level of the caches after the other. Every level sees what it would
// see if each read went down by itself, in the same order, so it holds and counts the same.
import * as U from "../../src/abi/uarch";
import { MicroEvent } from "../../src/abi/uarch";
import { cachePlace, cacheAt, placeIn, setsOf, cacheWriteBack, replacedAddress, replacedDirty } from "./cache";
import { countMicro, MicroCore } from "./core";

/** In a log: a written line that the level before replaced. Addresses have 52 bits. */
const WRITTEN: u64 = (<u64>1) << 63;

/** Linear address of the log. */
// @ts-ignore: decorator
@inline
export function logOf(core: MicroCore): usize {
  return changetype<usize>(core) + U.CORE_LOG;
}

/** Replays the PAs from the log's start up to `end`. */
export function replayReads(core: MicroCore, end: usize): void {
  const log = logOf(core);
  const next = changetype<usize>(core) + U.CORE_LOG_NEXT;
  end = replayLevel(core, core.l1d, log, end, next, MicroEvent.WALK_READ_L1);
  if (end == next) return;
  end = replayLevel(core, core.l2, next, end, log, MicroEvent.WALK_READ_L2);
  if (core.l3 != 0) {
    if (end == log) return;
    end = replayLevel(core, core.l3, log, end, next, MicroEvent.WALK_READ_L3);
  }
}

/** Replays [at, end) in one level and logs at `next` what is for the level below. Returns where that ends. */
function replayLevel(core: MicroCore, offset: u32, at: usize, end: usize, next: usize, event: MicroEvent): usize {
  const cache = cacheAt(offset);
  // In locals: a store to the model would have them read again.
  const sets = setsOf(cache);
  const setBytes = cache.setBytes;
  const shift = cache.lineShift;
  const mask = cache.setMask;
  let hits: u64 = 0;
  let misses: u64 = 0;
  for (; at < end; at += 8) {
    const address = load<u64>(at);
    if (address & WRITTEN) {
      if (cacheWriteBack(offset, address & ~WRITTEN)) continue;
    } else if ((shift < 0 ? cachePlace(cache, address, false) : placeIn(cache, sets + (<u32>(address >> shift) & mask) * setBytes, address >> shift, false)) >= 0) {
      hits++;
      continue;
    } else {
      misses++;
      if (replacedDirty()) {
        store<u64>(next, replacedAddress(offset) | WRITTEN);
        next += 8;
      }
    }
    store<u64>(next, address);
    next += 8;
  }
  countMicro(core, event, hits);
  const last = core.l3 == 0 ? core.l2 : core.l3;
  if (offset == last) countMicro(core, MicroEvent.WALK_READ_DRAM, misses);
  return next;
}
