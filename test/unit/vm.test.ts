import { describe, expect, it } from 'vitest';
import * as L from '../../src/abi/layout.js';
import { levelShift } from '../../src/arm/index.js';
import { Machine } from '../../src/core/machine.js';
import {
  AddressSpace,
  BASE_VARIANT,
  createHost,
  type Geometry,
  RFC_VARIANT,
  rootBytes,
  setMemoryRegion,
  stage2UnmapVm,
  startLevel,
  V4_13_GEOMETRY,
  Vm,
  vtcr,
  vttbr,
} from '../../src/kvm/index.js';
import { checkTables, freePages } from '../model/check-tables.js';
import { Access, Hardware } from '../model/hardware.js';
import {
  abort,
  BLOCK,
  GUEST,
  HVA,
  lab,
  mappingOf,
  memoryLab,
  PAGE,
  region,
  SMALL_HOST,
} from '../model/lab.js';

const LOG = 1;
const invalid = expect.objectContaining({ code: 'EINVAL' });

/** Bytes of the arena that can be had in one piece: falls when something is not given back. */
function largestFree(machine: Machine): number {
  let [low, high] = [0, 64 << 20];
  while (high - low > 8) {
    const middle = Math.floor((low + high) / 2 / 8) * 8;
    try {
      machine.arena.release(machine.arena.allocate(middle));
      low = middle;
    } catch {
      high = middle;
    }
  }
  return low;
}

describe('the geometry of v4.13', () => {
  it.each([
    [12, 1, 8 << 10, 30],
    [14, 2, 256 << 10, 25],
    [16, 2, 16 << 10, 29],
  ] as const)(
    'with a granule of 2^%i walks from level %i through a root of %i bytes',
    (granuleShift, level, bytes, shift) => {
      const geometry: Geometry = { granuleShift, ipaBits: 40 };
      expect(startLevel(geometry)).toBe(level);
      expect(rootBytes(geometry)).toBe(bytes);
      expect(levelShift(geometry.granuleShift, level)).toBe(shift);
    },
  );

  it.each([
    [12, 40, 0x8002_3558n],
    [12, 44, 0x8004_3558n],
    [14, 40, 0x8002_b558n],
    [14, 44, 0x8004_b558n],
    [16, 40, 0x8002_7558n],
    [16, 44, 0x8004_7558n],
  ] as const)('with a granule of 2^%i on a %i-bit part has VTCR_EL2 %s', (granuleShift, paBits, expected) => {
    expect(vtcr({ granuleShift, ipaBits: 40 }, paBits)).toBe(expected);
  });

  it('sets VS and HA of VTCR_EL2 where the CPU has them, and HD never', () => {
    const value = vtcr(V4_13_GEOMETRY, 40, { ha: true, vmid16: true });
    expect(value).toBe(0x8002_3558n | (1n << 19n) | (1n << 21n));
  });

  it('puts the VMID above the root in VTTBR_EL2', () => {
    expect(vttbr(0x8000_2000n, 0x1234)).toBe(0x1234_0000_8000_2000n);
    expect(() => vttbr(1n << 48n, 0)).toThrowError(invalid);
  });

  it('refuses what no CPU has', () => {
    const { machine } = lab();
    const bad = (geometry: object) => () => new Vm(machine, { geometry: { ...V4_13_GEOMETRY, ...geometry } });
    expect(bad({ granuleShift: 13 })).toThrowError(invalid);
    expect(bad({ ipaBits: 15 })).toThrowError(invalid);
    expect(bad({ ipaBits: 49 })).toThrowError(invalid);
    expect(bad({ ipaBits: 39.5 })).toThrowError(invalid);
    expect(() => vtcr(V4_13_GEOMETRY, 41)).toThrowError(invalid);
  });

  it('gives every IPA size from 32 to 48 bits a root that the hardware walk accepts', () => {
    for (const granuleShift of [12, 14, 16] as const) {
      const machine = createHost({ ...SMALL_HOST, tablePages: 64, pageShift: granuleShift });
      for (let ipaBits = 32; ipaBits <= 48; ipaBits++) {
        const geometry: Geometry = { granuleShift, ipaBits };
        const vm = new Vm(machine, { geometry });
        const page = 1n << BigInt(granuleShift);
        expect(rootBytes(geometry)).toBeLessThanOrEqual(16 << granuleShift);
        const ipa = (1n << BigInt(ipaBits)) - page;
        expect(vm.tables.map(ipa, page, 0x12_3456_0000n, 0x7ffn)).toBe(0);
        const hardware = new Hardware(vm);
        expect(hardware.translate(ipa, Access.WRITE)).toEqual({ pa: 0x12_3456_0000n });
        expect(hardware.translate(1n << BigInt(ipaBits), Access.READ)).toEqual({ type: 4, level: 0 });
        hardware.release();
        vm.destroy();
      }
    }
  });
});

describe('a new VM', () => {
  it('has struct kvm where the recorded builds have it', () => {
    const { vm, mm, machine } = lab();
    const word = (offset: number) => machine.view.u64(vm.offset + offset);
    expect(vm.offset % 64).toBe(0);
    expect([word(40), word(48)]).toEqual([BigInt(mm.offset), BigInt(vm.slots.offset)]);
    expect(word(0)).toBe(0n);
  });

  it('has a NULL mm if it is internal', () => {
    const { machine } = lab();
    const vm = new Vm(machine, { variant: RFC_VARIANT });
    expect(vm.isInternal).toBe(true);
    expect(machine.view.u64(vm.offset + L.VM_MM)).toBe(0n);
  });

  it('has an empty root, also where another VM had one before', () => {
    const { vm, machine, cpu } = memoryLab('anonymous');
    abort(cpu, 'write', GUEST);
    const root = vm.tables.pgd;
    vm.destroy();
    machine.writeRam(root + 8n, 0x1234_5678n);
    const next = new Vm(machine);
    expect(next.tables.pgd).toBe(root);
    expect(checkTables(next).leaves).toEqual([]);
  });

  it('has a root aligned to its size, wherever the host puts root tables', () => {
    for (const ramBytes of [1n << 30n, (1n << 30n) + PAGE, (1n << 30n) + 3n * BLOCK + 5n * PAGE]) {
      const machine = createHost({ ...SMALL_HOST, ramBytes });
      const vm = new Vm(machine);
      expect(vm.tables.pgd % 8192n).toBe(0n);
      vm.tables.map(GUEST, PAGE, 0x5000_0000n, 0x7ffn);
      expect(new Hardware(vm).translate(GUEST, Access.READ)).toEqual({ pa: 0x5000_0000n });
    }
  });

  it('does not fit a machine whose table pages are smaller than its granule', () => {
    const machine = createHost(SMALL_HOST);
    const make = () => new Vm(machine, { geometry: { granuleShift: 16, ipaBits: 40 } });
    expect(make).toThrowError(invalid);
    expect(machine.roots.allocate(8192)).toBe(0);
  });

  it('does not fit a machine whose root tables cannot be aligned to their size', () => {
    const machine = new Machine({ roots: { pa: (1n << 37n) + PAGE, size: 64 << 10 } });
    expect(() => new Vm(machine)).toThrowError(invalid);
    expect(() => new Vm(machine, { geometry: { granuleShift: 12, ipaBits: 39 } })).not.toThrow();
  });

  it('is refused with ENOMEM when there is no room for its root, and takes nothing', () => {
    const machine = createHost({ ...SMALL_HOST, arenaBytes: 16 << 20 });
    const vms: Vm[] = [];
    const before = largestFree(machine);
    expect(() => {
      for (;;) vms.push(new Vm(machine, { variant: BASE_VARIANT }));
    }).toThrowError(expect.objectContaining({ code: 'ENOMEM' }));
    expect(vms).toHaveLength(512);
    for (const vm of vms) vm.destroy();
    expect(largestFree(machine)).toBe(before);
  });
});

describe('a destroyed VM', () => {
  it('gives back tables, caches, slots, bitmaps and records', () => {
    const machine = createHost(SMALL_HOST);
    const mm = new AddressSpace(machine);
    mm.map({ hva: HVA, size: 2n * BLOCK, kind: 'thp' });
    mm.map({ hva: HVA + 2n * BLOCK, size: BLOCK, kind: 'anonymous' });
    mm.map({ hva: HVA + 3n * BLOCK, size: 4n * PAGE, kind: 'pfnmap', pa: 0x900_0000n });
    const before = largestFree(machine);
    for (let round = 0; round < 3; round++) {
      const vm = new Vm(machine, { mm });
      setMemoryRegion(vm, region({ memorySize: 2n * BLOCK }));
      const rest = { slot: 1, guestPhysAddr: 0n, userspaceAddr: HVA + 2n * BLOCK };
      setMemoryRegion(vm, region({ ...rest, flags: LOG }));
      const device = {
        slot: 2,
        guestPhysAddr: 2n * GUEST,
        userspaceAddr: HVA + 3n * BLOCK,
        memorySize: 4n * PAGE,
      };
      setMemoryRegion(vm, region(device));
      for (const cpu of [vm.createVcpu(), vm.createVcpu()]) {
        abort(cpu, 'write', GUEST);
        abort(cpu, 'write', GUEST + BLOCK + PAGE);
        abort(cpu, 'read', 0n);
        abort(cpu, 'write', PAGE);
      }
      vm.destroy();
      expect(freePages(machine).size).toBe(machine.tablePages);
      expect(largestFree(machine)).toBe(before);
    }
  });

  it('leaves the other VMs of the machine as they are', () => {
    const { vm, machine } = memoryLab('anonymous');
    const mm = new AddressSpace(machine);
    mm.map({ hva: HVA, size: BLOCK, kind: 'anonymous' });
    const other = new Vm(machine, { mm, vmid: 2 });
    setMemoryRegion(other, region());
    const cpu = other.createVcpu();
    abort(cpu, 'write', GUEST);
    const before = checkTables(other).leaves;
    vm.destroy();
    expect(checkTables(other).leaves).toEqual(before);
    expect(abort(cpu, 'write', GUEST + PAGE).ret).toBe(1);
  });

  it('may have lost a vcpu before', () => {
    const { vm, machine, cpu } = memoryLab('anonymous');
    abort(cpu, 'write', GUEST);
    cpu.destroy();
    expect(vm.vcpus).toEqual([]);
    vm.destroy();
    expect(freePages(machine).size).toBe(machine.tablePages);
  });
});

describe('destroying twice', () => {
  it('is an error for a vcpu and for a VM, and takes nothing from what came after', () => {
    const { vm, machine, cpu } = memoryLab('anonymous');
    cpu.destroy();
    const next = vm.createVcpu();
    expect(() => cpu.destroy()).toThrowError(invalid);
    expect(vm.vcpus).toEqual([next]);
    vm.destroy();
    const other = new Vm(machine);
    other.tables.map(0n, PAGE, 0n, 0x7ffn);
    expect(() => vm.destroy()).toThrowError(invalid);
    expect(checkTables(other).leaves).toHaveLength(1);
  });
});

describe('a vcpu', () => {
  it('starts in EL1h with every register 0 and an empty page cache', () => {
    const { cpu } = memoryLab('anonymous');
    expect(cpu.get(L.VCPU_PSTATE)).toBe(5n);
    expect(Array.from({ length: 31 }, (_, i) => cpu.register(i)).every((x) => x === 0n)).toBe(true);
    expect(cpu.get(L.VCPU_HCR)).toBe(0n);
  });

  it('has a page cache of its own, which it gives back', () => {
    const { vm, machine, cpu } = memoryLab('anonymous');
    const other = vm.createVcpu();
    abort(cpu, 'write', GUEST);
    abort(other, 'write', GUEST + PAGE);
    expect(machine.tablePages - machine.freeTablePages).toBe(80);
    other.destroy();
    expect(machine.tablePages - machine.freeTablePages).toBe(40);
    expect(mappingOf(vm, GUEST + PAGE)).toBeDefined();
  });
});

describe('stage2_unmap_vm', () => {
  it('unmaps every slot of a user VM but its device mappings', () => {
    const { vm, cpu } = lab({
      areas: [
        { hva: HVA, size: BLOCK, kind: 'anonymous' },
        { hva: HVA + BLOCK, size: PAGE, kind: 'pfnmap', pa: 0x900_0000n },
      ],
      slots: [{ memorySize: 2n * BLOCK }],
    });
    abort(cpu, 'write', GUEST);
    stage2UnmapVm(vm);
    expect(mappingOf(vm, GUEST)).toBeUndefined();
    expect(mappingOf(vm, GUEST + BLOCK)).toBeDefined();
    checkTables(vm);
  });

  it('unmaps the whole of every slot of an internal VM', () => {
    const { machine } = lab();
    const vm = new Vm(machine, { variant: RFC_VARIANT });
    setMemoryRegion(vm, region({ slot: 512 }));
    stage2UnmapVm(vm);
    expect(checkTables(vm).leaves).toEqual([]);
  });
});
