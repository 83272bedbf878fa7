/** One thing the table code did, in program order. */
export type TableStep =
  | {
      /** A descriptor is written. */
      do: 'write';
      /** PA of the entry. */
      address: bigint;
      /** The descriptor that was there; 0: none. */
      old: bigint;
      /** The descriptor that is there now; 0: none. */
      desc: bigint;
    }
  | {
      /** Descriptors are written to entries side by side. */
      do: 'run';
      /** PA of the first entry. */
      address: bigint;
      /** The first descriptor. */
      first: bigint;
      /** What each descriptor is above the one before. */
      step: bigint;
      /** How many. */
      entries: number;
    }
  | {
      /** A table page is taken from the pool, all zero, or given back. */
      do: 'alloc' | 'free';
      /** PA of the page. */
      address: bigint;
    }
  | {
      /** A DSB. */
      do: 'dsb';
      /** DSB ISHST waits for stores alone, DSB ISH for invalidations too. */
      waits: 'stores' | 'all';
    }
  | {
      /** An ISB. */
      do: 'isb';
    }
  | {
      /** An invalidation of what stage 2 made of one IPA. */
      do: 'tlbi';
      /** TLBI IPAS2E1IS. */
      op: 'ipas2e1is';
      /** VTTBR_EL2.VMID. */
      vmid: number;
      /** Any IPA of the translation. */
      ipa: bigint;
    }
  | {
      /** An invalidation of a whole VMID. */
      do: 'tlbi';
      /** TLBI VMALLE1IS: stage 1 and entries that combine both stages; TLBI VMALLS12E1IS: all. */
      op: 'vmalle1is' | 'vmalls12e1is';
      /** VTTBR_EL2.VMID. */
      vmid: number;
    };

/** What a descriptor write came to. */
export type ChangeClass =
  /** The same again, or one invalid value for another. */
  | 'same'
  /** Valid where nothing was. */
  | 'created'
  /** Invalid where something was. */
  | 'removed'
  /** S2AP or XN alone. */
  | 'permission'
  /** AF or DBM. */
  | 'accessFlag'
  /** Bits that no translation depends on. */
  | 'ignored'
  /** Broken, then made anew: a change that needs break-before-make. `removed` does not count its break. */
  | 'replaced'
  /** Broken, then made anew, though the change did not need it or was none. */
  | 'remade'
  /** Needs break-before-make, but was done without, or before the invalidation was complete. */
  | 'violated'
  /** In a table that no root leads to. */
  | 'unlinked';

/** Which rule of break-before-make or TLB maintenance is broken. */
export type ViolationKind =
  /** A valid entry became another one that needs break-before-make, in one write. */
  | 'no-break'
  /** The entry was broken, but the old translation may be in a TLB when the new one is made. */
  | 'make-before-invalidate'
  /** At a check: a translation that the tables do not give any more may be in a TLB. */
  | 'stale-translation'
  /** A table page was given back that the walk caches may lead to. */
  | 'freed-table-held'
  /** A table page was given back that the tables lead to. */
  | 'freed-table-linked'
  /**
   * A walk can give what the tables never gave: a valid entry was written into an unlinked table that walk caches lead
   * to, or a table was linked before a DSB that makes its entries visible.
   */
  | 'mixed-walk'
  /** A descriptor was written where no table is. */
  | 'stray-write'
  /** At a check: a table in memory is not what the log makes of it. */
  | 'unlogged-write';

/** What a change from one translation to another needs break-before-make for. */
export type BbmReason =
  | 'block size'
  | 'next table'
  | 'output address'
  | 'memory type'
  | 'shareability'
  | 'contiguous bit';

/** Why a translation may still be in a TLB. */
export type HeldBecause =
  /** No TLBI for it since it was overwritten. */
  | 'never invalidated'
  /** The only TLBI came before a DSB made the write visible: a walk may have read the old value since. */
  | 'invalidated too early'
  /** The TLBI was for another VMID. */
  | 'other VMID invalidated'
  /** No DSB ISH since the TLBI. */
  | 'invalidation not complete'
  /** Stage 2 is invalidated, entries that combine both stages are not (TLBI VMALLE1IS). */
  | 'combined entries left'
  /** Stage 2 is invalidated; no DSB ISH since the TLBI of entries that combine both stages. */
  | 'combined invalidation not complete';

/** One broken rule. */
export interface Violation {
  /** The rule by its short name. */
  kind: ViolationKind;
  /** The rule in words, with what breaks it. */
  rule: string;
  /** Offset of the struct kvm (`Vm.offset`), absent where no VM is concerned. */
  vm?: number;
  /** First IPA of the translation that is wrong. */
  ipa?: bigint;
  /** PA of the entry, or of the table page. */
  address: bigint;
  /** Of the entry or of the translation, -1 to 3; absent where no more than the PA is known. */
  level?: number;
  /** The descriptor that may be held, or was there. */
  old: bigint;
  /** The descriptor that is there now. */
  new: bigint;
  /** What changed that needs break-before-make; empty where the rule is about no change. */
  reasons: BbmReason[];
  /** Why it may be held; absent where nothing that a TLB may hold is concerned. */
  because?: HeldBecause;
  /** Further translations that the same write or page concerns. */
  others: number;
  /** What led to it: the writes of the entry, invalidations of its IPA, barriers, as far back as is kept. */
  history: TableStep[];
}

/** What happened since the check before. */
export interface WatchReport {
  /** Steps looked at. */
  steps: number;
  /** Steps that found no room in the log. The tables were read anew; what came before is not known. */
  lost: number;
  /** Descriptor writes by what they came to. */
  changes: Record<ChangeClass, number>;
  /** In the order they were found, `limit` at most. */
  violations: Violation[];
  /** Violations beyond `limit` that are not listed. */
  more: number;
  /** Translations and table entries no longer in the tables that a TLB may hold. */
  held: number;
}

/** How changes are judged, and how much is kept of them. */
export interface WatchOptions {
  /** FEAT_BBM of the CPUs. Default 0. */
  bbm?: 0 | 1 | 2;
  /** Records that the log has room for between two checks, 32 bytes each. Default 32768. */
  capacity?: number;
  /** Violations listed at most in a report. Default 100. */
  limit?: number;
}
