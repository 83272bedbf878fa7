// How a table of translations lies in memory, and what makes it an empty one.
import * as T from "../../src/abi/tlb";
import { TlbType } from "../../src/abi/tlb";
import { headAt, linksAt, NEXT, PREVIOUS, SIZE_BITS, TAG_GROUP, Tlb, TlbEntry } from "./tlb_table";

// @ts-ignore: decorator
@inline
function aligned(bytes: u32): u32 {
  return (bytes + 15) & ~15;
}

/** Makes an empty table of the bytes at `tlb`, as many as tlbBytes of src/uarch/tlb-layout.ts says. */
export function initTlb(tlb: Tlb, sets: u32, ways: u32): void {
  const slots = (ways + TAG_GROUP - 1) & ~(TAG_GROUP - 1);
  tlb.sets = sets;
  tlb.ways = ways;
  tlb.slots = slots;
  tlb.mask = popcnt(sets) == 1 ? sets - 1 : 0;
  tlb.heads = T.TLB_TAGS + ((sets * slots) << 1);
  tlb.links = tlb.heads + aligned(sets << 1);
  tlb.entries = tlb.links + aligned((sets * ways) << 2);
  resetTlb(tlb);
}

/** Forgets all entries: in every set all ways are in a ring. */
export function resetTlb(tlb: Tlb): void {
  const start = changetype<usize>(tlb);
  memory.fill(start + T.TLB_SIZES, 0, T.TLB_TAGS - T.TLB_SIZES);
  memory.fill(start + T.TLB_TAGS, 0, (tlb.sets * tlb.slots) << 1);
  for (let set: u32 = 0; set < tlb.sets; set++) {
    store<u16>(headAt(tlb, set), 0);
    const links = linksAt(tlb, set);
    for (let way: u32 = 0; way < tlb.ways; way++) {
      store<u16>(links + (way << 2), <u16>(way + 1 == tlb.ways ? 0 : way + 1), NEXT);
      store<u16>(links + (way << 2), <u16>(way == 0 ? tlb.ways - 1 : way - 1), PREVIOUS);
    }
  }
}

/** Compile-time only: every offset that the host uses is where the class has it. */
export function checkTlbLayout(): void {
  if (offsetof<Tlb>("mask") != T.TLB_MASK) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<Tlb>("entries") != T.TLB_ENTRIES) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<Tlb>() > <usize>T.TLB_SIZES) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (T.TLB_SIZES + (TlbType.COUNT << 3) > T.TLB_HELD) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (T.TLB_HELD + (TlbType.COUNT << (SIZE_BITS + 2)) > T.TLB_TAGS) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<TlbEntry>("flags") != T.ENTRY_FLAGS) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<TlbEntry>("stage2") != T.ENTRY_STAGE2_DESC) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<TlbEntry>() != T.ENTRY_SIZEOF) ERROR("a structure disagrees with src/abi/tlb.ts");
}
