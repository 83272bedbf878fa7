/** A region of an EFI memory map. */
export interface EfiRegion {
  /** Memory type, as the UEFI specification spells it. */
  type: string;
  /** Of its first byte, a multiple of 4 KiB. */
  pa: bigint;
  /** Bytes. */
  size: bigint;
  /** What is there; the type where nobody said. */
  what: string;
  /** Cacheable memory, a window of device registers, or nothing that may be mapped. */
  kind: 'memory' | 'device' | 'none';
  /** Memory that the kernel takes for itself: pfn_valid knows it. */
  usable: boolean;
  /** EFI_MEMORY_RUNTIME: runtime services need it. */
  runtime: boolean;
}

/** Pages of 4 KiB from `pa` on that a call touches, each once. */
export interface EfiTouch {
  /** What the call does there, in words. */
  what: string;
  /** Of the first page, in a region with EFI_MEMORY_RUNTIME. */
  pa: bigint;
  /** What the call does to the pages, for stage 2. */
  access: 'read' | 'write' | 'execute';
  /** How many, and the range that this estimate has. */
  pages: {
    /** Best guess. */
    v: number;
    /** Fewest. */
    lo: number;
    /** Most. */
    hi: number;
  };
}

/** A call of a runtime service, by what it touches. */
export interface EfiCall {
  /** Of the service, as UEFI spells it. */
  name: string;
  /** What is known of the call, in words. */
  about: string;
  /** How far to trust it: D documented, M measured by others, R recalled, E estimated. */
  conf: 'D' | 'M' | 'R' | 'E';
  /** Where it comes from, a line each. */
  src: string[];
  /** What it reads, writes and executes. */
  touches: EfiTouch[];
}

/** The memory map that the firmware hands to the operating system, by ascending address, and one call into it. */
export interface EfiMap {
  /** Which firmware and machine it is of, in words. */
  about: string;
  /** Where it comes from, a line each. */
  source: string[];
  /** IPA space of a VM that shows it one to one. */
  ipaBits: number;
  /** By ascending address, none of which overlap. */
  regions: EfiRegion[];
  /** Null: the file has none. */
  call: EfiCall | null;
}
