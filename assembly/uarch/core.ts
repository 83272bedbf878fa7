// One modelled core: where its parts lie, and what it counted. Only the accounted output has it.
import * as U from "../../src/abi/uarch";
import { base } from "../structs";

@unmanaged
@final
export class MicroCore {
  l1i: u32;
  l1d: u32;
  l2: u32;
  l3: u32;
  itlb: u32;
  dtlb: u32;
  stlb: u32;
  walkCache: u32;
  ipaCache: u32;
  btbNano: u32;
  btbMicro: u32;
  btbMain: u32;
  direction: u32;
  directionMask: u32;
  historyBits: u32;
  returns: u32;
  returnsSize: u32;
  coldRule: u32;
  walkStorage: u32;
  history: u32;
  random: u64;
  stolen: u32;
  returnsTop: u32;
  returnsUsed: u32;
  /** Of no use: what is loaded early has to go somewhere. */
  loaded: u32;
}

// @ts-ignore: decorator
@inline
export function coreAt(offset: u32): MicroCore {
  return changetype<MicroCore>(base() + offset);
}

/** Counts `n` events of `core`. */
// @ts-ignore: decorator
@inline
export function countMicro(core: MicroCore, event: U.MicroEvent, n: u64 = 1): void {
  const at = changetype<usize>(core) + (<usize>event << 3);
  store<u64>(at, load<u64>(at, U.CORE_COUNTS) + n, U.CORE_COUNTS);
}

/** Compile-time only: every offset that the host uses is where the class has it. */
export function checkCoreLayout(): void {
  if (offsetof<MicroCore>("itlb") != U.CORE_ITLB) ERROR("a structure disagrees with src/abi/uarch.ts");
  if (offsetof<MicroCore>("btbMain") != U.CORE_BTB_MAIN) ERROR("a structure disagrees with src/abi/uarch.ts");
  if (offsetof<MicroCore>("walkStorage") != U.CORE_WALK_STORAGE) ERROR("a structure disagrees with src/abi/uarch.ts");
  if (offsetof<MicroCore>("random") != U.CORE_RANDOM) ERROR("a structure disagrees with src/abi/uarch.ts");
  if (offsetof<MicroCore>("history") != U.CORE_HISTORY) ERROR("a structure disagrees with src/abi/uarch.ts");
  if (offsetof<MicroCore>("stolen") != U.CORE_STOLEN) ERROR("a structure disagrees with src/abi/uarch.ts");
  if (offsetof<MicroCore>("returnsUsed") != U.CORE_RETURNS_USED) ERROR("a structure disagrees with src/abi/uarch.ts");
  if (offsetof<MicroCore>() > <usize>U.CORE_COUNTS) ERROR("a structure disagrees with src/abi/uarch.ts");
  const reads = U.STEPS * U.READS_PER_STEP;
  if (U.CORE_STEPS + U.STEPS * U.AHEAD_STEP_SIZEOF > U.CORE_LOG) ERROR("a structure disagrees with src/abi/uarch.ts");
  if (U.CORE_LOG + 3 * reads * 8 > U.CORE_LOG_NEXT) ERROR("a structure disagrees with src/abi/uarch.ts");
  if (U.CORE_LOG_NEXT + 2 * reads * 8 > U.CORE_SIZEOF) ERROR("a structure disagrees with src/abi/uarch.ts");
}
