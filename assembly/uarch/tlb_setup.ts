// How a table of translations lies in memory, and what makes it an empty one.
import * as T from "../../src/abi/tlb";
import { TlbType } from "../../src/abi/tlb";
import { NEXT, PREVIOUS, setAt, SIZE_BITS, TAG_GROUP, Tlb, TlbEntry } from "./tlb_table";

/** Makes an empty table of the bytes at `tlb`, as many as tlbBytes of src/uarch/tlb-layout.ts says. */
export function initTlb(tlb: Tlb, sets: u32, ways: u32): void {
  const slots = (ways + TAG_GROUP - 1) & ~(TAG_GROUP - 1);
  tlb.sets = sets;
  tlb.ways = ways;
  tlb.slots = slots;
  tlb.mask = popcnt(sets) == 1 ? sets - 1 : -1;
  tlb.ring = slots << 1;
  tlb.entries = (tlb.ring + <u32>NEXT + (ways << 2) + 7) & ~7;
  tlb.setBytes = (tlb.entries + ways * T.ENTRY_SIZEOF + 15) & ~15;
  resetTlb(tlb);
}

/** Forgets all entries: in every set all ways are in a ring. */
export function resetTlb(tlb: Tlb): void {
  memory.fill(changetype<usize>(tlb) + T.TLB_SIZES, 0, T.TLB_FIRST_SET - T.TLB_SIZES);
  for (let i: u32 = 0; i < tlb.sets; i++) {
    const set = setAt(tlb, i);
    memory.fill(set, 0, tlb.ring + <u32>NEXT);
    const ring = set + tlb.ring;
    for (let way: u32 = 0; way < tlb.ways; way++) {
      store<u16>(ring + (way << 2), <u16>(way + 1 == tlb.ways ? 0 : way + 1), NEXT);
      store<u16>(ring + (way << 2), <u16>(way == 0 ? tlb.ways - 1 : way - 1), PREVIOUS);
    }
  }
}

/** Compile-time only: every offset that the host uses is where the class has it. */
export function checkTlbLayout(): void {
  if (offsetof<Tlb>("mask") != T.TLB_MASK) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<Tlb>("entries") != T.TLB_ENTRIES) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<Tlb>() > <usize>T.TLB_SIZES) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (T.TLB_SIZES + (TlbType.COUNT << 3) > T.TLB_HELD) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (T.TLB_HELD + (TlbType.COUNT << (SIZE_BITS + 2)) > T.TLB_FIRST_SET) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<TlbEntry>("flags") != T.ENTRY_FLAGS) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<TlbEntry>("stage2") != T.ENTRY_STAGE2_DESC) ERROR("a structure disagrees with src/abi/tlb.ts");
  if (offsetof<TlbEntry>() != T.ENTRY_SIZEOF) ERROR("a structure disagrees with src/abi/tlb.ts");
}
