// Many accesses of one kind: translation, and the line at the PA where that is asked for.
import { Fsc } from "../../src/abi/arm";
import { ACCESS_LINE } from "../../src/abi/tlb";
import { AccessType, RESULT_FAULT_LSB, RESULT_MEMATTR_LSB } from "../../src/abi/walk";
import { base, header } from "../structs";
import { Regime, Translation } from "../walk_structs";
import { MicroCore } from "./core";
import { fetchLine, loadLine, storeLine } from "./hierarchy";
import { translateThroughTlb } from "./micro_walk";

/** The line at `pa` is read, written or fetched. */
export function accessLine(core: MicroCore, pa: u64, access: u32): void {
  if (access == AccessType.READ) loadLine(core, pa);
  else if (access == AccessType.EXECUTE) fetchLine(core, pa);
  else storeLine(core, pa);
}

/** One access as translateThroughTlb has it, in the form of the results of a batch (RESULT_* of src/abi/walk.ts). */
function accessOne(core: MicroCore, r: Regime, address: u64, access: u32, el: u32, flags: u32): u64 {
  const out = changetype<Translation>(base() + header().scratch);
  translateThroughTlb(core, r, address, access, el, flags, out);
  if (out.fsc >= 0) return ((<u64>1) << RESULT_FAULT_LSB) | <u64>out.fsc;
  // Without stage 2 an address that no result can hold is none of the CPU's.
  if (out.pa >> RESULT_MEMATTR_LSB != 0) return ((<u64>1) << RESULT_FAULT_LSB) | Fsc.ADDRESS_SIZE;
  if (flags & ACCESS_LINE) accessLine(core, out.pa, access);
  return out.pa;
}

export function accessMany(core: MicroCore, r: Regime, addresses: usize, n: u32, access: u32, el: u32, flags: u32, results: usize): void {
  for (let i: usize = 0; i < <usize>n << 3; i += 8) {
    store<u64>(results + i, accessOne(core, r, load<u64>(addresses + i), access, el, flags));
  }
}
