// What the reference model is asked and what it answers. All addresses and register values are unsigned.

export type GranuleKib = 4 | 16 | 64;

/** What the ID registers would tell: the features the translation depends on. */
export interface CpuFeatures {
  /** Implemented physical address size in bits. */
  paMax: number;
  granules: readonly GranuleKib[];
  /** FEAT_LPA, and FEAT_LVA with it: 52-bit addresses at 64K. */
  lpa: boolean;
  /** FEAT_LPA2 of each granule. */
  lpa2: readonly (4 | 16)[];
  ttst: boolean;
  xnx: boolean;
  /** FEAT_HAFDBS: hardware update of the Access flag, and of the dirty state. */
  haf: boolean;
  hdbs: boolean;
  fwb: boolean;
  ras: boolean;
  bbm: 0 | 1 | 2;
}

/** What the architecture leaves open. */
export interface Choices {
  t0sz: 'fault' | 'clamp';
  /** What a reserved or unimplemented TGx selects. A size that is not implemented means the smallest. */
  granule: 'smallest' | GranuleKib;
  reservedMemAttr: 'WB' | 'WT' | 'NC';
  reservedShareability: 'NSH' | 'ISH' | 'OSH';
  contiguousOutput: 'input' | 'descriptor';
  contiguousBeyondInput: 'ignore' | 'fault';
  blockNt: 'ignore' | 'fault';
  /** The Access flag under HA, when the access takes an Alignment or a Permission fault. */
  accessFlagOnFault: 'keep' | 'set';
  accessFlagByAt: 'set' | 'keep';
  executeFromDevice: 'normal-nc' | 'fault';
  cacheOpAccessFlag: 'fault' | 'ignore';
}

/** Registers that are absent read as zero. */
export interface Registers {
  vtcr: bigint;
  vttbr: bigint;
  hcr: bigint;
  sctlrEl2?: bigint;
  sctlrEl1?: bigint;
  tcrEl1?: bigint;
  ttbr0El1?: bigint;
  ttbr1El1?: bigint;
  mairEl1?: bigint;
}

export const ACCESS_KINDS = [
  'read',
  'write',
  'execute',
  'atomic',
  'table-walk',
  'table-update',
  'at-read',
  'at-write',
  'cache-op',
  'cache-invalidate',
  'cache-zero',
  'icache-op',
] as const;

export type AccessKind = (typeof ACCESS_KINDS)[number];
export type ExceptionLevel = 0 | 1;

interface QueryBase {
  access: AccessKind;
  el: ExceptionLevel;
  unaligned?: boolean;
}

/** Stage 2 alone, for an IPA that stage 1 delivered with these attributes. */
export interface IpaQuery extends QueryBase {
  ipa: bigint;
  /** A MAIR_EL1 byte and an SH field; Normal Write-Back Inner Shareable unless given. */
  stage1?: { attr: number; sh: number };
}

/** Both stages. */
export interface VaQuery extends QueryBase {
  va: bigint;
  /** PSTATE.PAN. */
  pan?: boolean;
}

export type Query = IpaQuery | VaQuery;

/** A descriptor rewritten by hardware; both values are as the memory holds them. */
export interface Update {
  pa: bigint;
  old: bigint;
  new: bigint;
}

export type FaultType =
  | 'Translation'
  | 'AddressSize'
  | 'AccessFlag'
  | 'Permission'
  | 'Alignment'
  | 'SyncExternalOnWalk';

export interface Success {
  ok: true;
  pa: bigint;
  /** The combined attributes, encoded as a MAIR_EL1 byte. */
  attr: number;
  sh: number;
  updates: Update[];
}

export interface Failure {
  ok: false;
  type: FaultType;
  level: number;
  stage: 1 | 2;
  s1ptw: boolean;
  /** Every stage-2 fault has one, also where HPFAR_EL2 would be UNKNOWN. */
  ipa?: bigint;
  /** The access asked to write; for an atomic, only where the missing permission was that to write. */
  write: boolean;
  updates: Update[];
}

export type Answer = Success | Failure;

/** Physical memory in words of eight bytes. */
export interface Memory {
  /** Undefined where there is no memory. */
  read(pa: bigint): bigint | undefined;
  write(pa: bigint, value: bigint): void;
}
