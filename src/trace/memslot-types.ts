import type { BackingKind } from './backing.js';
import type { MmioRange } from './mmio-range.js';

/** A VM of a capture, alive from `createdLine` to `destroyedLine` (null: to the end of the trace). */
export interface CapturedVm {
  /** Number that the capture gives the VM. */
  vm: number;
  /** Bits of its IPA space, 25 to 52; a replay takes 32 to 48. */
  ipaBits: number;
  /** First line of the trace, 1-based, on which it is there. */
  createdLine: number;
  /** First line on which it is not any more. */
  destroyedLine: number | null;
}

/** A struct kvm_userspace_memory_region that was seen: a slot, and where its memory is. */
export interface UserspaceRegion {
  /** Id of the slot. */
  slot: number;
  /** KVM_MEM_LOG_DIRTY_PAGES 1, KVM_MEM_READONLY 2. */
  flags: number;
  /** First guest physical address. */
  gpa: bigint;
  /** In bytes. */
  size: bigint;
  /** First host virtual address. */
  hva: bigint;
}

/** A memory slot as it was for some lines of the trace: a change of flags or a move starts another row. */
export interface CapturedSlot extends UserspaceRegion {
  /** Which VM, as `vms` numbers them; 1 if the capture did not follow VMs. */
  vm: number;
  /** Free text of the capture. */
  backing: string;
  /** What `backing` is taken for. */
  backingKind: BackingKind;
  /** log2 of the huge page size in bytes; null unless `backingKind` is hugetlb. */
  hugeShift: number | null;
  /** create, flags or move; null if the capture does not say. */
  op: string | null;
  /** Phase of the guest in which it began; null if the capture does not say. */
  phase: string | null;
  /** First line of the trace for which the slot is in force. */
  fromLine: number;
  /** First line for which it is not any more; null: in force to the end. */
  untilLine: number | null;
}

/** A phase of the guest begins. */
export interface CapturedPhase {
  /** 1-based line of the trace. */
  line: number;
  /** What the capture calls it, such as `p02_slots_4k`. */
  phase: string;
}

/** Something the host did to the VM or to its memory, in words. */
export interface HostOperation {
  /** 1-based line of the trace. */
  line: number;
  /** Phase of the guest it falls into; null if the capture does not say. */
  phase: string | null;
  /** Such as `madvise DONTNEED slot=1 pages 0..63`. */
  op: string;
}

/** The tables were dumped here, as `tables/*.<name>.json.gz`. */
export interface DumpPoint {
  /** 1-based line of the trace: what stands above it is in the tables. */
  line: number;
  /** As in the dump, such as `d1_mixed`. */
  name: string;
}

/** A `*.memslots.json`: what a trace itself does not tell, by line of the uncompressed trace. */
export interface Memslots {
  /** File name of the trace. */
  trace: string;
  /** Of the host, in words. */
  kernel: string;
  /** Of the host, in words. */
  cpu: string;
  /** In bytes. */
  hostPageSize: number;
  /** Empty if the capture did not follow VMs; its slots then belong to VM 1. */
  vms: CapturedVm[];
  /** Each row a slot for some lines. */
  slots: CapturedSlot[];
  /** In the order of the file; empty if it has none. */
  phases: CapturedPhase[];
  /** In the order of the file; empty if it has none. */
  hostOperations: HostOperation[];
  /** Empty if no tables were dumped. */
  dumps: DumpPoint[];
  /** Where devices answer; empty if the file does not say. */
  mmioRanges: MmioRange[];
}
