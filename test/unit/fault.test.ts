// One test for each row of the table of outcomes of the fault path: how it ends, what it does to the guest, the tables,
// the bitmap and the log, and which way each branch of the handler went.
import { beforeEach, describe, expect, it } from 'vitest';
import { Fsc } from '../../src/abi/arm.js';
import { Event } from '../../src/abi/event.js';
import {
  Disposition,
  EFAULT,
  ENOMEM,
  ENOSYS,
  ExitReason,
  HOST_PTE_ERROR,
  HOST_PTE_LATE_POISON,
  HOST_PTE_POISON,
  HOST_PTE_PRESENT,
  HOST_PTE_WRITE,
} from '../../src/abi/kvm.js';
import {
  HEADER_KEY_INTERNAL,
  HEADER_SEA_CLAIMED,
  VCPU_PC,
  VM_NOTIFIER_COUNT,
  VM_RACE,
} from '../../src/abi/layout.js';
import { Site } from '../../src/abi/site.js';
import { type ExitResult, RFC_VARIANT, setMemoryRegion, Vm } from '../../src/kvm/index.js';
import { checkTables } from '../model/check-tables.js';
import {
  abort,
  BLOCK,
  cachedPages,
  GUEST,
  guestState,
  HVA,
  type Lab,
  lab,
  logLines,
  mappingOf,
  memoryLab,
  outcome,
  PAGE,
  region,
  registerDevices,
  scatterState,
  siteRow,
  syndrome,
} from '../model/lab.js';

const LOG = 1;
const READONLY = 2;
const PA = 0xffff_ffff_f000n;

/** Sites up to the top-up of every fault that maps memory, then those of a page mapped with warm tables. */
const ENTRY = 'A1=F A3=F A4=F A5=F A8=F U0=F U1=F U2*=F U3=F U4=F';
const PAGE_ARM = `${ENTRY} U6=F U7=F U8=F U9=F U10=F U12=F U13=T H1=F`;
const PAGE_CALLEES = 'W1=F C1=T G2=F P1=F P2=F P3=F P5=F P6=F I1=F I2=T';
const LOGGED =
  'A1=F A3=F A4=F A5=F A8=F U0=T U1=F U2*=F U3=F U4=F U6=F U7=F U8=F U9=F U10=T U11=F U12=F U13=F U14=F';
const BLOCK_ARM = `${ENTRY} U6=F U7=F U8=F U9=F U10=F U12=F U13=T H1=T`;
const OUTSIDE = 'A1=F A3=F A4=F A5=T A6=F A7=F';

/** Runs the fault with fresh counts and checks the sites it took. */
function take(l: Lab, sites: string, fault: () => ExitResult): ExitResult {
  l.machine.resetCounts();
  const result = fault();
  expect(siteRow(l.machine, sites)).toBe(sites);
  checkTables(l.vm);
  return result;
}

/** The same, for a fault that resumes the guest where it was. */
function resumes(l: Lab, disposition: Disposition, sites: string, fault: () => ExitResult): void {
  scatterState(l.cpu);
  const before = guestState(l.cpu);
  expect(outcome(take(l, sites, fault))).toEqual([1, disposition]);
  expect(guestState(l.cpu)).toEqual(before);
  expect(logLines(l.machine)).toEqual({});
}

/** A VM whose vcpu has served one fault, so that its cache and the tables above are there. */
function warm(l: Lab, ipa: bigint): Lab {
  expect(abort(l.cpu, 'write', ipa).ret).toBe(1);
  return l;
}

const hostPage = (l: Lab, offset = 0n) => l.mm.pte(HVA + offset) & PA;

describe('anonymous memory', () => {
  let l: Lab;
  beforeEach(() => {
    l = warm(memoryLab('anonymous'), GUEST + PAGE);
  });

  it('a write maps one page writable, with tables present', () => {
    const free = l.machine.freeTablePages;
    resumes(l, Disposition.MAPPED_PAGE, `${PAGE_ARM} U15b=T A9=T ${PAGE_CALLEES}`, () =>
      abort(l.cpu, 'write', GUEST),
    );
    expect(mappingOf(l.vm, GUEST)).toEqual({ level: 3, pa: hostPage(l), attributes: 0x7ffn });
    expect(mappingOf(l.vm, GUEST + 2n * PAGE)).toBeUndefined();
    expect(l.machine.freeTablePages).toBe(free);
    expect(l.machine.eventCount(Event.BREAK_BEFORE_MAKE)).toBe(0);
  });

  it('a write to the first page of a 2 MiB range takes one table page', () => {
    const other = warm(
      lab({
        areas: [{ hva: HVA, size: 2n * BLOCK, kind: 'anonymous' }],
        slots: [{ memorySize: 2n * BLOCK }],
      }),
      GUEST,
    );
    const cached = cachedPages(other.cpu);
    const callees = PAGE_CALLEES.replace('P3=F', 'P3=T');
    resumes(other, Disposition.MAPPED_PAGE, `${PAGE_ARM} U15b=T A9=T ${callees}`, () =>
      abort(other.cpu, 'write', GUEST + BLOCK, { level: 2 }),
    );
    expect(mappingOf(other.vm, GUEST + BLOCK)?.attributes).toBe(0x7ffn);
    expect(cachedPages(other.cpu)).toBe(cached - 1);
  });

  it('a write to the first page of a 1 GiB range takes two table pages', () => {
    setMemoryRegion(l.vm, region({ slot: 1, guestPhysAddr: 2n * GUEST }));
    const cached = cachedPages(l.cpu);
    const callees = PAGE_CALLEES.replace('G2=F', 'G2=T').replace('P3=F', 'P3=T');
    resumes(l, Disposition.MAPPED_PAGE, `${PAGE_ARM} U15b=T A9=T ${callees}`, () =>
      abort(l.cpu, 'write', 2n * GUEST, { level: 1 }),
    );
    expect(cachedPages(l.cpu)).toBe(cached - 2);
    expect(checkTables(l.vm).pages.size).toBe(4);
  });

  it('a write with a page cache below the minimum fills the cache to 40 first', () => {
    const cold = { ...l, cpu: l.vm.createVcpu() };
    const callees = PAGE_CALLEES.replace('C1=T', 'C1=F C3=F');
    resumes(cold, Disposition.MAPPED_PAGE, `${PAGE_ARM} U15b=T A9=T ${callees}`, () =>
      abort(cold.cpu, 'write', GUEST),
    );
    expect(cachedPages(cold.cpu)).toBe(40);
    expect(cachedPages(l.cpu)).toBe(38);
  });

  it('a read of a page the host has writable maps it writable', () => {
    abort(l.cpu, 'write', GUEST);
    l.vm.invalidateHva(HVA, HVA + PAGE);
    resumes(l, Disposition.MAPPED_PAGE, `${PAGE_ARM} U15b=T A9=T ${PAGE_CALLEES}`, () =>
      abort(l.cpu, 'read', GUEST),
    );
    expect(mappingOf(l.vm, GUEST)).toEqual({ level: 3, pa: hostPage(l), attributes: 0x7ffn });
  });

  it('a read of an untouched page maps the zero page read-only', () => {
    resumes(l, Disposition.MAPPED_PAGE, `${PAGE_ARM} U15b=F A9=T ${PAGE_CALLEES}`, () =>
      abort(l.cpu, 'read', GUEST),
    );
    expect(mappingOf(l.vm, GUEST)).toEqual({ level: 3, pa: hostPage(l), attributes: 0x77fn });
    expect(l.mm.pte(HVA) & 3n).toBe(BigInt(HOST_PTE_PRESENT));
    abort(l.cpu, 'read', GUEST + 2n * PAGE);
    expect(mappingOf(l.vm, GUEST + 2n * PAGE)?.pa).toBe(mappingOf(l.vm, GUEST)?.pa);
  });

  it('a fetch maps like a read, executable', () => {
    l.mm.setPte(HVA, 0x5000_0000n, HOST_PTE_PRESENT | HOST_PTE_WRITE);
    const callees = PAGE_CALLEES.replace('W1=F', 'W1=T');
    resumes(l, Disposition.MAPPED_PAGE, `${PAGE_ARM} U15b=T A9=T ${callees}`, () =>
      abort(l.cpu, 'fetch', GUEST),
    );
    expect(mappingOf(l.vm, GUEST)).toEqual({ level: 3, pa: 0x5000_0000n, attributes: 0x7ffn });
  });

  it('a fetch of an untouched page maps the zero page read-only', () => {
    expect(abort(l.cpu, 'fetch', GUEST).ret).toBe(1);
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x77fn);
  });

  it('a write permission fault without logging replaces the entry by break-before-make', () => {
    abort(l.cpu, 'read', GUEST);
    l.mm.setPte(HVA, 0x5000_0000n, HOST_PTE_PRESENT | HOST_PTE_WRITE);
    const callees = PAGE_CALLEES.replace('P6=F', 'P6=T');
    resumes(l, Disposition.MAPPED_PAGE, `${PAGE_ARM} U15b=T A9=T ${callees}`, () =>
      abort(l.cpu, 'write', GUEST, { type: Fsc.PERMISSION }),
    );
    expect(mappingOf(l.vm, GUEST)).toEqual({ level: 3, pa: 0x5000_0000n, attributes: 0x7ffn });
    expect(l.machine.eventCount(Event.BREAK_BEFORE_MAKE)).toBe(1);
    expect(l.machine.eventCount(Event.TLBI_IPA)).toBe(1);
  });

  it('a page that another vcpu mapped first is mapped again, at the price of a break', () => {
    abort(l.cpu, 'write', GUEST);
    const before = mappingOf(l.vm, GUEST);
    const callees = PAGE_CALLEES.replace('P6=F', 'P6=T');
    resumes(l, Disposition.MAPPED_PAGE, `${PAGE_ARM} U15b=T A9=T ${callees}`, () =>
      abort(l.cpu, 'write', GUEST),
    );
    expect(mappingOf(l.vm, GUEST)).toEqual(before);
    expect(l.machine.eventCount(Event.BREAK_BEFORE_MAKE)).toBe(1);
  });

  it('a data access whose stage-1 walk faults counts as a write', () => {
    resumes(l, Disposition.MAPPED_PAGE, `${PAGE_ARM} U15b=T A9=T ${PAGE_CALLEES}`, () =>
      abort(l.cpu, 'read', GUEST, { s1ptw: true }),
    );
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x7ffn);
  });

  it('a fetch whose stage-1 walk faults does not', () => {
    expect(abort(l.cpu, 'fetch', GUEST + 2n * PAGE, { s1ptw: true }).ret).toBe(1);
    expect(mappingOf(l.vm, GUEST + 2n * PAGE)?.attributes).toBe(0x77fn);
    l.mm.setPte(HVA, 0x5000_0000n, HOST_PTE_PRESENT | HOST_PTE_WRITE);
    const callees = PAGE_CALLEES.replace('W1=F', 'W1=T');
    resumes(l, Disposition.MAPPED_PAGE, `${PAGE_ARM} U15b=T A9=T ${callees}`, () =>
      abort(l.cpu, 'fetch', GUEST, { s1ptw: true }),
    );
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x7ffn);
  });
});

describe('huge pages of the host', () => {
  const twoBlocks = (kind: 'thp' | 'hugetlb') =>
    warm(
      lab({ areas: [{ hva: HVA, size: 2n * BLOCK, kind }], slots: [{ memorySize: 2n * BLOCK }] }),
      GUEST + BLOCK,
    );
  const callees = 'W1=F C1=T G2=F I1=F I2=T';

  it('a write to the first page of a transparent huge page maps a block', () => {
    const l = twoBlocks('thp');
    resumes(l, Disposition.MAPPED_BLOCK, `${BLOCK_ARM} H2=F U15a=T M1=F ${callees}`, () =>
      abort(l.cpu, 'write', GUEST, { level: 2 }),
    );
    expect(mappingOf(l.vm, GUEST)).toEqual({ level: 2, pa: hostPage(l), attributes: 0x7fdn });
    expect(hostPage(l) % BLOCK).toBe(0n);
  });

  it('a write to a tail page maps the same block', () => {
    const l = twoBlocks('thp');
    resumes(l, Disposition.MAPPED_BLOCK, `${BLOCK_ARM} H2=T U15a=T M1=F ${callees}`, () =>
      abort(l.cpu, 'write', GUEST + 77n * PAGE + 8n, { level: 2 }),
    );
    expect(mappingOf(l.vm, GUEST)).toEqual({ level: 2, pa: hostPage(l), attributes: 0x7fdn });
    expect(hostPage(l, 77n * PAGE)).toBe(hostPage(l) + 77n * PAGE);
  });

  it('a write to hugetlbfs memory maps a block', () => {
    const l = twoBlocks('hugetlb');
    const sites = `${ENTRY.replace('U4=F', 'U4=T')} U6=F U7=F U8=F U9=F U10=F U12=F U13=F U14=T U15a=T M1=F ${callees}`;
    resumes(l, Disposition.MAPPED_BLOCK, sites, () => abort(l.cpu, 'write', GUEST + 5n * PAGE, { level: 2 }));
    expect(mappingOf(l.vm, GUEST)).toEqual({ level: 2, pa: hostPage(l), attributes: 0x7fdn });
  });

  it('a slot that is misaligned against its memory gets pages', () => {
    const l = lab({
      areas: [{ hva: HVA, size: 2n * BLOCK, kind: 'thp' }],
      slots: [{ userspaceAddr: HVA + PAGE }],
    });
    warm(l, GUEST + PAGE);
    const sites = `${ENTRY} U6=F U7=F U8=F U9=F U10=F U12=F U13=F U14=F U15b=T A9=T ${PAGE_CALLEES}`;
    resumes(l, Disposition.MAPPED_PAGE, sites, () => abort(l.cpu, 'write', GUEST));
    expect(mappingOf(l.vm, GUEST)).toEqual({ level: 3, pa: hostPage(l, PAGE), attributes: 0x7ffn });
    expect(l.machine.siteCounts(Site.U5)[1]).toBe(1);
  });
});

describe('a slot that logs', () => {
  it('gets a page and its bit on a write to an unmapped page', () => {
    const l = warm(memoryLab('anonymous', LOG), GUEST + PAGE);
    l.vm.getDirtyLog(0);
    const callees = 'W1=F C1=T G2=F P1=F P2=T D1=F P6=F I1=F I2=T';
    resumes(l, Disposition.MAPPED_PAGE, `${LOGGED} U15b=T A9=T ${callees}`, () =>
      abort(l.cpu, 'write', GUEST),
    );
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x7ffn);
    expect(l.vm.getDirtyLog(0)[0]).toBe(1);
  });

  it('gets the bit and a break on a write to a write-protected page', () => {
    const l = warm(memoryLab('anonymous', LOG), GUEST);
    l.vm.getDirtyLog(0);
    const callees = 'W1=F C1=T G2=F P1=F P2=T D1=F P6=T I1=F I2=T';
    resumes(l, Disposition.MAPPED_PAGE, `${LOGGED} U15b=T A9=T ${callees}`, () =>
      abort(l.cpu, 'write', GUEST, { type: Fsc.PERMISSION }),
    );
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x7ffn);
    expect(l.machine.eventCount(Event.BREAK_BEFORE_MAKE)).toBe(1);
    expect(l.vm.getDirtyLog(0)[0]).toBe(1);
  });

  it('dissolves a write-protected block: one page takes its place, the others are gone', () => {
    const l = warm(memoryLab('thp'), GUEST);
    setMemoryRegion(l.vm, region({ flags: LOG }));
    const callees = 'W1=F C1=T G2=F P1=F P2=T D1=T P3=T P5=F P6=F I1=F I2=T';
    resumes(l, Disposition.MAPPED_PAGE, `${LOGGED} U15b=T A9=T ${callees}`, () =>
      abort(l.cpu, 'write', GUEST + 3n * PAGE, { type: Fsc.PERMISSION, level: 2 }),
    );
    const pa = hostPage(l, 3n * PAGE);
    expect(mappingOf(l.vm, GUEST + 3n * PAGE)).toEqual({ level: 3, pa, attributes: 0x7ffn });
    expect(mappingOf(l.vm, GUEST)).toBeUndefined();
    expect(l.machine.eventCount(Event.BREAK_BEFORE_MAKE)).toBe(1);
    expect([...l.vm.getDirtyLog(0).slice(0, 2)]).toEqual([8, 0]);
  });

  it('maps a page that is read without write permission, though the host has it writable', () => {
    const l = warm(memoryLab('anonymous', LOG), GUEST);
    l.vm.invalidateHva(HVA, HVA + PAGE);
    l.vm.getDirtyLog(0);
    expect(abort(l.cpu, 'read', GUEST).ret).toBe(1);
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x77fn);
    expect(l.vm.getDirtyLog(0)[0]).toBe(0);
  });

  it('gets pages from hugetlbfs memory too', () => {
    const l = memoryLab('hugetlb', LOG);
    expect(outcome(abort(l.cpu, 'write', GUEST))).toEqual([1, Disposition.MAPPED_PAGE]);
    expect(mappingOf(l.vm, GUEST)?.level).toBe(3);
  });
});

describe('an access flag fault', () => {
  it('sets the flag in a page entry by a plain store', () => {
    const l = warm(memoryLab('anonymous'), GUEST);
    l.vm.ageHva(HVA, HVA + PAGE);
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x3ffn);
    const sites = 'A1=F A3=F A4=F A5=F A8=T F1=F F2=F F3=F W1=F G2=F';
    resumes(l, Disposition.ACCESS_FLAG, sites, () => abort(l.cpu, 'read', GUEST, { type: Fsc.ACCESS_FLAG }));
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x7ffn);
    expect(l.machine.eventCount(Event.HYPERCALL)).toBe(0);
    expect(l.machine.eventCount(Event.DESC_WRITE)).toBe(1);
  });

  it('sets the flag in a block entry', () => {
    const l = warm(memoryLab('thp'), GUEST);
    l.vm.ageHva(HVA, HVA + PAGE);
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x3fdn);
    const sites = 'A1=F A3=F A4=F A5=F A8=T F1=F F2=T W1=F G2=F';
    resumes(l, Disposition.ACCESS_FLAG, sites, () =>
      abort(l.cpu, 'read', GUEST + 9n * PAGE, { type: Fsc.ACCESS_FLAG, level: 2 }),
    );
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x7fdn);
  });

  it('changes nothing where nothing is mapped, at any level', () => {
    const l = memoryLab('anonymous');
    const flag = { type: Fsc.ACCESS_FLAG };
    resumes(l, Disposition.ACCESS_FLAG, 'A8=T G2=T F1=T', () => abort(l.cpu, 'read', GUEST, flag));
    abort(l.cpu, 'write', GUEST + PAGE);
    resumes(l, Disposition.ACCESS_FLAG, 'A8=T G2=F F1=F F3=T', () => abort(l.cpu, 'read', GUEST, flag));
    expect(mappingOf(l.vm, GUEST)).toBeUndefined();
    expect(cachedPages(l.cpu)).toBe(38);
  });

  it('outside the slots is a device access like any other', () => {
    const l = memoryLab('anonymous');
    const result = abort(l.cpu, 'read', 0n, { type: Fsc.ACCESS_FLAG, isv: { size: 4, register: 0 } });
    expect(outcome(result)).toEqual([0, Disposition.MMIO_USER]);
  });
});

describe('an access that no memory answers', () => {
  let l: Lab;
  beforeEach(() => {
    l = memoryLab('anonymous');
  });

  it('that reads goes to user space', () => {
    const result = take(l, OUTSIDE, () =>
      abort(l.cpu, 'read', 0x900_0018n, { isv: { size: 4, register: 3 } }),
    );
    expect(outcome(result)).toEqual([0, Disposition.MMIO_USER]);
    expect(l.cpu.run).toMatchObject({
      exitReason: ExitReason.MMIO,
      mmio: { pa: 0x900_0018n, length: 4, isWrite: false },
    });
  });

  it('that writes goes to user space with its data', () => {
    l.cpu.setRegister(3, 0xdead_beefn);
    const result = take(l, OUTSIDE, () =>
      abort(l.cpu, 'write', 0x900_0018n, { isv: { size: 4, register: 3 } }),
    );
    expect(outcome(result)).toEqual([0, Disposition.MMIO_USER]);
    expect(l.cpu.run.mmio).toEqual({ pa: 0x900_0018n, length: 4, isWrite: true, data: 0xdead_beefn });
  });

  it('that writes to an in-kernel device is answered in the kernel', () => {
    const value = registerDevices(l.machine, [{ addr: 0x800_0000n, len: 0x1000n, value: 0n }]);
    l.cpu.setRegister(3, 0x77n);
    const result = take(l, OUTSIDE, () =>
      abort(l.cpu, 'write', 0x800_0010n, { isv: { size: 4, register: 3 } }),
    );
    expect(outcome(result)).toEqual([1, Disposition.MMIO_KERNEL]);
    expect(value(0)).toBe(0x77n);
    expect(l.cpu.run.exitReason).toBe(ExitReason.NONE);
  });

  it('with ISV clear fails KVM_RUN with ENOSYS and a line in the log', () => {
    const before = guestState(l.cpu);
    const result = take(l, OUTSIDE, () => abort(l.cpu, 'read', 0x900_0000n));
    expect(outcome(result)).toEqual([-ENOSYS, Disposition.ERROR]);
    expect(logLines(l.machine)).toEqual({ MMIO_NO_ISV: 1 });
    expect(guestState(l.cpu)).toEqual(before);
  });

  it('that fetches gets a prefetch abort', () => {
    const result = take(l, 'A1=F A3=F A4=F A5=T A6=T', () => abort(l.cpu, 'fetch', 0x900_0000n));
    expect(outcome(result)).toEqual([1, Disposition.INJECT_PABT]);
  });

  it('that is cache maintenance is skipped', () => {
    l.cpu.set(VCPU_PC, 0x1000n);
    const result = take(l, OUTSIDE.replace('A7=F', 'A7=T'), () =>
      abort(l.cpu, 'write', 0x900_0000n, { cm: true }),
    );
    expect(outcome(result)).toEqual([1, Disposition.SKIP_INSTRUCTION]);
    expect(l.cpu.get(VCPU_PC)).toBe(0x1004n);
  });

  it('on a stage-1 walk with ISV set gets a data abort, which no CPU asks for', () => {
    const options = { s1ptw: true, isv: { size: 8 as const, register: 0 }, far: 0xffff_0000_1234_5678n };
    const result = take(l, OUTSIDE, () => abort(l.cpu, 'read', 0x900_0000n, options));
    expect(outcome(result)).toEqual([1, Disposition.INJECT_DABT]);
    expect(guestState(l.cpu)).toMatchObject({ far: 0xffff_0000_1234_5678n });
  });

  it('on a stage-1 walk with ISV clear fails KVM_RUN with ENOSYS', () => {
    const result = take(l, OUTSIDE, () => abort(l.cpu, 'read', 0x900_0000n, { s1ptw: true }));
    expect(outcome(result)).toEqual([-ENOSYS, Disposition.ERROR]);
  });
});

describe('a read-only slot', () => {
  it('sends a write to user space, mapped or not', () => {
    const l = memoryLab('anonymous', READONLY);
    const write = () => abort(l.cpu, 'write', GUEST + 0x123n, { isv: { size: 1, register: 2 } });
    expect(outcome(take(l, `${OUTSIDE} W1=F`, write))).toEqual([0, Disposition.MMIO_USER]);
    expect(l.cpu.run.mmio).toMatchObject({ pa: GUEST + 0x123n, length: 1, isWrite: true });
    abort(l.cpu, 'read', GUEST);
    expect(write().ret).toBe(0);
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x77fn);
  });

  it('maps a read without write permission even where the host page is writable', () => {
    const l = warmReadonly();
    resumes(l, Disposition.MAPPED_PAGE, `${PAGE_ARM} U15b=F A9=T ${PAGE_CALLEES}`, () =>
      abort(l.cpu, 'read', GUEST),
    );
    expect(mappingOf(l.vm, GUEST)).toEqual({ level: 3, pa: 0x5000_0000n, attributes: 0x77fn });
  });

  it('answers a stage-1 walk fault as a write: with ISV clear, ENOSYS', () => {
    const l = memoryLab('anonymous', READONLY);
    expect(abort(l.cpu, 'read', GUEST, { s1ptw: true }).ret).toBe(-ENOSYS);
  });

  function warmReadonly(): Lab {
    const l = memoryLab('anonymous', READONLY);
    l.mm.setPte(HVA, 0x5000_0000n, HOST_PTE_PRESENT | HOST_PTE_WRITE);
    abort(l.cpu, 'read', GUEST + PAGE);
    return l;
  }
});

describe('what the host cannot give', () => {
  it('a poisoned page raises SIGBUS for the page and resumes', () => {
    for (const flag of [HOST_PTE_POISON, HOST_PTE_LATE_POISON]) {
      const l = warm(memoryLab('anonymous'), GUEST + PAGE);
      l.mm.setPte(HVA, 0n, flag);
      resumes(l, Disposition.SIGBUS, `${ENTRY} U6=F U7=T W1=F C1=T`, () => abort(l.cpu, 'read', GUEST));
      expect(l.cpu.run.signal).toEqual({ hva: HVA, lsb: 12 });
      expect(mappingOf(l.vm, GUEST)).toBeUndefined();
    }
  });

  it('a poisoned hugetlbfs page raises SIGBUS for the huge page', () => {
    const l = memoryLab('hugetlb');
    for (let i = 0n; i < 512n; i++) l.mm.setPte(HVA + i * PAGE, 0n, HOST_PTE_POISON);
    expect(abort(l.cpu, 'write', GUEST + 5n * PAGE).disposition).toBe(Disposition.SIGBUS);
    expect(l.cpu.run.signal).toEqual({ hva: HVA, lsb: 21 });
  });

  it('a page that cannot be obtained fails KVM_RUN with EFAULT and no line in the log', () => {
    const l = warm(memoryLab('anonymous'), GUEST + PAGE);
    l.mm.setPte(HVA, 0n, HOST_PTE_ERROR);
    const result = take(l, `${ENTRY} U6=F U7=F U8=T W1=F C1=T`, () => abort(l.cpu, 'write', GUEST));
    expect(outcome(result)).toEqual([-EFAULT, Disposition.ERROR]);
    expect(logLines(l.machine)).toEqual({});
  });

  it('so does host memory that has run out', () => {
    const l = memoryLab('anonymous', 0, { host: { ramBytes: (64n << 20n) + 2n * PAGE } });
    expect(abort(l.cpu, 'write', GUEST).ret).toBe(1);
    expect(abort(l.cpu, 'write', GUEST + PAGE).ret).toBe(1);
    expect(outcome(abort(l.cpu, 'write', GUEST + 2n * PAGE))).toEqual([-EFAULT, Disposition.ERROR]);
  });

  it('so does a write to an area that became read-only', () => {
    const l = memoryLab('anonymous');
    l.mm.protect(l.mm.areas[0]!, false);
    expect(abort(l.cpu, 'write', GUEST).ret).toBe(-EFAULT);
    expect(abort(l.cpu, 'read', GUEST).ret).toBe(1);
  });

  it('no area behind the address fails KVM_RUN with EFAULT and a line in the log', () => {
    const l = lab({ slots: [{}] });
    const result = take(l, `${ENTRY.slice(0, -10)} U3=T W1=F`, () => abort(l.cpu, 'write', GUEST));
    expect(outcome(result)).toEqual([-EFAULT, Disposition.ERROR]);
    expect(logLines(l.machine)).toEqual({ NO_VMA: 1 });
    expect(cachedPages(l.cpu)).toBe(0);
  });

  it('an area that starts above the address is none', () => {
    const l = lab({ areas: [{ hva: HVA + PAGE, size: PAGE, kind: 'anonymous' }], slots: [{}] });
    expect(abort(l.cpu, 'write', GUEST).ret).toBe(-EFAULT);
    expect(abort(l.cpu, 'write', GUEST + PAGE).ret).toBe(1);
    expect(abort(l.cpu, 'write', GUEST).ret).toBe(-EFAULT);
    expect(abort(l.cpu, 'write', GUEST + 2n * PAGE).ret).toBe(-EFAULT);
  });

  it('table pages that run out fail KVM_RUN with ENOMEM before the host page is touched', () => {
    const l = memoryLab('anonymous');
    l.machine.setAllocationBudget(0);
    const result = take(l, `${ENTRY} U6=T W1=F C1=F C3=T`, () => abort(l.cpu, 'write', GUEST));
    expect(outcome(result)).toEqual([-ENOMEM, Disposition.ERROR]);
    expect(l.mm.pte(HVA)).toBe(0n);
    expect(logLines(l.machine)).toEqual({});
  });
});

describe('device memory behind a slot', () => {
  it('that was unmapped is mapped again with device attributes', () => {
    const l = lab({
      areas: [{ hva: HVA, size: 2n * PAGE, kind: 'pfnmap', pa: 0x900_0000n }],
      slots: [{ memorySize: 2n * PAGE }],
    });
    abort(l.cpu, 'read', GUEST, { type: Fsc.ACCESS_FLAG });
    l.vm.invalidateHva(HVA, HVA + PAGE);
    abort(l.cpu, 'write', GUEST);
    l.vm.invalidateHva(HVA, HVA + PAGE);
    const sites = `${ENTRY} U6=F U7=F U8=F U9=T U12=F U13=T H1=F U15b=T A9=T W1=F C1=T G2=F P1=F P2=F P3=F P5=F I1=F I2=T`;
    resumes(l, Disposition.MAPPED_PAGE, sites, () => abort(l.cpu, 'read', GUEST));
    expect(mappingOf(l.vm, GUEST)).toEqual({
      level: 3,
      pa: 0x900_0000n,
      attributes: 0x0040_0000_0000_07c7n,
    });
  });

  it('of a read-only slot stays read-only when a fault maps it again', () => {
    const l = lab({
      areas: [{ hva: HVA, size: PAGE, kind: 'pfnmap', pa: 0x900_0000n }],
      slots: [{ memorySize: PAGE, flags: READONLY }],
    });
    l.vm.invalidateHva(HVA, HVA + PAGE);
    expect(abort(l.cpu, 'read', GUEST).ret).toBe(1);
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x0040_0000_0000_0747n);
  });

  it('that is mapped already fails a second fault with EFAULT', () => {
    const l = lab({
      areas: [{ hva: HVA, size: PAGE, kind: 'pfnmap', pa: 0x900_0000n }],
      slots: [{ memorySize: PAGE }],
    });
    expect(outcome(abort(l.cpu, 'write', GUEST))).toEqual([-EFAULT, Disposition.ERROR]);
    expect(mappingOf(l.vm, GUEST)).toBeDefined();
  });

  it('of an area over memory the kernel knows is mapped as normal memory by a fault', () => {
    const l = lab({
      areas: [{ hva: HVA, size: PAGE, kind: 'pfnmap', pa: 0x5000_0000n }],
      slots: [{ memorySize: PAGE }],
    });
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x0040_0000_0000_07c7n);
    l.vm.invalidateHva(HVA, HVA + PAGE);
    expect(abort(l.cpu, 'read', GUEST).ret).toBe(1);
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x7ffn);
  });
});

describe('a fault that races with the host', () => {
  it('maps nothing while an invalidation is in progress', () => {
    const l = warm(memoryLab('anonymous'), GUEST + PAGE);
    l.machine.view.setU32(l.vm.offset + VM_NOTIFIER_COUNT, 1);
    const sites = `${ENTRY} U6=F U7=F U8=F U9=F U10=F U12=T W1=F C1=T`;
    resumes(l, Disposition.RETRY, sites, () => abort(l.cpu, 'write', GUEST));
    expect(mappingOf(l.vm, GUEST)).toBeUndefined();
    l.machine.view.setU32(l.vm.offset + VM_NOTIFIER_COUNT, 0);
    expect(abort(l.cpu, 'write', GUEST).disposition).toBe(Disposition.MAPPED_PAGE);
  });

  it('maps nothing if an invalidation ended since the page was looked up, and succeeds the next time', () => {
    const l = warm(memoryLab('anonymous'), GUEST + PAGE);
    l.machine.view.setU32(l.vm.offset + VM_RACE, 1);
    resumes(l, Disposition.RETRY, `${ENTRY} U12=T`, () => abort(l.cpu, 'write', GUEST));
    expect(mappingOf(l.vm, GUEST)).toBeUndefined();
    expect(abort(l.cpu, 'write', GUEST).disposition).toBe(Disposition.MAPPED_PAGE);
  });
});

describe('permission and status codes', () => {
  it('a read permission fault fails KVM_RUN with EFAULT and a line in the log', () => {
    const l = warm(memoryLab('anonymous'), GUEST);
    const sites = 'A1=F A3=F A4=F A5=F A8=F U0=F U1=T W1=F';
    const result = take(l, sites, () => abort(l.cpu, 'read', GUEST, { type: Fsc.PERMISSION }));
    expect(outcome(result)).toEqual([-EFAULT, Disposition.ERROR]);
    expect(logLines(l.machine)).toEqual({ UNEXPECTED_READ_PERMISSION: 1 });
  });

  it('so does a fetch permission fault, with a stage-1 walk or without', () => {
    const l = warm(memoryLab('anonymous'), GUEST);
    expect(abort(l.cpu, 'fetch', GUEST, { type: Fsc.PERMISSION }).ret).toBe(-EFAULT);
    expect(abort(l.cpu, 'fetch', GUEST, { type: Fsc.PERMISSION, s1ptw: true }).ret).toBe(-EFAULT);
  });

  it('an external abort that the host does not claim becomes a virtual SError', () => {
    const l = memoryLab('anonymous');
    const pc = l.cpu.get(VCPU_PC);
    const result = take(l, 'A1=T A2=F A3=T', () =>
      abort(l.cpu, 'read', GUEST, { type: Fsc.EXTERNAL, level: 0 }),
    );
    expect(outcome(result)).toEqual([1, Disposition.INJECT_VABT]);
    expect(guestState(l.cpu)).toMatchObject({ hcr: 1n << 8n, pc });
  });

  it('an external abort that the host claims resumes the guest', () => {
    const l = memoryLab('anonymous');
    l.machine.setHeader(HEADER_SEA_CLAIMED, 1);
    resumes(l, Disposition.RAS_CLAIMED, 'A1=T A2=T', () =>
      abort(l.cpu, 'read', GUEST, { type: Fsc.EXTERNAL, level: 0 }),
    );
  });

  it('an external abort on a walk that nobody claims fails KVM_RUN with EFAULT', () => {
    for (const level of [0, 1, 2, 3]) {
      const l = memoryLab('anonymous');
      const result = take(l, 'A1=T A2=F A3=F A4=T', () =>
        abort(l.cpu, 'read', GUEST, { type: Fsc.EXTERNAL_WALK, level }),
      );
      expect(outcome(result)).toEqual([-EFAULT, Disposition.ERROR]);
      expect(logLines(l.machine)).toEqual({ UNSUPPORTED_FSC: 1 });
    }
  });

  it('an external abort on a fetch is no SError: it is an unsupported code', () => {
    const l = memoryLab('anonymous');
    const result = take(l, 'A1=T A2=F A3=F A4=T', () =>
      abort(l.cpu, 'fetch', GUEST, { type: Fsc.EXTERNAL, level: 0 }),
    );
    expect(outcome(result)).toEqual([-EFAULT, Disposition.ERROR]);
  });

  it.each([
    ['address size', 0x00],
    ['alignment', 0x21],
    ['TLB conflict', 0x30],
    ['lockdown', 0x34],
  ])('%s fails KVM_RUN with EFAULT and a line in the log', (_, type) => {
    const l = memoryLab('anonymous');
    const result = take(l, 'A1=F A3=F A4=T', () => abort(l.cpu, 'read', GUEST, { type, level: 0 }));
    expect(outcome(result)).toEqual([-EFAULT, Disposition.ERROR]);
    expect(logLines(l.machine)).toEqual({ UNSUPPORTED_FSC: 1 });
  });

  it('every one of the 64 status codes ends in one of the known ways', () => {
    for (let code = 0; code < 64; code++) {
      const l = memoryLab('anonymous');
      const { ret } = abort(l.cpu, 'write', GUEST, { type: code, level: 0 });
      const type = code & 0x3c;
      const expected = [4, 8, 12].includes(type) || type === 0x10 ? 1 : -EFAULT;
      expect([code, ret]).toEqual([code, expected]);
    }
  });
});

describe('an internal VM', () => {
  const internal = (check: 'mm' | 'none' | 'flag' | 'key'): Lab => {
    const l = lab();
    const vm = new Vm(l.machine, { variant: { ...RFC_VARIANT, check }, vmid: 2 });
    expect(setMemoryRegion(vm, region({ slot: 512, memorySize: 4n * PAGE })).ret).toBe(0);
    return { ...l, vm, cpu: vm.createVcpu() };
  };
  const REACHED = 'A1=F A3=F A4=F A5=F A8=F U0=F U1=F U2*=T W1=F';

  it('that faults on its memory gets a virtual SError, and the kernel logs it each time', () => {
    const l = internal('mm');
    scatterState(l.cpu);
    const before = guestState(l.cpu);
    const result = take(l, REACHED, () => abort(l.cpu, 'write', GUEST));
    expect(outcome(result)).toEqual([1, Disposition.INJECT_VABT]);
    expect(guestState(l.cpu)).toEqual({ ...before, hcr: before.hcr! | (1n << 8n) });
    abort(l.cpu, 'write', GUEST);
    abort(l.cpu, 'read', GUEST);
    expect(logLines(l.machine)).toEqual({ INTERNAL_VM_FAULT: 3 });
    expect(cachedPages(l.cpu)).toBe(0);
  });

  it('is told apart by a flag just as well', () => {
    const l = internal('flag');
    expect(outcome(take(l, REACHED, () => abort(l.cpu, 'write', GUEST)))).toEqual([
      1,
      Disposition.INJECT_VABT,
    ]);
  });

  it('is told apart behind a static key only while the key is on', () => {
    const l = internal('key');
    expect(abort(l.cpu, 'write', GUEST).disposition).toBe(Disposition.HOST_OOPS);
    l.machine.setHeader(HEADER_KEY_INTERNAL, 1);
    expect(abort(l.cpu, 'write', GUEST).disposition).toBe(Disposition.INJECT_VABT);
  });

  it('oopses the host without the test, where it takes the mmap lock of no process', () => {
    const l = internal('none');
    const { ret, disposition } = take(l, 'A5=F A8=F U0=F U1=F', () => abort(l.cpu, 'write', GUEST));
    expect([ret < 0, disposition]).toEqual([true, Disposition.HOST_OOPS]);
    expect(l.machine.siteCounts(Site.U2)).toEqual([0, 0]);
  });

  it('that accesses what no slot has still exits for a device', () => {
    const l = internal('mm');
    const result = take(l, OUTSIDE, () =>
      abort(l.cpu, 'read', 0x900_0000n, { isv: { size: 4, register: 0 } }),
    );
    expect(outcome(result)).toEqual([0, Disposition.MMIO_USER]);
  });

  it('whose slot names a kernel address for its memory faults like one without the slot', () => {
    const l = internal('mm');
    const slot = { slot: 513, guestPhysAddr: 2n * GUEST, memorySize: PAGE };
    const fault = () => abort(l.cpu, 'write', 2n * GUEST, { isv: { size: 4, register: 0 } });
    expect(setMemoryRegion(l.vm, region({ ...slot, userspaceAddr: 0xffff_7fff_ffff_f000n })).ret).toBe(0);
    expect(outcome(take(l, REACHED, fault))).toEqual([1, Disposition.INJECT_VABT]);
    setMemoryRegion(l.vm, region({ ...slot, memorySize: 0n }));
    expect(setMemoryRegion(l.vm, region({ ...slot, userspaceAddr: 0xffff_8000_0000_0000n })).ret).toBe(0);
    expect(outcome(take(l, OUTSIDE, fault))).toEqual([0, Disposition.MMIO_USER]);
  });

  it('that fetches or cleans what no slot has is treated like any VM', () => {
    const l = internal('mm');
    expect(abort(l.cpu, 'fetch', 0n).disposition).toBe(Disposition.INJECT_PABT);
    expect(abort(l.cpu, 'write', 0n, { cm: true }).disposition).toBe(Disposition.SKIP_INSTRUCTION);
  });

  it('has its access flags fixed, and fails on a read permission fault before the test', () => {
    const l = internal('mm');
    l.vm.tables.age(GUEST, PAGE);
    expect(outcome(abort(l.cpu, 'read', GUEST, { type: Fsc.ACCESS_FLAG }))).toEqual([
      1,
      Disposition.ACCESS_FLAG,
    ]);
    expect(mappingOf(l.vm, GUEST)?.attributes).toBe(0x7ffn);
    l.machine.resetCounts();
    expect(abort(l.cpu, 'read', GUEST, { type: Fsc.PERMISSION }).ret).toBe(-EFAULT);
    expect(l.machine.siteCounts(Site.U2)).toEqual([0, 0]);
  });

  it('leaves the user VMs of the same host alone', () => {
    const l = internal('mm');
    const user = memoryLab('anonymous');
    expect(outcome(take(user, 'U2*=F', () => abort(user.cpu, 'write', GUEST)))).toEqual([
      1,
      Disposition.MAPPED_PAGE,
    ]);
    expect(l.vm.isInternal && !user.vm.isInternal).toBe(true);
  });
});

describe('a batch', () => {
  it('of two cores, functional and accounted, ends alike', () => {
    const results = [false, true].map((accounted) => {
      const l = memoryLab('anonymous', LOG, { host: { accounted } });
      const ends = [
        abort(l.cpu, 'write', GUEST),
        abort(l.cpu, 'read', GUEST + PAGE),
        abort(l.cpu, 'write', GUEST + PAGE, { type: Fsc.PERMISSION }),
        abort(l.cpu, 'write', GUEST + PAGE, { type: Fsc.PERMISSION }),
        abort(l.cpu, 'fetch', 0n),
        abort(l.cpu, 'read', 0n),
      ];
      return [ends.map(outcome), checkTables(l.vm).leaves, l.vm.getDirtyLog(0), guestState(l.cpu)];
    });
    expect(results[1]).toEqual(results[0]);
  });

  it('names the path of each fault in the accounted core, and none in the functional one', () => {
    const l = memoryLab('anonymous');
    const first = abort(l.cpu, 'write', GUEST);
    const second = abort(l.cpu, 'write', GUEST + PAGE);
    const third = abort(l.cpu, 'write', GUEST + 2n * PAGE);
    expect(first.path).toBeGreaterThan(0);
    expect(second.path).not.toBe(first.path);
    expect(third.path).toBe(second.path);
    const plain = memoryLab('anonymous', 0, { host: { accounted: false } });
    expect(abort(plain.cpu, 'write', GUEST).path).toBe(0);
  });
});

describe('syndromes', () => {
  it('of these tests are the ones the architecture gives', () => {
    expect(syndrome('read')).toBe(0x9200_0007n);
    expect(syndrome('write', { type: Fsc.PERMISSION })).toBe(0x9200_004fn);
    expect(syndrome('fetch', { level: 2 })).toBe(0x8200_0006n);
    expect(syndrome('write', { isv: { size: 8, register: 31, wide: true } })).toBe(0x93df_8047n);
  });
});
