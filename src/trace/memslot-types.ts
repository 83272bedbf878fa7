import type { BackingKind } from './backing.js';
import type { MmioRange } from './mmio-range.js';

/** A VM of a capture, alive from `createdLine` to `destroyedLine` (null: to the end of the trace). */
export interface CapturedVm {
  vm: number;
  ipaBits: number;
  createdLine: number;
  destroyedLine: number | null;
}

/** A memory slot as it was for some lines of the trace: a change of flags or a move starts another row. */
export interface CapturedSlot {
  vm: number;
  slot: number;
  /** Guest physical address, in bytes. */
  gpa: bigint;
  /** In bytes. */
  size: bigint;
  /** KVM_MEM_LOG_DIRTY_PAGES 1, KVM_MEM_READONLY 2. */
  flags: number;
  /** Host virtual address, in bytes. */
  hva: bigint;
  /** Free text of the capture. */
  backing: string;
  backingKind: BackingKind;
  /** log2 of the huge page size in bytes; null unless `backingKind` is hugetlb. */
  hugeShift: number | null;
  /** create, flags or move; null if the capture does not say. */
  op: string | null;
  phase: string | null;
  /** First line of the trace for which the slot is in force. */
  fromLine: number;
  /** First line for which it is not any more; null: in force to the end. */
  untilLine: number | null;
}

/** A phase of the guest begins. */
export interface CapturedPhase {
  line: number;
  phase: string;
}

/** Something the host did to the VM or to its memory, in words. */
export interface HostOperation {
  line: number;
  phase: string | null;
  op: string;
}

/** The tables were dumped here, as `tables/*.<name>.json.gz`. */
export interface DumpPoint {
  line: number;
  name: string;
}

/** A `*.memslots.json`: what a trace itself does not tell, by line of the uncompressed trace. */
export interface Memslots {
  /** File name of the trace. */
  trace: string;
  kernel: string;
  cpu: string;
  /** In bytes. */
  hostPageSize: number;
  /** Empty if the capture did not follow VMs; its slots then belong to VM 1. */
  vms: CapturedVm[];
  slots: CapturedSlot[];
  phases: CapturedPhase[];
  hostOperations: HostOperation[];
  dumps: DumpPoint[];
  mmioRanges: MmioRange[];
}
