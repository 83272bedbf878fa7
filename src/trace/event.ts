/** What every event carries. */
export interface EventBase {
  /** 1-based line of the uncompressed trace. */
  line: number;
  /** Task and thread id as printed, such as `vmm-108`; empty for a line that is no event. */
  task: string;
  /** Host CPU; -1 for a line that is no event. */
  cpu: number;
}

/** The guest left: `code` is IRQ, TRAP, SERROR, HYP_GONE or a raw number as text; `ec` is ESR_EL2.EC. */
export interface ExitEvent extends EventBase {
  kind: 'exit';
  code: string;
  ec: number;
  pc: bigint;
}

/** The guest is entered at `pc`. */
export interface EntryEvent extends EventBase {
  kind: 'entry';
  pc: bigint;
}

/** kvm_guest_fault: `ipa` is the page of HPFAR_EL2 (bits below 12 are zero), `far` is FAR_EL2. */
export interface GuestFaultEvent extends EventBase {
  kind: 'guestFault';
  ipa: bigint;
  esr: bigint;
  far: bigint;
  pc: bigint;
}

/** kvm_access_fault: an access flag fault at `ipa`. */
export interface AccessFaultEvent extends EventBase {
  kind: 'accessFault';
  ipa: bigint;
}

/** kvm_mmio: `len` in bytes; `val` is the data (0 for an unsatisfied read). */
export interface MmioEvent extends EventBase {
  kind: 'mmio';
  op: 'read' | 'write' | 'unsatisfied-read';
  len: number;
  gpa: bigint;
  val: bigint;
}

/** kvm_mmio_nisv (6.12): an MMIO abort without a valid syndrome. */
export interface MmioNisvEvent extends EventBase {
  kind: 'mmioNisv';
  ipa: bigint;
  esr: bigint;
  far: bigint;
  pc: bigint;
}

/** kvm_userspace_exit: `code` is the exit reason, or a positive errno when `reason` is `error` or `restart`. */
export interface UserspaceExitEvent extends EventBase {
  kind: 'userspaceExit';
  reason: string;
  code: number;
}

/** MMU notifier over the host virtual addresses [start, end): unmap, or age. */
export interface HvaRangeEvent extends EventBase {
  kind: 'unmapHvaRange' | 'ageHva';
  start: bigint;
  end: bigint;
}

/** MMU notifier for one host page: its PTE is replaced (up to 6.1), or only asked for its age. */
export interface HvaEvent extends EventBase {
  kind: 'setSpteHva' | 'testAgeHva';
  hva: bigint;
}

/** Call of kvm_pgtable_stage2_map; `size` in bytes, `prot` is X=1, W=2, R=4. */
export interface S2MapEvent extends EventBase {
  kind: 's2Map';
  ipa: bigint;
  size: bigint;
  phys: bigint;
  prot: number;
}

/** Return of kvm_pgtable_stage2_map: 0 or -errno. */
export interface S2MapRetEvent extends EventBase {
  kind: 's2MapRet';
  ret: number;
}

/** Call of kvm_pgtable_stage2_unmap or _wrprotect over [ipa, ipa + size). */
export interface S2RangeEvent extends EventBase {
  kind: 's2Unmap' | 's2WrProtect';
  ipa: bigint;
  size: bigint;
}

/** Call of kvm_pgtable_stage2_relax_perms; `prot` is what is added, X=1, W=2, R=4. */
export interface S2RelaxEvent extends EventBase {
  kind: 's2Relax';
  ipa: bigint;
  prot: number;
}

/** Call of kvm_pgtable_stage2_mkold (one page, no size) or, from 6.5 on, _test_clear_young (a range). */
export interface S2MkOldEvent extends EventBase {
  kind: 's2MkOld';
  ipa: bigint;
  size?: bigint;
}

/** Entry of __kvm_set_memory_region, seen by a kprobe: what userspace asks for, before it is checked. */
export interface MemslotProbeEvent extends EventBase {
  kind: 'memslotProbe';
  slot: number;
  flags: number;
  gpa: bigint;
  size: bigint;
  hva: bigint;
}

/** Text that a program wrote to trace_marker and that is none of the KT lines. */
export interface MarkerEvent extends EventBase {
  kind: 'marker';
  text: string;
}

/** `KT vm_create`. */
export interface VmCreateEvent extends EventBase {
  kind: 'vmCreate';
  vm: number;
  ipaBits: number;
}

/** `KT vm_destroy`. */
export interface VmDestroyEvent extends EventBase {
  kind: 'vmDestroy';
  vm?: number;
}

/** `KT memslot`: written after KVM_SET_USER_MEMORY_REGION returned `rc`, so its effects stand above it. */
export interface MemslotMarkerEvent extends EventBase {
  kind: 'memslotMarker';
  /** create, flags, move or delete. */
  op: string;
  slot: number;
  gpa: bigint;
  size: bigint;
  flags: number;
  hva: bigint;
  /** Free text; may hold spaces, commas and `=`. */
  backing: string;
  rc: number;
}

/** `KT phase=`. */
export interface PhaseEvent extends EventBase {
  kind: 'phase';
  phase: string;
}

/** Any other KT line: host operations, dump points, failed KVM_RUN calls. `text` is without `KT ` and `hostop `. */
export interface HostOpEvent extends EventBase {
  kind: 'hostOp';
  text: string;
}

/** An event line that the reader does not interpret. */
export interface OtherEvent extends EventBase {
  kind: 'other';
  name: string;
}

/** A line that is no event, or an interpreted event whose payload is not as expected. */
export interface UnparsedEvent extends EventBase {
  kind: 'unparsed';
  reason: string;
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
