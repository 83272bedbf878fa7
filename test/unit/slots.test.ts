import { describe, expect, it } from 'vitest';
import { Event } from '../../src/abi/event.js';
import { EEXIST, EFAULT, EINVAL, ENOMEM, EPERM, KVM_MEMSLOT_INVALID } from '../../src/abi/kvm.js';
import {
  AddressSpace,
  BASE_VARIANT,
  createHost,
  type MemoryRegion,
  RFC_VARIANT,
  setMemoryRegion,
  setUserMemoryRegion,
  Vm,
} from '../../src/kvm/index.js';
import { freePages } from '../model/check-tables.js';
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
const READONLY = 2;
const LIMIT = 1n << 40n;

/** What __kvm_set_memory_region returns for a region of a VM without slots. */
function refusal(fields: Partial<MemoryRegion>, variant = RFC_VARIANT): number {
  return setMemoryRegion(lab({ variant }).vm, region(fields)).ret;
}

function reasonFor(fields: Partial<MemoryRegion>): string {
  return setMemoryRegion(lab().vm, region(fields)).reason;
}

const memory = (size = 4n * BLOCK) => [{ hva: HVA, size, kind: 'anonymous' as const }];

describe('the ioctl front end', () => {
  it('takes ids 0 to 511', () => {
    const { vm } = lab();
    expect(setUserMemoryRegion(vm, region({ slot: 0 })).ret).toBe(0);
    expect(setUserMemoryRegion(vm, region({ slot: 511, guestPhysAddr: 0n })).ret).toBe(0);
  });

  it('refuses id 512 with EINVAL even where the kernel has private slots', () => {
    const { vm } = lab({ variant: RFC_VARIANT });
    expect(setUserMemoryRegion(vm, region({ slot: 512 })).ret).toBe(-EINVAL);
    expect(setUserMemoryRegion(vm, region({ slot: 767 })).ret).toBe(-EINVAL);
    expect(setMemoryRegion(vm, region({ slot: 512 })).ret).toBe(0);
  });

  it('looks at the low 16 bits of the id, and leaves the address space above them to the kernel', () => {
    const { vm } = lab();
    expect(setUserMemoryRegion(vm, region({ slot: 0x10200 })).reason).toContain('user space may use ids');
    const refused = setUserMemoryRegion(vm, region({ slot: 0x10000 }));
    expect(refused).toEqual({ ret: -EINVAL, reason: expect.stringContaining('one address space') });
  });
});

describe('the checks of a region', () => {
  it('refuses a flag it does not know', () => {
    expect(refusal({ flags: 4 })).toBe(-EINVAL);
    expect(refusal({ flags: 0x8000_0000 })).toBe(-EINVAL);
    expect(refusal({ flags: KVM_MEMSLOT_INVALID })).toBe(-EINVAL);
    expect(refusal({ flags: LOG | READONLY })).toBe(0);
  });

  it('refuses a size that is no multiple of the page size', () => {
    expect(refusal({ memorySize: BLOCK + 1n })).toBe(-EINVAL);
    expect(refusal({ memorySize: 0x800n })).toBe(-EINVAL);
  });

  it('refuses a guest address that is not page aligned', () => {
    expect(refusal({ guestPhysAddr: GUEST + 0x800n })).toBe(-EINVAL);
  });

  it('refuses an hva that is not page aligned', () => {
    expect(refusal({ userspaceAddr: HVA + 8n })).toBe(-EINVAL);
  });

  it('refuses an hva range that leaves user space, and takes one that ends with it', () => {
    expect(refusal({ userspaceAddr: (1n << 48n) - BLOCK })).toBe(0);
    expect(refusal({ userspaceAddr: (1n << 48n) - BLOCK + PAGE })).toBe(-EINVAL);
    expect(refusal({ userspaceAddr: 0xffff_8000_0000_0000n })).toBe(-EINVAL);
  });

  it('lets a private id have any hva', () => {
    const fields = { slot: 600, userspaceAddr: 0xffff_ffff_ffff_f001n };
    expect(refusal(fields, RFC_VARIANT)).toBe(0);
  });

  it('refuses a second address space', () => {
    expect(refusal({ slot: 1 << 16 })).toBe(-EINVAL);
    expect(refusal({ slot: 0xffff_0000 })).toBe(-EINVAL);
  });

  it('refuses a guest range that wraps, up to the last byte', () => {
    const top = (1n << 64n) - BLOCK;
    expect(reasonFor({ guestPhysAddr: top })).toContain('wraps');
    expect(reasonFor({ guestPhysAddr: top - PAGE })).not.toContain('wraps');
  });

  it('takes 2^31 - 1 pages for a size and refuses 2^31', () => {
    const bytes = (pages: bigint) => ({ memorySize: pages << 12n, guestPhysAddr: 0n, userspaceAddr: 0n });
    expect(reasonFor(bytes((1n << 31n) - 1n))).toContain('IPA space');
    expect(reasonFor(bytes(1n << 31n))).toContain('at most 2147483647');
    expect(refusal(bytes(1n << 31n))).toBe(-EINVAL);
  });

  it('throws on a field that has no meaning as a kernel argument', () => {
    const { vm } = lab();
    const bad = (fields: object) => () => setMemoryRegion(vm, { ...region(), ...fields });
    expect(bad({ memorySize: -PAGE })).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
    expect(bad({ guestPhysAddr: 1n << 64n })).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
    expect(bad({ userspaceAddr: 4096 })).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
    expect(bad({ slot: 1.5 })).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
    expect(bad({ flags: -1 })).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
  });
});

describe('slot ids', () => {
  it.each([
    ['taken', 511, 'base', BASE_VARIANT],
    ['refused', 512, 'base', BASE_VARIANT],
    ['refused', 767, 'base', BASE_VARIANT],
    ['taken', 511, 'rfc', RFC_VARIANT],
    ['taken', 512, 'rfc', RFC_VARIANT],
    ['taken', 767, 'rfc', RFC_VARIANT],
    ['refused', 768, 'rfc', RFC_VARIANT],
  ])('are %s: %i under %s', (answer, slot, _, variant) => {
    expect(refusal({ slot }, variant)).toBe(answer === 'taken' ? 0 : -EINVAL);
  });
});

describe('the order of the checks', () => {
  // Each region violates the named check and the next one; only the reason tells them apart.
  const flags = { flags: 4 };
  const size = { memorySize: BLOCK + 1n };
  const gpa = { guestPhysAddr: 0x123n };
  const hva = { userspaceAddr: HVA + 1n };
  const id = { slot: 0x10000 };
  const wrap = { guestPhysAddr: (1n << 64n) - BLOCK };

  it.each([
    ['flags before size', { ...flags, ...size }, 'flags'],
    ['size before guest address', { ...size, ...gpa }, 'size'],
    ['guest address before hva', { ...gpa, ...hva }, 'guest address'],
    ['hva alignment before hva range', { userspaceAddr: (1n << 64n) - 1n }, 'not page aligned'],
    ['hva before id', { ...hva, ...id }, 'hva'],
    ['id before wrap', { ...id, ...wrap }, 'address space'],
    ['wrap before page count', { slot: 600, ...wrap, memorySize: 1n << 43n, userspaceAddr: 0n }, 'wraps'],
  ])('%s', (_, fields, reason) => {
    expect(reasonFor(fields)).toContain(reason);
  });

  it('counts pages before it looks whether the slot exists', () => {
    const { vm } = lab();
    setMemoryRegion(vm, region());
    expect(setMemoryRegion(vm, region({ memorySize: 1n << 43n, userspaceAddr: 0n })).reason).toContain(
      'pages',
    );
  });

  it('refuses a changed hva before a changed size, and that before a changed READONLY', () => {
    const { vm } = lab();
    setMemoryRegion(vm, region());
    const change = (fields: Partial<MemoryRegion>) => setMemoryRegion(vm, region(fields)).reason;
    expect(change({ userspaceAddr: HVA + BLOCK, memorySize: PAGE, flags: READONLY })).toContain('the hva');
    expect(change({ memorySize: PAGE, flags: READONLY })).toContain('the size');
    expect(change({ flags: READONLY, guestPhysAddr: 0n })).toContain('READONLY');
  });

  it('refuses an overlap before a range above the IPA space', () => {
    const { vm } = lab();
    const top = { guestPhysAddr: LIMIT - 2n * BLOCK };
    expect(setMemoryRegion(vm, region(top)).ret).toBe(0);
    expect(setMemoryRegion(vm, region({ ...top, slot: 1, memorySize: 2n * BLOCK })).ret).toBe(-EEXIST);
  });

  it('runs out of bitmap memory before it refuses a range above the IPA space', () => {
    const { vm } = lab({ host: { arenaBytes: 1 << 20 } });
    const huge = { guestPhysAddr: 0n, userspaceAddr: 0n, memorySize: LIMIT, flags: LOG };
    expect(setMemoryRegion(vm, region(huge)).ret).toBe(-ENOMEM);
    expect(setMemoryRegion(vm, region({ ...huge, flags: 0 })).ret).toBe(-EFAULT);
  });

  it('refuses a range above the IPA space before it looks at the areas', () => {
    const { vm } = lab({ areas: [{ hva: HVA, size: BLOCK, kind: 'anonymous', writable: false }] });
    expect(setMemoryRegion(vm, region()).ret).toBe(-EPERM);
    expect(setMemoryRegion(vm, region({ guestPhysAddr: LIMIT - BLOCK })).ret).toBe(-EFAULT);
  });

  it('takes the areas by ascending address: the first one that refuses decides', () => {
    const readonly = { hva: HVA, size: BLOCK, kind: 'anonymous' as const, writable: false };
    const device = { hva: HVA + BLOCK, size: BLOCK, kind: 'pfnmap' as const, pa: 0n };
    const both = { memorySize: 2n * BLOCK, flags: LOG };
    expect(setMemoryRegion(lab({ areas: [readonly, device] }).vm, region(both)).ret).toBe(-EPERM);
    const swapped = [
      { ...readonly, hva: HVA + BLOCK },
      { ...device, hva: HVA },
    ];
    expect(setMemoryRegion(lab({ areas: swapped }).vm, region(both)).ret).toBe(-EINVAL);
  });
});

describe('CREATE', () => {
  it('makes a slot that a fault finds', () => {
    const { vm, cpu } = memoryLab('anonymous');
    expect(abort(cpu, 'write', GUEST).ret).toBe(1);
    expect(mappingOf(vm, GUEST)).toMatchObject({ level: 3, attributes: 0x7ffn });
  });

  it('refuses a size of 0 for an empty slot', () => {
    expect(refusal({ memorySize: 0n })).toBe(-EINVAL);
  });

  it('refuses an overlap by one page at either end, and takes a neighbour', () => {
    const { vm } = lab();
    setMemoryRegion(vm, region());
    const at = (guestPhysAddr: bigint) => setMemoryRegion(vm, region({ slot: 1, guestPhysAddr })).ret;
    expect(at(GUEST - BLOCK + PAGE)).toBe(-EEXIST);
    expect(at(GUEST + BLOCK - PAGE)).toBe(-EEXIST);
    expect(at(GUEST)).toBe(-EEXIST);
    expect(at(GUEST + BLOCK)).toBe(0);
    expect(setMemoryRegion(vm, region({ slot: 2, guestPhysAddr: GUEST - BLOCK })).ret).toBe(0);
  });

  it('refuses a slot around another one', () => {
    const { vm } = lab();
    setMemoryRegion(vm, region({ memorySize: PAGE }));
    const around = region({ slot: 1, guestPhysAddr: GUEST - BLOCK, memorySize: 2n * BLOCK });
    expect(setMemoryRegion(vm, around).ret).toBe(-EEXIST);
  });

  it('refuses a slot whose end reaches the last page of the IPA space', () => {
    expect(refusal({ guestPhysAddr: LIMIT - BLOCK })).toBe(-EFAULT);
    expect(refusal({ guestPhysAddr: LIMIT - BLOCK - PAGE })).toBe(0);
  });

  it('leaves no slot behind when it fails', () => {
    const { vm } = lab({ areas: [{ hva: HVA, size: BLOCK, kind: 'anonymous', writable: false }] });
    expect(setMemoryRegion(vm, region({ flags: LOG })).ret).toBe(-EPERM);
    expect(vm.slots.used).toEqual([]);
    expect(setMemoryRegion(vm, region({ guestPhysAddr: LIMIT })).ret).toBe(-EFAULT);
    expect(vm.slots.used).toEqual([]);
  });

  it('refuses a writable slot over a read-only area, even when only the last page is', () => {
    const { mm, vm } = lab({ areas: memory(BLOCK - PAGE) });
    mm.map({ hva: HVA + BLOCK - PAGE, size: PAGE, kind: 'anonymous', writable: false });
    expect(setMemoryRegion(vm, region()).ret).toBe(-EPERM);
    expect(setMemoryRegion(vm, region({ memorySize: BLOCK - PAGE })).ret).toBe(0);
    expect(setMemoryRegion(vm, region({ slot: 1, guestPhysAddr: 0n, flags: READONLY })).ret).toBe(0);
  });

  it('takes a slot over no area at all', () => {
    expect(refusal({ userspaceAddr: 0n })).toBe(0);
  });
});

describe('a slot over device memory', () => {
  const device = { hva: HVA, size: 4n * PAGE, kind: 'pfnmap' as const, pa: 0x900_0000n };

  it('is mapped at creation with device attributes, page by page', () => {
    const { vm, machine } = lab({ areas: [device] });
    machine.resetCounts();
    expect(setMemoryRegion(vm, region({ memorySize: 4n * PAGE })).ret).toBe(0);
    for (let i = 0n; i < 4n; i++) {
      expect(mappingOf(vm, GUEST + i * PAGE)).toEqual({
        level: 3,
        pa: 0x900_0000n + i * PAGE,
        attributes: 0x0040_0000_0000_07c7n,
      });
    }
    expect(mappingOf(vm, GUEST + 4n * PAGE)).toBeUndefined();
  });

  it('is mapped read-only if the slot is', () => {
    const { vm } = lab({ areas: [device], slots: [{ memorySize: PAGE, flags: READONLY }] });
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x0040_0000_0000_0747n);
  });

  it('is mapped where the slot shows it and nowhere else', () => {
    const areas = [{ ...device, hva: HVA + 2n * PAGE }];
    const { vm } = lab({ areas, slots: [{ memorySize: 3n * PAGE }] });
    expect(mappingOf(vm, GUEST + PAGE)).toBeUndefined();
    expect(mappingOf(vm, GUEST + 2n * PAGE)?.pa).toBe(0x900_0000n);
    const later = lab({ areas: [device], slots: [{ userspaceAddr: HVA + PAGE, memorySize: PAGE }] });
    expect(mappingOf(later.vm, GUEST)?.pa).toBe(0x900_1000n);
    expect(mappingOf(later.vm, GUEST + PAGE)).toBeUndefined();
  });

  it('cannot be logged', () => {
    const { vm } = lab({ areas: [device] });
    expect(setMemoryRegion(vm, region({ memorySize: PAGE, flags: LOG })).ret).toBe(-EINVAL);
    expect(vm.slots.used).toEqual([]);
  });

  it('cannot be logged later either, and stays mapped', () => {
    const { vm } = lab({ areas: [device], slots: [{ memorySize: PAGE }] });
    expect(setMemoryRegion(vm, region({ memorySize: PAGE, flags: LOG })).ret).toBe(-EINVAL);
    expect(vm.slots.get(0).flags).toBe(0);
    expect(mappingOf(vm, GUEST)).toBeDefined();
  });

  it('gives its cached table pages back, whether it is mapped or memory runs out', () => {
    const { vm, machine } = lab({ areas: [device] });
    expect(setMemoryRegion(vm, region({ memorySize: PAGE })).ret).toBe(0);
    expect(machine.freeTablePages).toBe(machine.tablePages - 2);
    setMemoryRegion(vm, region({ memorySize: 0n }));
    expect(machine.freeTablePages).toBe(machine.tablePages);
    machine.setAllocationBudget(1);
    expect(setMemoryRegion(vm, region({ memorySize: PAGE })).ret).toBe(-ENOMEM);
    expect(machine.freeTablePages).toBe(machine.tablePages);
    expect(mappingOf(vm, GUEST)).toBeUndefined();
  });

  it('loses its mappings when a later area refuses the slot', () => {
    const { mm, vm, machine } = lab({ areas: [device] });
    mm.map({ hva: HVA + 4n * PAGE, size: PAGE, kind: 'anonymous', writable: false });
    expect(setMemoryRegion(vm, region()).ret).toBe(-EPERM);
    expect(mappingOf(vm, GUEST)).toBeUndefined();
    expect(machine.freeTablePages).toBe(machine.tablePages);
  });
});

describe('DELETE', () => {
  it('unmaps the slot and gives its tables back', () => {
    const { vm, cpu, machine } = memoryLab('anonymous');
    abort(cpu, 'write', GUEST);
    expect(setMemoryRegion(vm, region({ memorySize: 0n })).ret).toBe(0);
    expect(mappingOf(vm, GUEST)).toBeUndefined();
    expect(vm.slots.used).toEqual([]);
    expect(freePages(machine).size).toBe(machine.tablePages - 38);
  });

  it('needs no other field to be what it was', () => {
    const { vm } = lab({ slots: [{}] });
    const gone = { memorySize: 0n, guestPhysAddr: LIMIT, userspaceAddr: 0n, flags: READONLY };
    expect(setMemoryRegion(vm, region(gone)).ret).toBe(0);
  });

  it('leaves the neighbours mapped', () => {
    const { vm, cpu } = lab({
      areas: memory(),
      slots: [{}, { slot: 1, guestPhysAddr: GUEST + BLOCK, userspaceAddr: HVA + BLOCK }],
    });
    abort(cpu, 'write', GUEST);
    abort(cpu, 'write', GUEST + BLOCK);
    setMemoryRegion(vm, region({ memorySize: 0n }));
    expect(mappingOf(vm, GUEST)).toBeUndefined();
    expect(mappingOf(vm, GUEST + BLOCK)).toBeDefined();
  });

  it('gives the bitmap back, also when it asks for logging', () => {
    const { vm, machine } = lab({ areas: memory(), host: { arenaBytes: 1 << 20 } });
    const big = { memorySize: 4n << 30n, userspaceAddr: 0n, flags: LOG };
    for (let i = 0; i < 8; i++) {
      expect(setMemoryRegion(vm, region(big)).ret).toBe(0);
      expect(setMemoryRegion(vm, region({ memorySize: 0n, flags: LOG })).ret).toBe(0);
    }
    const before = machine.arena.allocate(8);
    machine.arena.release(before);
    setMemoryRegion(vm, region());
    setMemoryRegion(vm, region({ memorySize: 0n, flags: LOG }));
    expect(machine.arena.allocate(8)).toBe(before);
    expect(() => machine.arena.release(before)).not.toThrow();
    expect(() => machine.arena.release(before)).toThrow();
  });

  it('allocates nothing, even when the region it is given asks for logging and memory is exhausted', () => {
    const { vm, machine } = lab({ slots: [{}] });
    for (let size = 1 << 20; size >= 8; size /= 2) {
      for (let full = false; !full; ) {
        try {
          machine.arena.allocate(size);
        } catch {
          full = true;
        }
      }
    }
    expect(setMemoryRegion(vm, region({ memorySize: 0n, flags: LOG })).ret).toBe(0);
  });

  it('makes room for a slot in the same place', () => {
    const { vm } = lab({ slots: [{}] });
    setMemoryRegion(vm, region({ memorySize: 0n }));
    expect(setMemoryRegion(vm, region({ slot: 1 })).ret).toBe(0);
  });
});

describe('MOVE', () => {
  it('unmaps the old place; the new one faults in again', () => {
    const { vm, cpu } = memoryLab('anonymous');
    abort(cpu, 'write', GUEST);
    const pa = mappingOf(vm, GUEST)?.pa;
    expect(setMemoryRegion(vm, region({ guestPhysAddr: 0n })).ret).toBe(0);
    expect(mappingOf(vm, GUEST)).toBeUndefined();
    expect(mappingOf(vm, 0n)).toBeUndefined();
    abort(cpu, 'write', 0n);
    expect(mappingOf(vm, 0n)?.pa).toBe(pa);
  });

  it('may overlap its own old place', () => {
    const { vm } = lab({ slots: [{}] });
    expect(setMemoryRegion(vm, region({ guestPhysAddr: GUEST + PAGE })).ret).toBe(0);
  });

  it('may not overlap another slot, and then changes nothing', () => {
    const { vm, cpu } = lab({ areas: memory(), slots: [{}, { slot: 1, guestPhysAddr: 0n }] });
    abort(cpu, 'write', GUEST);
    expect(setMemoryRegion(vm, region({ guestPhysAddr: PAGE })).ret).toBe(-EEXIST);
    expect(mappingOf(vm, GUEST)).toBeDefined();
    expect(vm.slots.get(0).baseGfn).toBe(GUEST >> 12n);
  });

  it('keeps the bitmap with what is set in it', () => {
    const { vm, cpu } = memoryLab('anonymous', LOG);
    abort(cpu, 'write', GUEST);
    expect(setMemoryRegion(vm, region({ flags: LOG, guestPhysAddr: 0n })).ret).toBe(0);
    expect(vm.getDirtyLog(0)[0]).toBe(1);
  });

  it('that fails leaves the slot invalid: accesses no longer find memory', () => {
    const { vm, cpu } = memoryLab('anonymous');
    abort(cpu, 'write', GUEST);
    expect(setMemoryRegion(vm, region({ guestPhysAddr: LIMIT })).ret).toBe(-EFAULT);
    expect(vm.slots.get(0).flags & KVM_MEMSLOT_INVALID).toBe(KVM_MEMSLOT_INVALID);
    expect(mappingOf(vm, GUEST)).toBeUndefined();
    expect(abort(cpu, 'write', GUEST, { isv: { size: 4, register: 0 } }).ret).toBe(0);
    expect(setMemoryRegion(vm, region()).ret).toBe(0);
    expect(abort(cpu, 'write', GUEST).ret).toBe(1);
    expect(mappingOf(vm, GUEST)).toBeDefined();
  });
});

describe('FLAGS_ONLY', () => {
  it('is 0 and no change when nothing differs', () => {
    const { vm, cpu } = memoryLab('anonymous');
    abort(cpu, 'write', GUEST);
    expect(setMemoryRegion(vm, region()).ret).toBe(0);
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x7ffn);
  });

  it('refuses to toggle READONLY', () => {
    const { vm } = lab({ slots: [{}] });
    expect(setMemoryRegion(vm, region({ flags: READONLY })).ret).toBe(-EINVAL);
  });

  it('that turns logging on write-protects pages and blocks and flushes the VMID once', () => {
    const { vm, cpu, machine } = lab({
      areas: [...memory(BLOCK), { hva: HVA + BLOCK, size: BLOCK, kind: 'thp' }],
      slots: [{ memorySize: 2n * BLOCK }],
    });
    abort(cpu, 'write', GUEST);
    abort(cpu, 'write', GUEST + BLOCK);
    machine.resetCounts();
    expect(setMemoryRegion(vm, region({ memorySize: 2n * BLOCK, flags: LOG })).ret).toBe(0);
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x77fn);
    expect(mappingOf(vm, GUEST + BLOCK)).toMatchObject({ level: 2, attributes: 0x77dn });
    expect(machine.eventCount(Event.TLBI_IPA)).toBe(0);
    expect(machine.eventCount(Event.TLBI_VMID)).toBe(1);
  });

  it('that turns logging off drops the bitmap and leaves the write protection', () => {
    const { vm, cpu } = memoryLab('anonymous', LOG);
    abort(cpu, 'write', GUEST);
    vm.getDirtyLog(0);
    expect(setMemoryRegion(vm, region()).ret).toBe(0);
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x77fn);
    expect(() => vm.getDirtyLog(0)).toThrowError(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('fails with ENOMEM when there is no memory for the bitmap, and keeps the slot as it was', () => {
    const { vm } = lab({ host: { arenaBytes: 1 << 20 } });
    const size = { memorySize: 32n << 30n, userspaceAddr: 0n };
    expect(setMemoryRegion(vm, region(size)).ret).toBe(0);
    expect(setMemoryRegion(vm, region({ ...size, flags: LOG })).ret).toBe(-ENOMEM);
    expect(vm.slots.get(0).flags).toBe(0);
  });
});

describe('two VMs', () => {
  it('have slots of their own', () => {
    const machine = createHost(SMALL_HOST);
    const a = new Vm(machine, { mm: new AddressSpace(machine) });
    const b = new Vm(machine, { mm: new AddressSpace(machine), vmid: 2 });
    setMemoryRegion(a, region());
    expect(b.slots.used).toEqual([]);
    expect(setMemoryRegion(b, region({ slot: 3 })).ret).toBe(0);
    expect(a.slots.used.map((slot) => slot.id)).toEqual([0]);
  });
});
