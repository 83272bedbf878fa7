// Walks of 4K stage-2 tables from level 1 in one bank of RAM, made ahead of what they are for: their reads of tables do
// not wait for one another. A walk changes nothing, so one that turns out not to be needed is none.
import * as A from "../../src/abi/arm";
import * as U from "../../src/abi/uarch";
import { TYPE } from "../kernel";
import { physGeneration } from "../phys";
import { Regime } from "../walk_structs";
import { MicroCore } from "./core";

const PAGE_BITS: u32 = 12;
const INDEX_MASK: usize = 511 << 3;
const ADDRESS: u64 = (((<u64>1) << A.DESC_ADDRESS_END) - 1) & ~(((<u64>1) << PAGE_BITS) - 1);

/** A walk: the leaf, where it maps to, the PAs of the descriptors read after that of level 1 (0 for none). */
@unmanaged
@final
export class Step {
  leaf: u64;
  output: u64;
  pa2: u64;
  pa3: u64;
  /** log2 of the leaf's size; 0 if the leaf does not let the access through. */
  bits: u32;
}

// @ts-ignore: decorator
@inline
export function stepAt(core: MicroCore, index: u32): Step {
  return changetype<Step>(changetype<usize>(core) + U.CORE_STEPS + index * U.AHEAD_STEP_SIZEOF);
}

/** The tables' place is known. */
export function isKnown(r: Regime): bool {
  return r.generation == physGeneration() && r.rootLinear != 0 && r.windowQuarter != 0 && !r.sparse;
}

/** Walks for the IPAs of [at, end), into the records from the first on; `masks` is that of kernelMasks. */
export function walkAhead(core: MicroCore, r: Regime, masks: usize, at: usize, end: usize): void {
  const leaves = load<u64>(masks);
  const block = load<u64>(masks, 8);
  const page = load<u64>(masks, 16);
  const root: usize = r.rootLinear;
  const a = r.windowLink;
  const b = r.windowQuarter;
  const c: usize = r.windowOffset;
  const ipaMax = r.ipaMax;
  for (let i: u32 = 0; at < end; at += 8, i++) {
    const ipa = load<u64>(at);
    const to = stepAt(core, i);
    to.bits = 0;
    if (ipa > ipaMax) continue;
    let desc = load<u64>(root + (<usize>(ipa >> 30) << 3));
    let bits: u32 = 30;
    let pa2: u64 = 0;
    let pa3: u64 = 0;
    const to2 = desc & (ADDRESS | TYPE);
    if (rotr<u64>(to2 - a, 2) < b) {
      const index2 = <usize>(ipa >> 18) & INDEX_MASK;
      desc = load<u64>(<usize>to2 + (index2 + c));
      pa2 = to2 - TYPE + index2;
      bits = 21;
      const to3 = desc & (ADDRESS | TYPE);
      if (rotr<u64>(to3 - a, 2) < b) {
        const index3 = <usize>(ipa >> 9) & INDEX_MASK;
        desc = load<u64>(<usize>to3 + (index3 + c));
        pa3 = to3 - TYPE + index3;
        bits = PAGE_BITS;
      }
    }
    to.leaf = desc;
    to.output = desc & ADDRESS & ~(((<u64>1) << bits) - 1);
    to.pa2 = pa2;
    to.pa3 = pa3;
    to.bits = (desc & leaves) == (bits == PAGE_BITS ? page : block) ? bits : 0;
  }
}
