import { HCR_VM_LSB } from '../../abi/arm.js';
import { EPERM, KVM_MEM_LOG_DIRTY_PAGES, KVM_NR_MEM_OBJS } from '../../abi/kvm.js';
import * as L from '../../abi/layout.js';
import { cpuPreset } from '../../arm/cpu.js';
import type { Machine } from '../../core/machine.js';
import {
  AddressSpace,
  createHost,
  type SlotResult,
  setUserMemoryRegion,
  V4_13_GEOMETRY,
  type Variant,
  type Vcpu,
  Vm,
  vtcr,
} from '../../kvm/index.js';
import type { CapturedSlot, CapturedVm, Memslots } from '../../trace/index.js';
import { Translator } from '../../walk/translator.js';
import { mapAreas, overlaps } from './areas.js';
import { backingDifference } from './backing.js';
import { backedBytes } from './check.js';
import type { DifferenceTally } from './differences.js';
import { errnoText } from './errno.js';
import { HOST_RAM_BYTES, HostPages } from './host-pages.js';
import { KernelBus } from './io-bus.js';

/** The VM that is alive, and what belongs to it. */
export interface LiveVm {
  vm: Vm;
  translator: Translator;
}

/** The emulated CPU. */
const CPU = cpuPreset('neoverse-n1');
/** Vcpus a VM gets; further threads share the first one. */
const VCPUS_MAX = 128;
/** Bytes of kernel objects and table pages that do not depend on the capture: every vcpu may hoard a cacheful. */
const SPARE_ARENA = 8 << 20;
const SPARE_TABLES = 2048 + VCPUS_MAX * KVM_NR_MEM_OBJS;
/** A host page-table entry, 8 bytes, stands for 4 KiB; a dirty bitmap, kept twice, for 2^14 bytes by one. */
const HOST_PTES_SHIFT = 9n;
const BITMAPS_SHIFT = 13n;

/** The emulated v4.13 host of a replay: its memory, the process of the VMM, the VM that is alive. */
export class World {
  readonly machine: Machine;
  readonly mm: AddressSpace;
  readonly pages: HostPages;
  readonly bus: KernelBus;
  readonly #variant: Variant;
  readonly #differences: DifferenceTally;
  /** Captured slots of the live VM by slot number, and those of them that v4.13 refused. */
  readonly #slots = new Map<number, CapturedSlot>();
  readonly #refused = new Set<number>();
  readonly #vcpus = new Map<string, Vcpu>();
  #live: LiveVm | undefined;
  #ipaBits = V4_13_GEOMETRY.ipaBits;
  #hardwareAf = true;
  #lastSlot: CapturedSlot | undefined;

  constructor(slots: Memslots, vms: readonly CapturedVm[], variant: Variant, differences: DifferenceTally) {
    const bytes = vms.map(({ vm }) => backedBytes(slots.slots, vm)).reduce((a, b) => (a > b ? a : b), 0n);
    this.machine = createHost({
      accounted: true,
      ramBytes: HOST_RAM_BYTES,
      arenaBytes: SPARE_ARENA + Number(bytes >> HOST_PTES_SHIFT) + Number(bytes >> BITMAPS_SHIFT),
      tablePages: SPARE_TABLES + Number(bytes >> 21n),
    });
    this.#variant = variant;
    this.#differences = differences;
    this.mm = new AddressSpace(this.machine);
    this.pages = new HostPages(this.machine, this.mm);
    this.bus = new KernelBus(this.machine, slots.mmioRanges);
  }

  get live(): LiveVm | undefined {
    return this.#live;
  }

  /** IPA bits of the captured VM that is alive; ours has 40 always. */
  get ipaBits(): number {
    return this.#ipaBits;
  }

  createVm({ vm: id, ipaBits, createdLine }: CapturedVm): void {
    this.#ipaBits = ipaBits;
    if (ipaBits !== V4_13_GEOMETRY.ipaBits) {
      const reason = `VM with ${ipaBits}-bit IPA space: v4.13 gives every VM ${V4_13_GEOMETRY.ipaBits} bits`;
      this.#differences.add('host', reason, createdLine);
    }
    const vm = new Vm(this.machine, { mm: this.mm, variant: this.#variant, vmid: (id & 0x7fff) + 1 });
    this.#live = { vm, translator: this.#translatorOf(vm) };
  }

  destroyVm(): void {
    this.#live?.translator.destroy();
    this.#live?.vm.destroy();
    this.#live = undefined;
    for (const area of [...this.mm.areas]) this.mm.unmap(area);
    this.#slots.clear();
    this.#refused.clear();
    this.#vcpus.clear();
    this.#lastSlot = undefined;
  }

  /** The vcpu that a thread runs. */
  vcpuOf(thread: string): Vcpu | undefined {
    const known = this.#vcpus.get(thread);
    if (known !== undefined || this.#live === undefined) return known;
    const { vm } = this.#live;
    const vcpu = vm.vcpus.length < VCPUS_MAX ? vm.createVcpu() : vm.vcpus[0];
    if (vcpu !== undefined && this.#vcpus.size < VCPUS_MAX) this.#vcpus.set(thread, vcpu);
    return vcpu;
  }

  /** The captured slot that holds `ipa`, whether or not v4.13 took it. */
  slotAt(ipa: bigint): CapturedSlot | undefined {
    if (this.#lastSlot !== undefined && holds(this.#lastSlot, ipa)) return this.#lastSlot;
    for (const slot of this.#slots.values()) {
      if (!holds(slot, ipa)) continue;
      this.#lastSlot = slot;
      return slot;
    }
    return undefined;
  }

  isRefused(slot: CapturedSlot): boolean {
    return this.#refused.has(slot.slot);
  }

  /** KVM_SET_USER_MEMORY_REGION for a row of the slots file. What v4.13 refuses is named. */
  changeSlot(slot: CapturedSlot, line: number, isNew: boolean): void {
    this.#lastSlot = undefined;
    this.#slots.delete(slot.slot);
    this.#refused.delete(slot.slot);
    if (isNew) this.#mapBacking(slot, line);
    this.#slots.set(slot.slot, slot);
    const result = this.#setRegion(slot);
    if (result.ret === -EPERM) this.#forceRegion(slot, line);
    else if (result.ret < 0) this.#refuse(slot, result, line);
  }

  deleteSlot(slot: CapturedSlot): void {
    this.#lastSlot = undefined;
    this.#slots.delete(slot.slot);
    if (this.#refused.delete(slot.slot) || this.#live === undefined) return;
    setUserMemoryRegion(this.#live.vm, { ...regionOf(slot), flags: 0, memorySize: 0n });
  }

  /** mprotect of the memory that holds `hva`. */
  protect(hva: bigint, writable: boolean): void {
    const area = this.mm.find(hva);
    if (area !== undefined) this.mm.protect(area, writable);
  }

  /** The CPU of the capture sets no access flags itself. */
  withoutHardwareAf(): void {
    this.#hardwareAf = false;
    this.#live?.translator.setRegisters({ vtcr: this.#vtcr() });
  }

  get hardwareAf(): boolean {
    return this.#hardwareAf;
  }

  #translatorOf(vm: Vm): Translator {
    const registers = {
      vtcr: this.#vtcr(),
      vttbr: this.machine.view.u64(vm.offset + L.VM_VTTBR),
      hcr: 1n << BigInt(HCR_VM_LSB),
    };
    return new Translator(this.machine, registers, { features: CPU });
  }

  #vtcr(): bigint {
    return vtcr(V4_13_GEOMETRY, CPU.paMax, { ha: this.#hardwareAf, vmid16: true });
  }

  #setRegion(slot: CapturedSlot): SlotResult {
    if (this.#live === undefined) return { ret: 0, reason: '' };
    return setUserMemoryRegion(this.#live.vm, regionOf(slot));
  }

  #mapBacking(slot: CapturedSlot, line: number): void {
    mapAreas(this.mm, slot, [...this.#slots.values()]);
    const difference = backingDifference(slot);
    if (difference !== undefined) this.#differences.add('host', difference, line);
  }

  /** v4.13 refuses a writable slot over read-only memory; the slot is made as if the memory had become so later. */
  #forceRegion(slot: CapturedSlot, line: number): void {
    const readOnly = this.mm.areas.filter((area) => !area.writable && overlaps(area, slot));
    for (const area of readOnly) this.mm.protect(area, true);
    const result = this.#setRegion(slot);
    for (const area of readOnly) this.mm.protect(area, false);
    const reason =
      'writable slot over read-only memory: v4.13 refuses it with -EPERM; replayed as if the memory became read-only after';
    if (result.ret < 0) this.#refuse(slot, result, line);
    else this.#differences.add('host', reason, line);
  }

  #refuse(slot: CapturedSlot, { ret, reason }: SlotResult, line: number): void {
    this.#refused.add(slot.slot);
    const what = reason.replace(/^slot \d+[: ]*/, '');
    this.#differences.add('host', `slot refused by v4.13 (${errnoText(ret)}): ${what}`, line);
  }
}

function holds(slot: CapturedSlot, ipa: bigint): boolean {
  return ipa >= slot.gpa && ipa < slot.gpa + slot.size;
}

function regionOf(slot: CapturedSlot) {
  return {
    slot: slot.slot,
    flags: slot.flags,
    guestPhysAddr: slot.gpa,
    memorySize: slot.size,
    userspaceAddr: slot.hva,
  };
}

/** Whether the captured slot keeps a dirty log. */
export function isLogging(slot: CapturedSlot): boolean {
  return (slot.flags & KVM_MEM_LOG_DIRTY_PAGES) !== 0;
}
