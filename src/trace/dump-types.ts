/** How the tables of a dump are laid out, decoded from VTCR_EL2 by whoever took the dump. */
export interface DumpGeometry {
  /** In bytes. */
  granule: number;
  t0sz: number;
  iaBits: number;
  startLevel: number;
  /** IPA bits that index the start level, concatenated tables included. */
  startIndexBits: number;
  /** Number of concatenated tables at the start level. */
  startTables: number;
  paBits: number;
  ds: number;
  sl0: number;
  sl2: number;
  ha: number;
  hd: number;
  vs16: number;
  sh0: number;
  orgn0: number;
  irgn0: number;
}

/** Registers of the CPU at the stop. */
export interface DumpRegisters {
  vtcr: bigint;
  vttbr: bigint;
  hcr: bigint;
  /** All key registers of the file by name, these three as VTCR_EL2, VTTBR_EL2 and HCR_EL2. */
  all: ReadonlyMap<string, bigint>;
}

/** One table; the start level is one table of `nEntries` even if several are concatenated. */
export interface DumpTable {
  pa: bigint;
  /** -1 to 3. */
  level: number;
  /** First IPA that the table covers. */
  ipaBase: bigint;
  nEntries: number;
  /** Descriptors that are not zero, by index. */
  entries: ReadonlyMap<number, bigint>;
}

/** One leaf: a block or page descriptor and its fields, as numbers of the architecture. */
export interface DumpMapping {
  ipa: bigint;
  pa: bigint;
  level: number;
  /** In bytes. */
  size: bigint;
  desc: bigint;
  s2ap: number;
  /** 0 or 1, from S2AP. */
  r: number;
  /** 0 or 1, from S2AP. */
  w: number;
  /** Descriptor bits 54:53. */
  xn: number;
  af: number;
  memattr: number;
  contig: number;
  dbm: number;
  /** Software bits 58:55. */
  sw: number;
  sh: number;
}

/** The stage-2 tables of one VM at a stop inside the guest. */
export interface Dump {
  name: string;
  /** File name of the trace that was running. */
  trace: string;
  geometry: DumpGeometry;
  registers: DumpRegisters;
  vmid: number;
  tablePages: DumpTable[];
  mappings: DumpMapping[];
}
