import { KVM_NR_MEM_OBJS, KVM_USER_MEM_SLOTS } from '../abi/kvm.js';
import { VM_VTTBR } from '../abi/layout.js';
import { BASE_CPU } from '../arm/cpu.js';
import { Machine } from '../core/machine.js';
import { type BankSpec, memoryRegions, type RegionSpec } from '../core/physmap.js';
import { type Geometry, type RegionPolicy, RFC_VARIANT, setMemoryRegion, Vm, vtcr } from '../kvm/index.js';
import type { EfiMap } from '../trace/index.js';
import { Translator } from '../walk/index.js';
import { type EfiSlot, efiSlots } from './efi-slots.js';
import { type IdmapCounts, idmapCounts } from './idmap-counts.js';
import { type IdmapPolicy, internalIdmap } from './idmap-policy.js';

/** How the runtime regions of a firmware are shown to a VM of the kernel. */
export interface EfiForm {
  /** Which entries map what is shown. */
  policy: IdmapPolicy;
  /** What may be shown, and with which attributes. */
  region: RegionPolicy;
  /** log2 of the pages of kernel and VM, in bytes. */
  granuleShift: Geometry['granuleShift'];
}

/** A window of device registers as the VM sees it. */
export interface EfiWindow extends RegionSpec {
  /** What the map says is there. */
  what: string;
  /** Undefined where it is not mapped. */
  seen:
    | {
        /** As a byte of MAIR_EL1, if the guest asks for write-back memory. */
        memoryType: number;
        /** Whether EL1 may fetch from it. */
        executable: boolean;
      }
    | undefined;
}

/** A slot that the policy refused. */
export interface EfiRefusal extends RegionSpec {
  /** What the map says is there. */
  what: string;
  /** Why, in words. */
  reason: string;
}

/** What mapping the runtime regions came to. */
export interface EfiRun {
  /** As it was asked for. */
  form: EfiForm;
  /** Of all slots that were mapped. */
  counts: IdmapCounts;
  /** Slots that were mapped. */
  slots: number;
  /** Slots that were not. */
  refused: EfiRefusal[];
  /** Of the slots that show device registers, by ascending address, refused ones included. */
  windows: EfiWindow[];
}

/** Sixteen tables of 64 KiB. */
const ROOT_BYTES = 1 << 20;
/** Room for one VM and a translator. */
const ARENA_BYTES = 1 << 20;
/** Table pages that a slot takes at most besides those that its pages fill: one of each level at both ends. */
const EDGE_TABLES = 8;
const WRITE_BACK = { attr: 0xff, sh: 3 };

/** A VM that shows the runtime regions, as far as its policy lets it. `arenaBytes`: room for what is put beside it. */
export function efiVm(
  map: EfiMap,
  form: EfiForm,
  arenaBytes = 0,
): {
  /** Internal, on a machine of its own. */
  vm: Vm;
  /** What mapping the regions came to. */
  run: EfiRun;
} {
  const { policy, region, granuleShift } = form;
  const slots = efiSlots(map, granuleShift);
  const vm = new Vm(efiMachine(map, slots, form, arenaBytes), {
    variant: RFC_VARIANT,
    internal: { ...internalIdmap(policy), region },
    geometry: { granuleShift, ipaBits: map.ipaBits },
  });
  const refused = slots.flatMap((slot, i): EfiRefusal[] => {
    const { ret, reason } = setMemoryRegion(vm, {
      slot: KVM_USER_MEM_SLOTS + i,
      flags: 0,
      guestPhysAddr: slot.pa,
      memorySize: slot.size,
      userspaceAddr: 0n,
    });
    return ret < 0 ? [{ pa: slot.pa, size: slot.size, what: slot.what, reason }] : [];
  });
  const bytes = vm.slots.used.reduce((sum, { npages }) => sum + (npages << 12n), 0n);
  const counts = idmapCounts(vm, policy, bytes);
  const windows = windowsOf(vm, slots);
  return { vm, run: { form, counts, slots: slots.length - refused.length, refused, windows } };
}

/** The host: memory and windows as the map has them, its tables above all of that. */
function efiMachine(
  { regions }: EfiMap,
  slots: readonly EfiSlot[],
  { policy, granuleShift }: EfiForm,
  arenaBytes: number,
): Machine {
  const banks = regions.flatMap(({ pa, size, kind }): BankSpec[] =>
    kind === 'none' ? [] : [{ pa, size, kind: kind === 'device' ? 'device' : 'unbacked' }],
  );
  const usable = regions.filter((row) => row.usable);
  const end = regions.reduce((most, { pa, size }) => (pa + size > most ? pa + size : most), 0n);
  const rootsPa = (end + BigInt(ROOT_BYTES - 1)) & -BigInt(ROOT_BYTES);
  const pages = slots.reduce((sum, { size }) => sum + Number(size >> BigInt(2 * granuleShift - 3)), 0);
  return new Machine({
    banks,
    roots: { pa: rootsPa, size: ROOT_BYTES },
    tablePool: {
      pa: rootsPa + BigInt(ROOT_BYTES),
      // As posted each slot fills a cache of its own.
      pages: pages + (EDGE_TABLES + (policy === 'asPosted' ? KVM_NR_MEM_OBJS : 0)) * slots.length,
      pageShift: granuleShift,
    },
    regions: memoryRegions(usable.map(({ pa, size }) => ({ pa, size, kind: 'unbacked' }))),
    pageState: false,
    arenaBytes: ARENA_BYTES + arenaBytes,
    accounted: true,
  });
}

/** The hardware's view of a VM: its registers on a CPU that has every granule. */
export function efiTranslator({ machine, geometry, offset }: Vm): Translator {
  const features = { ...BASE_CPU, granules: [4, 16, 64] as const };
  const registers = {
    vtcr: vtcr(geometry, features.paMax),
    vttbr: machine.view.u64(offset + VM_VTTBR),
    hcr: 1n,
  };
  return new Translator(machine, registers, { features });
}

function windowsOf(vm: Vm, slots: readonly EfiSlot[]): EfiWindow[] {
  const translator = efiTranslator(vm);
  try {
    return slots
      .filter(({ kind }) => kind === 'device')
      .map(({ pa, size, what }) => {
        const data = translator.translate({ ipa: pa, stage1: WRITE_BACK });
        const fetch = translator.translate({ ipa: pa, access: 'execute' });
        const seen = data.ok ? { memoryType: data.memory.attr, executable: fetch.ok } : undefined;
        return { pa, size, what, seen };
      });
  } finally {
    translator.destroy();
  }
}
