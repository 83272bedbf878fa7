// The reads of many walks, kept and then given to one level of the caches after the other. Every level sees what it would
// see if each read went down by itself, in the same order, so it holds and counts the same.
import * as U from "../../src/abi/uarch";
import { MicroEvent } from "../../src/abi/uarch";
import { cacheAccess, cacheAt, placeIn, cacheWriteBack, replacedAddress, replacedDirty } from "./cache";
import { setsOf } from "./cache_set";
import { countMicro, MicroCore } from "./core";
import { Step } from "./walk_ahead";

/** In a log: a written line that the level before replaced. Addresses have 52 bits. */
const WRITTEN: u64 = (<u64>1) << 63;

/** Reads that the level replayed last did not hold. */
let missed: usize = 0;

/** Linear address of the log. */
// @ts-ignore: decorator
@inline
export function logOf(core: MicroCore): usize {
  return changetype<usize>(core) + U.CORE_LOG;
}

/** Adds what a walk reads; `root` is the PA of the table of level 1. Returns where the log ends. */
// @ts-ignore: decorator
@inline
export function logReads(end: usize, root: u64, ipa: u64, step: Step): usize {
  store<u64>(end, root + (ipa >> 30 << 3));
  store<u64>(end, step.pa2, 8);
  if (step.pa2 == 0) return end + 8;
  store<u64>(end, step.pa3, 16);
  return step.pa3 == 0 ? end + 16 : end + 24;
}

/** Replays the PAs from the log's start up to `end`. */
export function replayReads(core: MicroCore, end: usize): void {
  const log = logOf(core);
  const next = changetype<usize>(core) + U.CORE_LOG_NEXT;
  let left = (end - log) >> 3;
  end = replayFirst(core.l1d, log, end, next);
  left = countHits(core, MicroEvent.WALK_READ_L1, left);
  if (left == 0) return;
  if (core.l3 != 0) {
    loadSets(core, core.l2, next, end);
    end = replayBetween(core.l2, next, end, log);
    left = countHits(core, MicroEvent.WALK_READ_L2, left);
    loadSets(core, core.l3, log, end);
    replayLast(core.l3, log, end);
    left = countHits(core, MicroEvent.WALK_READ_L3, left);
  } else {
    replayLast(core.l2, next, end);
    left = countHits(core, MicroEvent.WALK_READ_L2, left);
  }
  countMicro(core, MicroEvent.WALK_READ_DRAM, left);
}

/** Of `reads` that came to a level `missed` are left, which is returned. */
function countHits(core: MicroCore, event: MicroEvent, reads: usize): usize {
  countMicro(core, event, reads - missed);
  return missed;
}

/** Logs at `next` what `address` missed: the written line that it replaced, and itself. Returns where that ends. */
// @ts-ignore: decorator
@inline
function logMiss(cache: u32, next: usize, address: u64): usize {
  if (replacedDirty()) {
    store<u64>(next, replacedAddress(cache) | WRITTEN);
    next += 8;
  }
  store<u64>(next, address);
  return next + 8;
}

/** Reads of [at, end) in the first level. */
function replayFirst(offset: u32, at: usize, end: usize, next: usize): usize {
  const cache = cacheAt(offset);
  // In locals: a store to the model would have them read again.
  const sets = setsOf(cache);
  const setBytes = cache.setBytes;
  const shift = cache.lineShift;
  const mask = cache.setMask;
  let misses: usize = 0;
  for (; at < end; at += 8) {
    const address = load<u64>(at);
    const line = address >> shift;
    if (placeIn(cache, sets + (<u32>line & mask) * setBytes, line, false) >= 0) continue;
    misses++;
    next = logMiss(offset, next, address);
  }
  missed = misses;
  return next;
}

/** Loads the sets that [at, end) is for, all at once: one by one, each would be waited for. */
function loadSets(core: MicroCore, offset: u32, at: usize, end: usize): void {
  const cache = cacheAt(offset);
  const shift = cache.lineShift;
  if (shift < 0) return;
  const sets = setsOf(cache);
  const setBytes = cache.setBytes;
  const mask = cache.setMask;
  const second = min(setBytes - 4, 64);
  let sum: u32 = 0;
  for (; at < end; at += 8) {
    const set = sets + (<u32>(load<u64>(at) >> shift) & mask) * setBytes;
    sum += load<u32>(set) + load<u32>(set + second);
  }
  core.loaded = sum;
}

/** Reads and written lines in a level with another one below. */
function replayBetween(cache: u32, at: usize, end: usize, next: usize): usize {
  let misses: usize = 0;
  for (; at < end; at += 8) {
    const address = load<u64>(at);
    if (address & WRITTEN) {
      if (cacheWriteBack(cache, address & ~WRITTEN)) continue;
      store<u64>(next, address);
      next += 8;
    } else if (!cacheAccess(cache, address, false)) {
      misses++;
      next = logMiss(cache, next, address);
    }
  }
  missed = misses;
  return next;
}

/** Reads and written lines in the last level. */
function replayLast(cache: u32, at: usize, end: usize): void {
  let misses: usize = 0;
  for (; at < end; at += 8) {
    const address = load<u64>(at);
    if (address & WRITTEN) cacheWriteBack(cache, address & ~WRITTEN);
    else if (!cacheAccess(cache, address, false)) misses++;
  }
  missed = misses;
}
