// The tables of translations of a core as they lie in memory: what of them is in use, and whether their links can be.
import * as T from '../abi/tlb.js';
import { TlbType } from '../abi/tlb.js';
import type { Allocation } from '../core/arena.js';
import type { View } from '../core/view.js';
import type { Microarch } from '../uarch/microarch.js';
import { TLB_FIELDS, TLB_NAMES } from '../uarch/tlb-layout.js';
import { Problem } from './problem.js';

const SIZE_BITS = 6n;
const SIZES = 1 << 6;
/** Levels of a walk that can come next, and one: from -1 to 3. */
const NEXT_LEVELS = 5;

interface Tlb {
  at: number;
  sets: number;
  ways: number;
  slots: number;
  setBytes: number;
  ring: number;
  entries: number;
}

function tlbsOf({ machine: { view }, offset }: Microarch): { name: string; tlb: Tlb }[] {
  return TLB_NAMES.flatMap((name) => {
    const at = view.u32(offset + TLB_FIELDS[name]);
    return at === 0 ? [] : [{ name, tlb: readTlb(view, at) }];
  });
}

function readTlb(view: View, at: number): Tlb {
  return {
    at,
    sets: view.u32(at + T.TLB_SETS),
    ways: view.u32(at + T.TLB_WAYS),
    slots: view.u32(at + T.TLB_SLOTS),
    setBytes: view.u32(at + T.TLB_SET_BYTES),
    ring: view.u32(at + T.TLB_RING),
    entries: view.u32(at + T.TLB_ENTRIES),
  };
}

const setAt = (tlb: Tlb, set: number): number => tlb.at + T.TLB_FIRST_SET + set * tlb.setBytes;
const typeOf = (key: bigint): number => Number((key >> SIZE_BITS) & 0x3fn);
const sizeOf = (key: bigint): number => Number(key & 0x3fn);

/** What is left in the ways of former entries: which way an entry was made decides what of it is written. */
export function unusedTlbBytes(core: Microarch): Allocation[] {
  const { view } = core.machine;
  return tlbsOf(core).flatMap(({ tlb }) =>
    Array.from({ length: tlb.sets * tlb.ways }, (_, i): Allocation => {
      const set = setAt(tlb, Math.floor(i / tlb.ways));
      const way = i % tlb.ways;
      const entry = set + tlb.entries + way * T.ENTRY_SIZEOF;
      if (view.u16(set + way * 2) === 0) return [entry, T.ENTRY_SIZEOF];
      if (typeOf(view.u64(entry + T.ENTRY_KEY)) >= TlbType.HOST)
        return [entry + T.ENTRY_FLAGS, T.ENTRY_SIZEOF - T.ENTRY_FLAGS];
      const stage1 = view.u32(entry + T.ENTRY_FLAGS) & T.ENTRY_STAGE1;
      return [entry + T.ENTRY_STAGE1_DESC, stage1 ? 0 : 8];
    }),
  );
}

/** Throws a Problem for links, types and counts that no use of the TLBs leaves: the core follows them unchecked. */
export function checkTlbs(core: Microarch): void {
  const { view } = core.machine;
  for (const { name, tlb } of tlbsOf(core)) {
    const held = new Uint32Array(TlbType.COUNT * SIZES);
    for (let set = 0; set < tlb.sets; set++) {
      checkRing(view, tlb, setAt(tlb, set), name);
      countHeld(view, tlb, setAt(tlb, set), held, name);
    }
    checkCounts(view, tlb, held, name);
  }
}

/** The ways of a set are one ring. */
function checkRing(view: View, tlb: Tlb, set: number, name: string): void {
  const links = set + tlb.ring + T.RING_LINKS;
  const first = view.u16(set + tlb.ring);
  let way = first;
  for (let i = 0; i < tlb.ways; i++) {
    const next = way < tlb.ways ? view.u16(links + way * 4) : tlb.ways;
    const back = next < tlb.ways ? view.u16(links + next * 4 + 2) : tlb.ways;
    if (back !== way || (next === first) !== (i === tlb.ways - 1))
      throw new Problem(`the ${name} has a set whose ways are no ring`);
    way = next;
  }
}

function countHeld(view: View, tlb: Tlb, set: number, held: Uint32Array, name: string): void {
  for (let way = 0; way < tlb.slots; way++) {
    if (view.u16(set + way * 2) === 0) continue;
    if (way >= tlb.ways) throw new Problem(`the ${name} has a tag of no way`);
    const entry = set + tlb.entries + way * T.ENTRY_SIZEOF;
    const key = view.u64(entry + T.ENTRY_KEY);
    const type = typeOf(key);
    if (type >= TlbType.COUNT) throw new Problem(`the ${name} holds an entry of type ${type}`);
    const level = (view.u32(entry + T.ENTRY_FLAGS) >>> T.ENTRY_LEVEL_LSB) & T.ENTRY_LEVEL_MASK;
    if (type === TlbType.WALK && level >= NEXT_LEVELS)
      throw new Problem(`the ${name} holds a walk to level ${level - 1}`);
    const kind = type * SIZES + sizeOf(key);
    held[kind] = (held[kind] as number) + 1;
  }
}

function checkCounts(view: View, tlb: Tlb, held: Uint32Array, name: string): void {
  for (let type = 0; type < TlbType.COUNT; type++) {
    let sizes = 0n;
    for (let size = 0; size < SIZES; size++) {
      const kind = type * SIZES + size;
      if (held[kind] !== 0) sizes |= 1n << BigInt(size);
      if (view.u32(tlb.at + T.TLB_HELD + kind * 4) !== held[kind])
        throw new Problem(`the ${name} counts other entries than it holds`);
    }
    if (view.u64(tlb.at + T.TLB_SIZES + type * 8) !== sizes)
      throw new Problem(`the ${name} names other sizes than it holds`);
  }
}
