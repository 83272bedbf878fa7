// Structures in linear memory. Their offsets are declared once, in src/abi/layout.ts; a class that
// disagrees does not compile.
import * as L from "../src/abi/layout";

/** Where this instance lives in the memory it was given. */
let instanceBase: usize = 0;

export function setBase(base: usize): void {
  instanceBase = base;
}

// @ts-ignore: decorator
@inline
export function base(): usize {
  return instanceBase;
}

// @ts-ignore: decorator
@inline
export function header(): Header {
  return changetype<Header>(instanceBase + L.HEADER_OFFSET);
}

@unmanaged
@final
export class Header {
  magic: u32;
  abi: u32;
  banks: u32;
  bankCount: u32;
  memblock: u32;
  memblockCount: u32;
  pathTable: u32;
  pathTableMask: u32;
  pathCount: u32;
  pathArena: u32;
  pathArenaEnd: u32;
  ioBus: u32;
  ioBusCount: u32;
  hostAtEl2: u32;
  icachePolicy: u32;
  capsReady: u32;
  cacheDic: u32;
  cacheDicBit: u32;
  keyInternal: u32;
  erratum834220: u32;
  seaClaimed: u32;
  /** Next free and first unusable address of the host's page allocator. */
  hostNext: u64;
  hostEnd: u64;
  /** One shot: the address of the page the host hands out next, 0 for the allocator's own choice. */
  hostHint: u64;
  zeroPage: u64;
  /** 0 until the first read of an untouched huge page. */
  hugeZeroPage: u64;
  poolPa: u64;
  poolOffset: u32;
  poolShift: u32;
  poolPages: u32;
  poolFree: u32;
  poolStack: u32;
  poolRefs: u32;
  /** Table pages the allocator still delivers; the failure injection of "alloc_ok". */
  poolBudget: u32;
  /** The record of walks made for a batch. */
  scratch: u32;
  /** Where chunks of physical memory lie; see chunks.ts. */
  chunks: u32;
  chunkShift: u32;
  /** What kernels read of it: where the table is in linear memory, and the shift less two. */
  chunkTable: u32;
  chunkLinkShift: u32;
  faultLog: u32;
  faultLogEnd: u32;
  tableLog: u32;
  tableLogEnd: u32;
  tableLogLost: u32;
}

@unmanaged
@final
export class Bank {
  pa: u64;
  end: u64;
  offset: u32;
  kind: u32;
  /** One u16 of struct page flags per 4 KiB page, or 0. */
  memMap: u32;
}

@unmanaged
@final
export class Vm {
  mmuLock: u32;
  private pad0: u32;
  slotsLock: u32;
  private pad1: u32;
  private pad2: u64;
  private pad3: u64;
  private pad4: u64;
  /** 0 is the NULL of an internal VM. */
  mm: u32;
  private pad5: u32;
  memslots: u32;
  private pad6: u32;
  private pad7: u64;
  pgd: u64;
  vttbr: u64;
  granuleShift: u32;
  stride: u32;
  startLevel: i32;
  iaBits: u32;
  notifierCount: u32;
  notifierSeq: u32;
  check: u32;
  flagInternal: u32;
  /** One shot: another cpu invalidates between the sample of the sequence and mmu_lock. */
  race: u32;
  slotCapacity: u32;
  /** AddressLayout of the descriptors. */
  layout: u32;
  /** VmMmio. */
  mmio: u32;
  /** The tables may hold blocks above level 2, which v4.13 knows nothing of. */
  largeBlocks: u32;
  /** A fault that comes back for ever ends KVM_RUN. */
  refaultFails: u32;
}

@unmanaged
@final
export class Slot {
  baseGfn: u64;
  npages: u64;
  dirtyBitmap: u32;
  private pad: u32;
  userspaceAddr: u64;
  flags: u32;
  id: u32;
}

@unmanaged
@final
export class Mm {
  root: u32;
  seqnum: u32;
}

@unmanaged
@final
export class Area {
  start: u64;
  end: u64;
  left: u32;
  right: u32;
  flags: u32;
  /** u64 host page-table entries, one per 4 KiB page; 0 for a PFNMAP area. */
  ptes: u32;
  /** PA of the first byte of a PFNMAP area. */
  pfnBase: u64;
  hugeShift: u32;
}

@unmanaged
@final
export class MemoryCache {
  nobjs: u32;
  private pad: u32;
}

/** A chain of table pages set aside. */
@unmanaged
@final
export class Reserve {
  head: u64;
  pages: u32;
}

@unmanaged
@final
export class Vcpu {
  vm: u32;
  /** current->mm of the task that runs the vcpu. */
  taskMm: u32;
  pc: u64;
  pstate: u64;
  esr: u64;
  far: u64;
  hpfar: u64;
  /** What PAR_EL1 reads after AT S1E1R on FAR. */
  par: u64;
  hcr: u64;
  elrEl1: u64;
  spsrEl1: u64;
  vbarEl1: u64;
  farEl1: u64;
  esrEl1: u64;
  mmioPa: u64;
  mmioData: u64;
  mmioLen: u32;
  mmioIsWrite: u32;
  exitReason: u32;
  disposition: u32;
  signalHva: u64;
  signalLsb: u32;
  vmacacheSeq: u32;
  sctlrEl1: u64;
}

/** The last fault that an internal VM should not have taken, behind the registers of its vcpu. */
@unmanaged
@final
export class Refault {
  pc: u64;
  hpfar: u64;
  /** Times it came back with the SError for it still pending and masked. */
  repeats: u32;
}

@unmanaged
@final
export class IoDevice {
  addr: u64;
  len: u64;
  value: u64;
}

@unmanaged
@final
export class FaultRequest {
  vcpu: u32;
  exitCode: u32;
  esr: u64;
  far: u64;
  hpfar: u64;
  par: u64;
}

@unmanaged
@final
export class FaultResult {
  ret: i32;
  disposition: u32;
  path: u32;
}

@unmanaged
@final
export class Leaf {
  ipa: u64;
  desc: u64;
  level: i32;
}

/** Compile-time only: every offset that the host uses is where the class has it. */
export function checkLayout(): void {
  if (offsetof<Header>("magic") != L.HEADER_MAGIC) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("banks") != L.HEADER_BANKS) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("memblock") != L.HEADER_MEMBLOCK) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("pathTable") != L.HEADER_PATH_TABLE) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("pathArenaEnd") != L.HEADER_PATH_ARENA_END) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("ioBus") != L.HEADER_IO_BUS) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("hostAtEl2") != L.HEADER_HOST_AT_EL2) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("seaClaimed") != L.HEADER_SEA_CLAIMED) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("hostNext") != L.HEADER_HOST_NEXT) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("hugeZeroPage") != L.HEADER_HUGE_ZERO_PAGE) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("poolPa") != L.HEADER_POOL_PA) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("chunkShift") != L.HEADER_CHUNK_SHIFT) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("poolBudget") != L.HEADER_POOL_BUDGET) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("faultLogEnd") != L.HEADER_FAULT_LOG_END) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("tableLog") != L.HEADER_TABLE_LOG) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>("tableLogLost") != L.HEADER_TABLE_LOG_LOST) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Header>() > <usize>L.HEADER_SIZE) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Bank>("end") != L.BANK_END) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Bank>("memMap") != L.BANK_MEM_MAP) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Bank>() > <usize>L.BANK_SIZEOF) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vm>("slotsLock") != L.VM_SLOTS_LOCK) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vm>("mm") != L.VM_MM) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vm>("memslots") != L.VM_MEMSLOTS) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vm>("pgd") != L.VM_PGD) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vm>("granuleShift") != L.VM_GRANULE_SHIFT) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vm>("notifierSeq") != L.VM_NOTIFIER_SEQ) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vm>("slotCapacity") != L.VM_SLOT_CAPACITY) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vm>("layout") != L.VM_LAYOUT) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vm>("mmio") != L.VM_MMIO) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vm>("largeBlocks") != L.VM_LARGE_BLOCKS) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vm>("refaultFails") != L.VM_REFAULT_FAILS) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vm>() > <usize>L.VM_SIZEOF) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Slot>("userspaceAddr") != L.SLOT_USERSPACE_ADDR) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Slot>("id") != L.SLOT_ID) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Slot>() != L.SLOT_SIZEOF) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Mm>() != L.MM_SIZEOF) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Area>("pfnBase") != L.AREA_PFN_BASE) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Area>("hugeShift") != L.AREA_HUGE_SHIFT) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Area>() > <usize>L.AREA_SIZEOF) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vcpu>("par") != L.VCPU_PAR) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vcpu>("mmioPa") != L.VCPU_MMIO_PA) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vcpu>("signalHva") != L.VCPU_SIGNAL_HVA) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vcpu>("sctlrEl1") != L.VCPU_SCTLR_EL1) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vcpu>("vmacacheSeq") != L.VCPU_VMACACHE_SEQ) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Vcpu>() != L.VCPU_VMACACHE) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Refault>("repeats") != L.VCPU_REFAULTS - L.VCPU_REFAULT) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Refault>() > <usize>(L.VCPU_SIZEOF - L.VCPU_REFAULT)) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Reserve>("head") != L.RESERVE_HEAD) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Reserve>("pages") != L.RESERVE_PAGES) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Reserve>() > <usize>L.RESERVE_SIZEOF) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<IoDevice>() != L.IODEV_SIZEOF) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<FaultRequest>("par") != L.REQUEST_PAR) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<FaultRequest>() != L.REQUEST_SIZEOF) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<FaultResult>("path") != L.RESULT_PATH) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Leaf>("level") != L.LEAF_LEVEL) ERROR("a structure disagrees with src/abi/layout.ts");
  if (offsetof<Leaf>() > <usize>L.LEAF_SIZEOF) ERROR("a structure disagrees with src/abi/layout.ts");
}
