import type { UserspaceRegion } from './memslot-types.js';

/** What every event carries. */
export interface EventBase {
  /** 1-based line of the uncompressed trace. */
  line: number;
  /** Task and thread id as printed, such as `vmm-108`; empty for a line that is no event. */
  task: string;
  /** Host CPU; -1 for a line that is no event. */
  cpu: number;
}

/** The guest left to the host at `pc`. */
export interface ExitEvent extends EventBase {
  /** Tracepoint kvm_exit. */
  kind: 'exit';
  /** Why: IRQ, TRAP, SERROR, HYP_GONE (ARM_EXCEPTION_*), or a raw number as text. */
  code: string;
  /** ESR_EL2.EC, six bits; 0 unless `code` is TRAP. */
  ec: number;
  /** PC of the guest, as in other events: ELR_EL2. */
  pc: bigint;
}

/** The guest is entered. */
export interface EntryEvent extends EventBase {
  /** Tracepoint kvm_entry. */
  kind: 'entry';
  /** Where the guest goes on. */
  pc: bigint;
}

/** KVM begins to handle a stage-2 abort of the guest. */
export interface GuestFaultEvent extends EventBase {
  /** Tracepoint kvm_guest_fault. */
  kind: 'guestFault';
  /** Page of the fault as HPFAR_EL2 has it: bits 11:0 are zero. */
  ipa: bigint;
  /** ESR_EL2. */
  esr: bigint;
  /** FAR_EL2: the guest VA of the access. */
  far: bigint;
  /** Of the instruction that faulted. */
  pc: bigint;
}

/** An access flag fault. */
export interface AccessFaultEvent extends EventBase {
  /** Tracepoint kvm_access_fault. */
  kind: 'accessFault';
  /** Page of the fault, as in {@link GuestFaultEvent}. */
  ipa: bigint;
}

/** An access to a device. */
export interface MmioEvent extends EventBase {
  /** Tracepoint kvm_mmio. */
  kind: 'mmio';
  /** `unsatisfied-read`: the guest asks; `read`: its answer is there. */
  op: 'read' | 'write' | 'unsatisfied-read';
  /** Bytes of the access. */
  len: number;
  /** Guest physical address of its first byte. */
  gpa: bigint;
  /** Data written or read; 0 of an unsatisfied read. */
  val: bigint;
}

/** An MMIO abort without a valid syndrome. */
export interface MmioNisvEvent extends EventBase {
  /** Tracepoint kvm_mmio_nisv, of 6.12. */
  kind: 'mmioNisv';
  /** Guest physical address of the access. */
  ipa: bigint;
  /** ESR_EL2, with ISV clear. */
  esr: bigint;
  /** FAR_EL2. */
  far: bigint;
  /** Of the instruction. */
  pc: bigint;
}

/** KVM_RUN returns to user space. */
export interface UserspaceExitEvent extends EventBase {
  /** Tracepoint kvm_userspace_exit. */
  kind: 'userspaceExit';
  /** Such as KVM_EXIT_MMIO; `restart` of EINTR and `error` of any other errno. */
  reason: string;
  /** Number of the exit reason; of `error` and `restart` the errno, positive. */
  code: number;
}

/** MMU notifier over the host virtual addresses [start, end). */
export interface HvaRangeEvent extends EventBase {
  /** Tracepoint kvm_unmap_hva_range or kvm_age_hva. */
  kind: 'unmapHvaRange' | 'ageHva';
  /** First address. */
  start: bigint;
  /** First address behind the range. */
  end: bigint;
}

/** MMU notifier for one host page: its PTE is replaced, or only asked for its age. */
export interface HvaEvent extends EventBase {
  /** Tracepoint kvm_set_spte_hva (up to 6.1) or kvm_test_age_hva. */
  kind: 'setSpteHva' | 'testAgeHva';
  /** Host virtual address of the page. */
  hva: bigint;
}

/** Call of kvm_pgtable_stage2_map. */
export interface S2MapEvent extends EventBase {
  /** Kprobe s2_map. */
  kind: 's2Map';
  /** First IPA. */
  ipa: bigint;
  /** In bytes. */
  size: bigint;
  /** Host PA that `ipa` is mapped to. */
  phys: bigint;
  /** enum kvm_pgtable_prot: X=1, W=2, R=4. */
  prot: number;
}

/** Return of kvm_pgtable_stage2_map. */
export interface S2MapRetEvent extends EventBase {
  /** Kretprobe s2_map_ret. */
  kind: 's2MapRet';
  /** 0 or -errno. */
  ret: number;
}

/** Call of kvm_pgtable_stage2_unmap or _wrprotect over [ipa, ipa + size). */
export interface S2RangeEvent extends EventBase {
  /** Kprobe s2_unmap or s2_wrprotect. */
  kind: 's2Unmap' | 's2WrProtect';
  /** First IPA. */
  ipa: bigint;
  /** In bytes. */
  size: bigint;
}

/** Call of kvm_pgtable_stage2_relax_perms. */
export interface S2RelaxEvent extends EventBase {
  /** Kprobe s2_relax or s2_relax_perms. */
  kind: 's2Relax';
  /** In the leaf that is changed. */
  ipa: bigint;
  /** What is added, as in {@link S2MapEvent}. */
  prot: number;
}

/** Call of kvm_pgtable_stage2_mkold or, from 6.5 on, _test_clear_young. */
export interface S2MkOldEvent extends EventBase {
  /** Kprobe s2_mkold or s2_test_clear_young. */
  kind: 's2MkOld';
  /** First IPA. */
  ipa: bigint;
  /** In bytes; absent for mkold, which is of one page. */
  size?: bigint;
}

/** Entry of __kvm_set_memory_region: what userspace asks for, before it is checked. A size of 0 deletes the slot. */
export interface MemslotProbeEvent extends EventBase, UserspaceRegion {
  /** Kprobe kvm_memslot. */
  kind: 'memslotProbe';
}

/** Text that a program wrote to trace_marker and that is none of the KT lines. */
export interface MarkerEvent extends EventBase {
  /** Event tracing_mark_write, or print of trace-cmd. */
  kind: 'marker';
  /** As it was written. */
  text: string;
}

/** The VMM created a VM. */
export interface VmCreateEvent extends EventBase {
  /** Marker `KT vm_create`. */
  kind: 'vmCreate';
  /** Number that the capture gives the VM. */
  vm: number;
  /** Bits of its IPA space. */
  ipaBits: number;
}

/** The VMM destroyed a VM. */
export interface VmDestroyEvent extends EventBase {
  /** Marker `KT vm_destroy`. */
  kind: 'vmDestroy';
  /** Number that the capture gives the VM; absent if the line has none. */
  vm?: number;
}

/** KVM_SET_USER_MEMORY_REGION has returned: its effects stand above this line. */
export interface MemslotMarkerEvent extends EventBase, UserspaceRegion {
  /** Marker `KT memslot`. */
  kind: 'memslotMarker';
  /** create, flags, move or delete. */
  op: string;
  /** Free text; may hold spaces, commas and `=`. */
  backing: string;
  /** What the ioctl returned: 0, or -1 of one that failed. */
  rc: number;
}

/** A phase of the guest begins. */
export interface PhaseEvent extends EventBase {
  /** Marker `KT phase=`. */
  kind: 'phase';
  /** What the capture calls it. */
  phase: string;
}

/** Host operations, dump points, failed KVM_RUN calls. */
export interface HostOpEvent extends EventBase {
  /** Any other marker that begins with `KT `. */
  kind: 'hostOp';
  /** Without `KT ` and `hostop `. */
  text: string;
}

/** An event line that the reader does not interpret. */
export interface OtherEvent extends EventBase {
  /** Any other event. */
  kind: 'other';
  /** Of the event, such as `kvm_timer_update_irq`. */
  name: string;
}

/** A line that is no event, or an interpreted event whose payload is not as expected. */
export interface UnparsedEvent extends EventBase {
  /** A damaged line, or one that tells of lost events. */
  kind: 'unparsed';
  /** `not an event line`, `events lost`, or the event and what was expected of it. */
  reason: string;
  /** The whole line. */
  text: string;
}

/** One line of a trace. Addresses and register values are exact 64-bit values. */
export type TraceEvent =
  | ExitEvent
  | EntryEvent
  | GuestFaultEvent
  | AccessFaultEvent
  | MmioEvent
  | MmioNisvEvent
  | UserspaceExitEvent
  | HvaRangeEvent
  | HvaEvent
  | S2MapEvent
  | S2MapRetEvent
  | S2RangeEvent
  | S2RelaxEvent
  | S2MkOldEvent
  | MemslotProbeEvent
  | MarkerEvent
  | VmCreateEvent
  | VmDestroyEvent
  | MemslotMarkerEvent
  | PhaseEvent
  | HostOpEvent
  | OtherEvent
  | UnparsedEvent;

/** The names of all kinds of events. */
export type TraceEventKind = TraceEvent['kind'];

/** An event without what every event carries: what its payload tells. */
export type EventBody = WithoutBase<TraceEvent>;

type WithoutBase<Event> = Event extends EventBase ? Omit<Event, keyof EventBase> : never;
