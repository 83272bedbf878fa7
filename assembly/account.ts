// What the accounted output records: events, branch sites, and the signature of each fault, that is
// everything its path through any build depends on. ACCOUNTED is a compile-time constant; the
// functional output keeps none of this.
import { Event, SIG_CACHE_ROOM, SIG_CALLEES, SIG_CLASS, SIG_DISPOSITION_LSB, SIG_KNOWN, SIG_MAP_LINES, SIG_MAX } from "../src/abi/event";
import { PATH_COUNT, PATH_HASH, PATH_SIGNATURE, PATH_WORDS, SIG_ALLOC_OK, SIG_RET, SIG_VALUE } from "../src/abi/event";
import { SIGCALL_CALLEE_LSB, SIGCALL_CODE_LSB, SIGCALL_QUANTITIES_LSB, SIGQ_ID_LSB } from "../src/abi/event";
import { Callee, Predicate, Quantity } from "../src/abi/kvm";
import { Site } from "../src/abi/site";
import { EVENT_COUNTS_OFFSET, LOG_COUNTS_OFFSET, SIGNATURE_OFFSET, SITE_COUNTS_OFFSET } from "../src/abi/layout";
import { base, header } from "./structs";

// Predicates known and their values, 128 bits each.
let knownLow: u64 = 0;
let knownHigh: u64 = 0;
let valueLow: u64 = 0;
let valueHigh: u64 = 0;
/** Words of the signature in use; more than SIG_MAX means it did not fit. */
let words: u32 = SIG_CALLEES;
/** Outside a fault nothing is added to a signature. */
let recording: bool = false;

/** Counts `n` events. */
// @ts-ignore: decorator
@inline
export function count(event: Event, n: u64 = 1): void {
  if (ACCOUNTED) {
    const at = base() + <usize>event * 8;
    store<u64>(at, load<u64>(at, EVENT_COUNTS_OFFSET) + n, EVENT_COUNTS_OFFSET);
  }
}

/** Reports the outcome of a branch site, met `n` times, and passes it through. */
// @ts-ignore: decorator
@inline
export function site(id: Site, condition: bool, n: u64 = 1): bool {
  if (ACCOUNTED) {
    const at = base() + <usize>id * 16 + <usize>condition * 8;
    store<u64>(at, load<u64>(at, SITE_COUNTS_OFFSET) + n, SITE_COUNTS_OFFSET);
  }
  return condition;
}

/** Sets a predicate of the build files and passes it through. */
// @ts-ignore: decorator
@inline
export function predicate(id: Predicate, value: bool): bool {
  if (ACCOUNTED) {
    if (<u32>id < 64) {
      knownLow |= (<u64>1) << <u64>id;
      valueLow |= (<u64>value) << <u64>id;
    } else {
      knownHigh |= (<u64>1) << <u64>(id - 64);
      valueHigh |= (<u64>value) << <u64>(id - 64);
    }
  }
  return value;
}

// @ts-ignore: decorator
@inline
function putWord(index: u32, value: u32): void {
  if (index < <u32>SIG_MAX) store<u32>(base() + (<usize>index << 2), value, SIGNATURE_OFFSET);
}

/** Sets one of the quantities that belong to the whole fault. */
// @ts-ignore: decorator
@inline
export function faultQuantity(word: u32, value: u32): void {
  if (ACCOUNTED) putWord(word, value);
}

/** Records a call of `callee` that ended in outcome `code`; its quantities follow by `quantity`. */
// @ts-ignore: decorator
@inline
export function callee(id: Callee, code: u32): void {
  if (ACCOUNTED) {
    if (!recording) return;
    putWord(words, (<u32>id << SIGCALL_CALLEE_LSB) | (code << SIGCALL_CODE_LSB));
    words++;
  }
}

/** Adds a quantity to the callee recorded last; zero is the default and is not stored. */
export function quantity(id: Quantity, value: u32): void {
  if (ACCOUNTED) {
    if (!recording || value == 0) return;
    putWord(words, (<u32>id << SIGQ_ID_LSB) | (value & ((1 << SIGQ_ID_LSB) - 1)));
    words++;
    quantities++;
  }
}

/** Quantity words since `beginQuantities`. */
let quantities: u32 = 0;

/** Call after `callee` when quantities follow, and `endQuantities` after the last. */
export function beginQuantities(): void {
  if (ACCOUNTED) quantities = 0;
}

export function endQuantities(): void {
  if (ACCOUNTED) {
    if (!recording || quantities == 0) return;
    const index = words - quantities - 1;
    if (index >= <u32>SIG_MAX) return;
    const at = base() + (<usize>index << 2);
    store<u32>(at, load<u32>(at, SIGNATURE_OFFSET) | (quantities << SIGCALL_QUANTITIES_LSB), SIGNATURE_OFFSET);
  }
}

/** Counts a line of the emulated kernel log. */
export function logMessage(id: u32): void {
  const at = base() + LOG_COUNTS_OFFSET + <usize>id * 8;
  store<u64>(at, load<u64>(at) + 1);
}

/** Starts the signature of a fault of class `faultClass`. */
export function beginFault(faultClass: u32): void {
  if (ACCOUNTED) {
    knownLow = 0;
    knownHigh = 0;
    valueLow = 0;
    valueHigh = 0;
    words = SIG_CALLEES;
    recording = true;
    putWord(SIG_CLASS, faultClass);
    putWord(SIG_CACHE_ROOM, 0);
    putWord(SIG_ALLOC_OK, 0);
    putWord(SIG_MAP_LINES, 0);
    putWord(SIG_MAP_LINES + 1, 0);
    count(Event.FAULT);
  }
}

/** Ends the fault: its signature is counted in the path table. Returns the entry's offset, or 0. */
export function endFault(ret: i32, disposition: u32): u32 {
  if (!ACCOUNTED) return 0;
  recording = false;
  const signature = base() + SIGNATURE_OFFSET;
  store<u32>(signature + (SIG_CLASS << 2), load<u32>(signature + (SIG_CLASS << 2)) | (disposition << SIG_DISPOSITION_LSB));
  store<i32>(signature + (SIG_RET << 2), ret);
  store<u64>(signature + (SIG_KNOWN << 2), knownLow);
  store<u64>(signature + (SIG_KNOWN << 2) + 8, knownHigh);
  store<u64>(signature + (SIG_VALUE << 2), valueLow);
  store<u64>(signature + (SIG_VALUE << 2) + 8, valueHigh);
  if (words >= <u32>SIG_MAX) {
    count(Event.FAULT_UNRECORDED);
    return 0;
  }
  if (words & 1) putWord(words++, 0);
  return intern(signature, words);
}

/** Finds the signature in the path table or adds it; counts it. */
function intern(signature: usize, length: u32): u32 {
  const h = header();
  const hash = hashWords(signature, length);
  let index = hash & h.pathTableMask;
  // The table is kept at most half full, so an empty place ends the search.
  let place = base() + h.pathTable + (<usize>index << 2);
  for (let entry = load<u32>(place); entry != 0; entry = load<u32>(place)) {
    const at = base() + entry;
    if (load<u32>(at, PATH_HASH) == hash && load<u32>(at, PATH_WORDS) == length && sameWords(at + PATH_SIGNATURE, signature, length)) {
      store<u64>(at, load<u64>(at, PATH_COUNT) + 1, PATH_COUNT);
      return entry;
    }
    index = (index + 1) & h.pathTableMask;
    place = base() + h.pathTable + (<usize>index << 2);
  }
  return addPath(place, signature, length, hash);
}

function addPath(place: usize, signature: usize, length: u32, hash: u32): u32 {
  const h = header();
  const entry = h.pathArena;
  const end = entry + PATH_SIGNATURE + (length << 2);
  if (end > h.pathArenaEnd || h.pathCount * 2 > h.pathTableMask) {
    count(Event.FAULT_UNRECORDED);
    return 0;
  }
  h.pathArena = end;
  h.pathCount++;
  store<u32>(place, entry);
  const at = base() + entry;
  store<u64>(at, 1, PATH_COUNT);
  store<u32>(at, length, PATH_WORDS);
  store<u32>(at, hash, PATH_HASH);
  memory.copy(at + PATH_SIGNATURE, signature, length << 2);
  return entry;
}

function hashWords(at: usize, length: u32): u32 {
  let h: u64 = length;
  const end = at + (<usize>length << 2);
  for (; at < end; at += 8) {
    h = (h ^ load<u64>(at)) * 0x9e3779b97f4a7c15;
    h ^= h >> 32;
  }
  return <u32>h;
}

function sameWords(a: usize, b: usize, length: u32): bool {
  const end = a + (<usize>length << 2);
  for (; a < end; a += 8, b += 8) {
    if (load<u64>(a) != load<u64>(b)) return false;
  }
  return true;
}
