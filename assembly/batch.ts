// Many translations of one kind of access: the kernel for the regime, chosen once a batch, and the full walk for what
// it does not serve.
import { Fsc } from "../src/abi/arm";
import { RESULT_FAULT_LSB, RESULT_MEMATTR_LSB, TRANSLATION_SIZEOF } from "../src/abi/walk";
import { learnChunk, useChunks } from "./chunks";
import { Attributes, Chunks, Granule16K, Granule4K, Granule64K, Level0, Level1, Level2, Level3, LevelMinus1 } from "./kernel";
import { attributesOf, lookup, Narrow, Plain, SLOW, TYPE, Wide, Window } from "./kernel";
import { kernelMasks, NO_KERNEL } from "./kernel_masks";
import { NORMAL_WB, NSH } from "./memory_type";
import { findRam, physGeneration, resolve } from "./phys";
import { Bank, base, header } from "./structs";
import { translateStage2 } from "./translate";
import { levelShift } from "./vtcr";
import { resetRecord, stepPa } from "./walk_record";
import { Regime, Translation } from "./walk_structs";

// The batch under way.
let regime: Regime = changetype<Regime>(0);
let access: u32 = 0;
let el: u32 = 0;
let attributes: bool = false;
let masks: usize = 0;
/** The tables were found to lie elsewhere than the kernel was told. */
let moved: bool = false;

/** Translates `n` IPAs at `ipas` into `results`; see RESULT_* of src/abi/walk.ts. */
export function translateBatch(r: Regime, ipas: usize, n: u32, kind: u32, level: u32, results: usize, withAttributes: bool): void {
  begin(r, kind, level, withAttributes);
  for (let i: u32 = 0; i < n; ) i = masks == 0 ? walkAll(ipas, results, i, n) : kernel(ipas, results, i, n);
}

/** One translation, without attributes: by the kernel if it knows where the tables are, or as a batch of one. */
export function translateSingle(r: Regime, ipa: u64, kind: u32, level: u32): u64 {
  if (r.generation == physGeneration() && r.windowQuarter != 0 && !r.sparse) {
    const at = kernelMasks(r, kind, level);
    const found = at == 0 ? SLOW : singleByKernel(r, at, ipa);
    if (found != SLOW) return found;
  }
  const at = base() + header().scratch + TRANSLATION_SIZEOF;
  store<u64>(at, ipa);
  translateBatch(r, at, 1, kind, level, at, false);
  return load<u64>(at);
}

function begin(r: Regime, kind: u32, level: u32, withAttributes: bool): void {
  regime = r;
  access = kind;
  el = level;
  attributes = withAttributes;
  if (r.generation != physGeneration()) findTables(r);
  masks = r.rootLinear == 0 || !chunksServe(r) ? 0 : kernelMasks(r, kind, level);
}

/** Chunks, if the tables are found by them, hold whole tables and were learnt under the same output size. */
function chunksServe(r: Regime): bool {
  if (!r.sparse) return true;
  useChunks(r.oaBits);
  return header().chunkShift >= r.granuleShift;
}

/** Finds the first table, which kernels do not check again: all of it in one bank and within the output size. */
function findTables(r: Regime): void {
  r.generation = physGeneration();
  r.windowQuarter = 0;
  r.sparse = 0;
  r.rootLinear = 0;
  if (r.kernel == NO_KERNEL) return;
  const last = r.tableBase + ((<u64>1) << (r.iaBits - levelShift(r.granuleShift, r.startLevel) + 3)) - 8;
  const bank = findRam(r.tableBase);
  if (bank == null || last >= bank.end || last >> r.oaBits != 0) return;
  r.rootLinear = <u32>resolve(r.tableBase);
}

function walkAll(ipas: usize, results: usize, i: u32, n: u32): u32 {
  for (; i < n; i++) store<u64>(results + (<usize>i << 3), fullWalk(load<u64>(ipas + (<usize>i << 3))));
  return n;
}

/** The result of the full walk, which sets what a leaf's hardware update sets. */
function fullWalk(ipa: u64): u64 {
  const out = changetype<Translation>(base() + header().scratch);
  resetRecord(out, ipa);
  translateStage2(regime, ipa, access, el, false, NORMAL_WB, NSH, out);
  learnTables(out);
  if (out.fsc >= 0) return ((<u64>1) << RESULT_FAULT_LSB) | <u64>out.fsc;
  // Without stage 2 an address that no result can hold is none of the CPU's.
  if (out.pa >> RESULT_MEMATTR_LSB != 0) return ((<u64>1) << RESULT_FAULT_LSB) | Fsc.ADDRESS_SIZE;
  if (!attributes || out.stage2Off) return out.pa;
  return out.pa | attributesOf(out.desc, regime.attributeMask, regime.attributeBits);
}

/** Has the kernels find the tables that the full walk read: the first bank is their window, a second one ends it. */
function learnTables(out: Translation): void {
  if (masks == 0) return;
  for (let i: u32 = 1; i < out.steps; i++) {
    const pa = stepPa(out, i);
    const bank = findRam(pa);
    if (bank == null) return;
    if (regime.sparse) learnChunk(pa, bank);
    else if ((pa | TYPE) - regime.windowLink >= regime.windowQuarter << 2) leaveWindow(pa, bank);
  }
}

/** Makes the bank that holds `pa` the window; with another window before it, the tables are found by chunks. */
function leaveWindow(pa: u64, bank: Bank): void {
  moved = true;
  // Whole granules within the output size: a table that begins in the window ends in it and is no address size fault.
  const granule = ((<u64>1) << regime.granuleShift) - 1;
  const start = (bank.pa + granule) & ~granule;
  const end = min<u64>(bank.end & ~granule, (<u64>1) << regime.oaBits);
  if (regime.windowQuarter != 0 || pa < start || pa >= end) {
    regime.sparse = 1;
    if (!chunksServe(regime)) masks = 0;
    return;
  }
  regime.windowLink = start | TYPE;
  regime.windowQuarter = (end - start) >> 2;
  regime.windowOffset = <u32>(base() + bank.offset - <usize>bank.pa - <usize>TYPE);
}

function kernel(ipas: usize, results: usize, i: u32, n: u32): u32 {
  if (regime.sparse) return attributes ? byKernel<Chunks, Attributes>(ipas, results, i, n) : byKernel<Chunks, Plain>(ipas, results, i, n);
  return attributes ? byKernel<Window, Attributes>(ipas, results, i, n) : byKernel<Window, Plain>(ipas, results, i, n);
}

/** The order is that of kernel_masks.ts: by granule and start level, then those of wide addresses. */
function byKernel<M, F>(ipas: usize, results: usize, i: u32, n: u32): u32 {
  switch (regime.kernel) {
    case 0: return run<Granule4K, LevelMinus1, Narrow, M, F>(ipas, results, i, n);
    case 1: return run<Granule4K, Level0, Narrow, M, F>(ipas, results, i, n);
    case 2: return run<Granule4K, Level1, Narrow, M, F>(ipas, results, i, n);
    case 3: return run<Granule4K, Level2, Narrow, M, F>(ipas, results, i, n);
    case 4: return run<Granule4K, Level3, Narrow, M, F>(ipas, results, i, n);
    case 6: return run<Granule16K, Level0, Narrow, M, F>(ipas, results, i, n);
    case 7: return run<Granule16K, Level1, Narrow, M, F>(ipas, results, i, n);
    case 8: return run<Granule16K, Level2, Narrow, M, F>(ipas, results, i, n);
    case 9: return run<Granule16K, Level3, Narrow, M, F>(ipas, results, i, n);
    case 12: return run<Granule64K, Level1, Narrow, M, F>(ipas, results, i, n);
    case 13: return run<Granule64K, Level2, Narrow, M, F>(ipas, results, i, n);
    case 14: return run<Granule64K, Level3, Narrow, M, F>(ipas, results, i, n);
    case 15: return run<Granule4K, LevelMinus1, Wide, M, F>(ipas, results, i, n);
    case 16: return run<Granule4K, Level0, Wide, M, F>(ipas, results, i, n);
    case 17: return run<Granule4K, Level1, Wide, M, F>(ipas, results, i, n);
    case 18: return run<Granule4K, Level2, Wide, M, F>(ipas, results, i, n);
    case 19: return run<Granule4K, Level3, Wide, M, F>(ipas, results, i, n);
    case 21: return run<Granule16K, Level0, Wide, M, F>(ipas, results, i, n);
    case 22: return run<Granule16K, Level1, Wide, M, F>(ipas, results, i, n);
    case 23: return run<Granule16K, Level2, Wide, M, F>(ipas, results, i, n);
    case 24: return run<Granule16K, Level3, Wide, M, F>(ipas, results, i, n);
    case 27: return run<Granule64K, Level1, Wide, M, F>(ipas, results, i, n);
    case 28: return run<Granule64K, Level2, Wide, M, F>(ipas, results, i, n);
    default: return run<Granule64K, Level3, Wide, M, F>(ipas, results, i, n);
  }
}

/** As byKernel, for one IPA through a window. */
function singleByKernel(r: Regime, masks: usize, ipa: u64): u64 {
  switch (r.kernel) {
    case 0: return one<Granule4K, LevelMinus1, Narrow>(r, masks, ipa);
    case 1: return one<Granule4K, Level0, Narrow>(r, masks, ipa);
    case 2: return one<Granule4K, Level1, Narrow>(r, masks, ipa);
    case 3: return one<Granule4K, Level2, Narrow>(r, masks, ipa);
    case 4: return one<Granule4K, Level3, Narrow>(r, masks, ipa);
    case 6: return one<Granule16K, Level0, Narrow>(r, masks, ipa);
    case 7: return one<Granule16K, Level1, Narrow>(r, masks, ipa);
    case 8: return one<Granule16K, Level2, Narrow>(r, masks, ipa);
    case 9: return one<Granule16K, Level3, Narrow>(r, masks, ipa);
    case 12: return one<Granule64K, Level1, Narrow>(r, masks, ipa);
    case 13: return one<Granule64K, Level2, Narrow>(r, masks, ipa);
    case 14: return one<Granule64K, Level3, Narrow>(r, masks, ipa);
    case 15: return one<Granule4K, LevelMinus1, Wide>(r, masks, ipa);
    case 16: return one<Granule4K, Level0, Wide>(r, masks, ipa);
    case 17: return one<Granule4K, Level1, Wide>(r, masks, ipa);
    case 18: return one<Granule4K, Level2, Wide>(r, masks, ipa);
    case 19: return one<Granule4K, Level3, Wide>(r, masks, ipa);
    case 21: return one<Granule16K, Level0, Wide>(r, masks, ipa);
    case 22: return one<Granule16K, Level1, Wide>(r, masks, ipa);
    case 23: return one<Granule16K, Level2, Wide>(r, masks, ipa);
    case 24: return one<Granule16K, Level3, Wide>(r, masks, ipa);
    case 27: return one<Granule64K, Level1, Wide>(r, masks, ipa);
    case 28: return one<Granule64K, Level2, Wide>(r, masks, ipa);
    default: return one<Granule64K, Level3, Wide>(r, masks, ipa);
  }
}

function one<G, S, W>(r: Regime, masks: usize, ipa: u64): u64 {
  const leaves = load<u64>(masks);
  const block = load<u64>(masks, 8);
  const page = load<u64>(masks, 16);
  return lookup<G, S, W, Window, Plain>(
    ipa, r.ipaMax, r.rootLinear, r.windowLink, r.windowQuarter, r.windowOffset, leaves, block, page, 0, 0,
  );
}

/** Translates from `i` on until the end, or until the tables turn out to lie elsewhere. Returns the next index. */
function run<G, S, W, M, F>(ipas: usize, results: usize, i: u32, n: u32): u32 {
  // In locals: a store to the results would have them read again.
  const r = regime;
  const chunked = idof<M>() == idof<Chunks>();
  const a: u64 = chunked ? <u64>header().chunkLinkShift : r.windowLink;
  const b: u64 = chunked ? 0 : r.windowQuarter;
  const c: usize = chunked ? header().chunkTable : r.windowOffset;
  const ipaMax = r.ipaMax;
  const root: usize = r.rootLinear;
  const leaves = load<u64>(masks);
  const block = load<u64>(masks, 8);
  const page = load<u64>(masks, 16);
  const mask = r.attributeMask;
  const bits = r.attributeBits;
  moved = false;
  const end = ipas + (<usize>n << 3);
  const distance = results - ipas;
  for (let at = ipas + (<usize>i << 3); at < end; at += 8) {
    const ipa = load<u64>(at);
    const found = lookup<G, S, W, M, F>(ipa, ipaMax, root, a, b, c, leaves, block, page, mask, bits);
    store<u64>(at + distance, found);
    if (found != SLOW) continue;
    store<u64>(at + distance, fullWalk(ipa));
    if (moved) return <u32>((at - ipas) >> 3) + 1;
  }
  return n;
}
