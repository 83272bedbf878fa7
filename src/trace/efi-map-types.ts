/** A region of an EFI memory map. */
export interface EfiRegion {
  /** Memory type, as the UEFI specification spells it. */
  type: string;
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
  what: string;
  pa: bigint;
  access: 'read' | 'write' | 'execute';
  pages: { v: number; lo: number; hi: number };
}

/** A call of a runtime service, by what it touches. */
export interface EfiCall {
  name: string;
  about: string;
  conf: 'D' | 'M' | 'R' | 'E';
  src: string[];
  touches: EfiTouch[];
}

/** The memory map that the firmware hands to the operating system, by ascending address, and one call into it. */
export interface EfiMap {
  about: string;
  source: string[];
  /** IPA space of a VM that shows it one to one. */
  ipaBits: number;
  regions: EfiRegion[];
  call: EfiCall | null;
}
