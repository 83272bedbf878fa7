/** How the tables of a dump are laid out, decoded from VTCR_EL2 by whoever took the dump. */
export interface DumpGeometry {
  /** In bytes. */
  granule: number;
  /** VTCR_EL2.T0SZ: 64 less the bits of an IPA. */
  t0sz: number;
  /** Bits of an IPA: `64 - t0sz`. */
  iaBits: number;
  /** Level of the first table, -1 to 3, from SL0 and SL2. */
  startLevel: number;
  /** IPA bits that index the start level, concatenated tables included. */
  startIndexBits: number;
  /** Number of concatenated tables at the start level. */
  startTables: number;
  /** Bits of an output address, from VTCR_EL2.PS. */
  paBits: number;
  /** VTCR_EL2.DS: 1 with the descriptors of FEAT_LPA2. */
  ds: number;
  /** VTCR_EL2.SL0, two bits; which start level they mean depends on the granule. */
  sl0: number;
  /** VTCR_EL2.SL2: with `ds` and 4 KiB granules a start level of -1. */
  sl2: number;
  /** VTCR_EL2.HA: 1 if the hardware sets the access flag. */
  ha: number;
  /** VTCR_EL2.HD: 1 if the hardware manages dirty state. */
  hd: number;
  /** VTCR_EL2.VS: 1 with VMIDs of 16 bits, 0 with 8. */
  vs16: number;
  /** VTCR_EL2.SH0, shareability of table walks: 0 non-shareable, 2 outer, 3 inner shareable. */
  sh0: number;
  /** VTCR_EL2.ORGN0, outer cacheability of table walks, 0 to 3. */
  orgn0: number;
  /** VTCR_EL2.IRGN0, inner cacheability of table walks, 0 to 3. */
  irgn0: number;
}

/** Registers of the CPU at the stop. */
export interface DumpRegisters {
  /** VTCR_EL2. */
  vtcr: bigint;
  /** VTTBR_EL2: VMID and first table. */
  vttbr: bigint;
  /** HCR_EL2. */
  hcr: bigint;
  /** All key registers of the file by name, these three as VTCR_EL2, VTTBR_EL2 and HCR_EL2. */
  all: ReadonlyMap<string, bigint>;
}

/** One table; the start level is one table of `nEntries` even if several are concatenated. */
export interface DumpTable {
  /** Of its first descriptor. */
  pa: bigint;
  /** -1 to 3. */
  level: number;
  /** First IPA that the table covers. */
  ipaBase: bigint;
  /** Descriptors of eight bytes that it holds, zeros included. */
  nEntries: number;
  /** Descriptors that are not zero, by index. */
  entries: ReadonlyMap<number, bigint>;
}

/** One leaf: a block or page descriptor and its fields, as numbers of the architecture. */
export interface DumpMapping {
  /** Of its first byte. */
  ipa: bigint;
  /** Output address: of its first byte. */
  pa: bigint;
  /** Level of the descriptor: 3 for a page, 0 to 2 for a block. */
  level: number;
  /** In bytes. */
  size: bigint;
  /** The descriptor as it stands in the table. */
  desc: bigint;
  /** S2AP, descriptor bits 7:6: bit 0 lets reads through, bit 1 writes. */
  s2ap: number;
  /** 0 or 1, from S2AP. */
  r: number;
  /** 0 or 1, from S2AP. */
  w: number;
  /** Descriptor bits 54:53. */
  xn: number;
  /** Access flag, descriptor bit 10: 0 faults at the first access, unless the hardware sets it. */
  af: number;
  /** MemAttr, descriptor bits 5:2; what they mean depends on HCR_EL2.FWB. */
  memattr: number;
  /** Contiguous hint, descriptor bit 52. */
  contig: number;
  /** Dirty bit modifier, descriptor bit 51: with VTCR_EL2.HD the first write makes the leaf writable. */
  dbm: number;
  /** Software bits 58:55. */
  sw: number;
  /** SH, descriptor bits 9:8 (VTCR_EL2.SH0 with DS): 0 non-shareable, 2 outer, 3 inner shareable. */
  sh: number;
}

/** What is needed to walk tables of a VM, and the leaves that are expected, if the file has them. */
export interface DumpedTables {
  /** Of the stop, such as `d1_mixed`; {@link DumpPoint} gives its line. The file's own name if it gives none. */
  name: string;
  /** Those of the CPU that the tables are walked under. */
  registers: DumpRegisters;
  /** Every table that the first one leads to. */
  tablePages: DumpTable[];
  /** Every valid leaf of these tables, as whoever took the dump reads it. */
  mappings?: DumpMapping[];
}

/** The stage-2 tables of one VM at a stop inside the guest. */
export interface Dump extends DumpedTables {
  /** File name of the trace that was running. */
  trace: string;
  /** What whoever took the dump made of VTCR_EL2. */
  geometry: DumpGeometry;
  /** VTTBR_EL2.VMID, 8 or 16 bits. */
  vmid: number;
  mappings: DumpMapping[];
}
