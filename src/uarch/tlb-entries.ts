import * as T from '../abi/tlb.js';
import { TlbType } from '../abi/tlb.js';
import type { View } from '../core/view.js';
import { TLB_FIELDS, TLB_NAMES, type TlbName } from './tlb-layout.js';

/** What an entry translates; see TlbType. */
export type TranslationKind = 'va-pa' | 'ipa-pa' | 'partial-walk' | 'host' | 'host-partial-walk' | 'guest';

const KIND: Readonly<Record<Exclude<TlbType, TlbType.COUNT>, TranslationKind>> = {
  [TlbType.COMBINED]: 'va-pa',
  [TlbType.IPA]: 'ipa-pa',
  [TlbType.WALK]: 'partial-walk',
  [TlbType.HOST]: 'host',
  [TlbType.HOST_WALK]: 'host-partial-walk',
  [TlbType.GUEST]: 'guest',
};

/** One translation that a core holds. */
export interface HeldTranslation {
  /** Which structure of the {@link CoreGeometry} holds it. */
  where: TlbName;
  /** What it translates, from what to what. */
  kind: TranslationKind;
  /** VA or IPA of its first byte. */
  address: bigint;
  /** log2 of the bytes it covers. */
  shift: number;
  /** VMID it is tagged with; 0 of the host and of a guest without tables. */
  vmid: number;
  /** PA of the first byte; of a partial walk the IPA of the next table; 0 where there are no tables. */
  output: bigint;
  /** Leaf descriptor of stage 1, of a partial walk the table descriptor; absent if stage 1 took no part. */
  stage1?: bigint;
  /** Leaf descriptor of stage 2; absent if stage 2 took no part. */
  stage2?: bigint;
  /** Of a partial walk: level of the next table. */
  level?: number;
}

const PAGE_MASK = 0xfffn;

/** Every translation of the core at `core`, in each set from the one used last to the one used longest ago. */
export function heldTranslations(view: View, core: number): HeldTranslation[] {
  return TLB_NAMES.flatMap((where) => {
    const tlb = view.u32(core + TLB_FIELDS[where]);
    if (tlb === 0) return [];
    const sets = view.u32(tlb + T.TLB_SETS);
    return Array.from({ length: sets }, (_, set) => setEntries(view, tlb, set, where)).flat();
  });
}

function setEntries(view: View, tlb: number, set: number, where: TlbName): HeldTranslation[] {
  const ways = view.u32(tlb + T.TLB_WAYS);
  const tags = tlb + T.TLB_FIRST_SET + set * view.u32(tlb + T.TLB_SET_BYTES);
  const ring = tags + view.u32(tlb + T.TLB_RING);
  const records = tags + view.u32(tlb + T.TLB_ENTRIES);
  const found: HeldTranslation[] = [];
  let way = view.u16(ring);
  for (let i = 0; i < ways; i++) {
    if (view.u16(tags + 2 * way) !== 0) found.push(readEntry(view, records + T.ENTRY_SIZEOF * way, where));
    way = view.u16(ring + T.RING_LINKS + 4 * way);
  }
  return found;
}

function readEntry(view: View, at: number, where: TlbName): HeldTranslation {
  const key = view.u64(at + T.ENTRY_KEY);
  const type = Number((key >> 6n) & 0x3fn);
  const flags = view.u32(at + T.ENTRY_FLAGS);
  const tables = type < TlbType.HOST;
  return {
    where,
    kind: KIND[type as Exclude<TlbType, TlbType.COUNT>],
    address: key & ~PAGE_MASK,
    shift: Number(key & 0x3fn),
    vmid: view.u32(at + T.ENTRY_CONTEXT),
    output: tables ? view.u64(at + T.ENTRY_OUTPUT) : 0n,
    ...(tables && (flags & T.ENTRY_STAGE1) !== 0 && { stage1: view.u64(at + T.ENTRY_STAGE1_DESC) }),
    ...(tables && (flags & T.ENTRY_STAGE2) !== 0 && { stage2: view.u64(at + T.ENTRY_STAGE2_DESC) }),
    ...(type === TlbType.WALK && { level: ((flags >> T.ENTRY_LEVEL_LSB) & T.ENTRY_LEVEL_MASK) - 1 }),
  };
}
