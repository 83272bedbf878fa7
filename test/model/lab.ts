// A host, a process, a VM and a vcpu, set up in one call, and aborts spelled as the architecture spells them.
import { Ec, Fsc } from '../../src/abi/arm.js';
import { type Disposition, ExitCode, LogMessage } from '../../src/abi/kvm.js';
import {
  CACHE_NOBJS,
  HEADER_IO_BUS,
  HEADER_IO_BUS_COUNT,
  IODEV_ADDR,
  IODEV_LEN,
  IODEV_SIZEOF,
  IODEV_VALUE,
  VCPU_CACHE,
  VCPU_ELR_EL1,
  VCPU_ESR_EL1,
  VCPU_FAR_EL1,
  VCPU_HCR,
  VCPU_PC,
  VCPU_PSTATE,
  VCPU_SPSR_EL1,
  VCPU_VBAR_EL1,
} from '../../src/abi/layout.js';
import { Site } from '../../src/abi/site.js';
import type { Machine } from '../../src/core/machine.js';
import {
  AddressSpace,
  type AreaSpec,
  createHost,
  type ExitResult,
  type Geometry,
  type HostOptions,
  type MemoryRegion,
  setMemoryRegion,
  type Variant,
  type Vcpu,
  Vm,
} from '../../src/kvm/index.js';
import { entryAt } from './check-tables.js';

export const PAGE = 0x1000n;
export const BLOCK = 0x20_0000n;
export const MIB = 0x10_0000n;
/** Where the labs put guest memory and the host memory behind it: both 2 MiB aligned. */
export const GUEST = 0x4000_0000n;
export const HVA = 0xffff_0000_0000n;

export const SMALL_HOST: HostOptions = {
  ramBytes: 1n << 30n,
  tablePages: 256,
  arenaBytes: 2 << 20,
  accounted: true,
};

export interface LabOptions {
  host?: HostOptions;
  variant?: Variant;
  geometry?: Geometry;
  areas?: AreaSpec[];
  slots?: Partial<MemoryRegion>[];
}

export interface Lab {
  machine: Machine;
  mm: AddressSpace;
  vm: Vm;
  cpu: Vcpu;
}

/** A region with every field set: 2 MiB at GUEST, shown from HVA, in slot 0. */
export function region(fields: Partial<MemoryRegion> = {}): MemoryRegion {
  return { slot: 0, flags: 0, guestPhysAddr: GUEST, memorySize: BLOCK, userspaceAddr: HVA, ...fields };
}

/** A user VM with its areas and slots; a slot that is refused fails the test that asked for it. */
export function lab(options: LabOptions = {}): Lab {
  const machine = createHost({ ...SMALL_HOST, ...options.host });
  const mm = new AddressSpace(machine);
  for (const area of options.areas ?? []) mm.map(area);
  const { variant, geometry } = options;
  const vm = new Vm(machine, { mm, ...(variant && { variant }), ...(geometry && { geometry }) });
  for (const slot of options.slots ?? []) {
    const { ret, reason } = setMemoryRegion(vm, region(slot));
    if (ret !== 0) throw new Error(`slot refused with ${ret}: ${reason}`);
  }
  return { machine, mm, vm, cpu: vm.createVcpu() };
}

/** 2 MiB of memory of one kind in one slot. */
export function memoryLab(kind: 'anonymous' | 'thp' | 'hugetlb', flags = 0, options: LabOptions = {}): Lab {
  return lab({ areas: [{ hva: HVA, size: 2n * BLOCK, kind }], slots: [{ flags }], ...options });
}

export type AccessKind = 'read' | 'write' | 'fetch';

export interface AbortOptions {
  type?: Fsc | number;
  level?: number;
  s1ptw?: boolean;
  cm?: boolean;
  /** ISV, SAS, SSE, SRT and SF of a data abort. */
  isv?: { size: 1 | 2 | 4 | 8; register: number; signed?: boolean; wide?: boolean };
  il?: boolean;
  far?: bigint;
  hpfar?: bigint;
  par?: bigint;
  exitCode?: number;
}

/** ESR_EL2 of a stage-2 abort. */
export function syndrome(kind: AccessKind, options: AbortOptions = {}): bigint {
  const { type = Fsc.TRANSLATION, level = 3, isv } = options;
  let esr = BigInt(kind === 'fetch' ? Ec.IABT_LOW : Ec.DABT_LOW) << 26n;
  if (options.il ?? true) esr |= 1n << 25n;
  if (isv) {
    esr |= (1n << 24n) | (BigInt(Math.log2(isv.size)) << 22n) | (BigInt(isv.register) << 16n);
    if (isv.signed) esr |= 1n << 21n;
    if (isv.wide) esr |= 1n << 15n;
  }
  if (options.cm) esr |= 1n << 8n;
  if (options.s1ptw) esr |= 1n << 7n;
  if (kind === 'write') esr |= 1n << 6n;
  return esr | BigInt(type) | BigInt(level);
}

/** The guest's access at `ipa` ends in the abort that `options` describe. */
export function abort(cpu: Vcpu, kind: AccessKind, ipa: bigint, options: AbortOptions = {}): ExitResult {
  return cpu.takeExit({
    esr: syndrome(kind, options),
    far: options.far ?? ipa,
    ipa,
    exitCode: options.exitCode ?? ExitCode.TRAP,
    ...(options.hpfar !== undefined && { hpfar: options.hpfar }),
    ...(options.par !== undefined && { par: options.par }),
  });
}

/** What a result says, without the path. */
export function outcome(result: ExitResult): [ret: number, disposition: Disposition] {
  return [result.ret, result.disposition];
}

/** Attributes of the entry that maps `ipa`, in the words of the kernel; undefined if nothing does. */
export function mappingOf(vm: Vm, ipa: bigint) {
  const { desc, level } = entryAt(vm, ipa);
  if ((desc & 1n) === 0n) return undefined;
  return {
    level,
    pa: desc & 0xffff_ffff_f000n,
    /** Everything but the output address: 0x7ff is PAGE_S2 writable. */
    attributes: desc & ~0xffff_ffff_f000n,
  };
}

/** How often each line of the kernel log was written, by name; lines never written are left out. */
export function logLines(machine: Machine): Record<string, number> {
  return Object.fromEntries(
    machine
      .logCounts()
      .map((n, id): [string, number] => [LogMessage[id] as string, n])
      .filter(([, n]) => n > 0),
  );
}

/** Table pages in the cache of a vcpu. */
export function cachedPages(cpu: Vcpu): number {
  return cpu.machine.view.u32(cpu.offset + VCPU_CACHE + CACHE_NOBJS);
}

const GUEST_FIELDS = {
  pc: VCPU_PC,
  pstate: VCPU_PSTATE,
  hcr: VCPU_HCR,
  elr: VCPU_ELR_EL1,
  spsr: VCPU_SPSR_EL1,
  vbar: VCPU_VBAR_EL1,
  far: VCPU_FAR_EL1,
  esr: VCPU_ESR_EL1,
};

/** Registers of the guest, all that an abort may change. */
export function guestState(cpu: Vcpu): Record<string, bigint> {
  const state: Record<string, bigint> = {};
  for (const [name, field] of Object.entries(GUEST_FIELDS)) state[name] = cpu.get(field);
  for (let i = 0; i < 31; i++) state[`x${i}`] = cpu.register(i);
  return state;
}

/** Gives every register of the guest a value of its own. */
export function scatterState(cpu: Vcpu): void {
  for (const [i, field] of Object.values(GUEST_FIELDS).entries()) {
    if (field !== VCPU_PSTATE && field !== VCPU_HCR) cpu.set(field, 0x1111_0000n + BigInt(i) * 0x1000n);
  }
  for (let i = 0; i < 31; i++) cpu.setRegister(i, 0x0123_4567_89ab_cd00n + BigInt(i));
}

/** Puts MMIO devices on the in-kernel bus; returns a reader of their values. Sorted by address, as the kernel keeps them. */
export function registerDevices(
  machine: Machine,
  devices: readonly { addr: bigint; len: bigint; value: bigint }[],
): (index: number) => bigint {
  const { arena, view } = machine;
  const bus = arena.allocate(devices.length * IODEV_SIZEOF);
  for (const [i, { addr, len, value }] of devices.entries()) {
    view.setU64(bus + i * IODEV_SIZEOF + IODEV_ADDR, addr);
    view.setU64(bus + i * IODEV_SIZEOF + IODEV_LEN, len);
    view.setU64(bus + i * IODEV_SIZEOF + IODEV_VALUE, value);
  }
  machine.setHeader(HEADER_IO_BUS, bus);
  machine.setHeader(HEADER_IO_BUS_COUNT, devices.length);
  return (index) => view.u64(bus + index * IODEV_SIZEOF + IODEV_VALUE);
}

/**
 * Compares the branch sites a fault took with a row like "A1=F A3=F U2*=T". Sites the row does not name are not looked
 * at: the compiled kernel has no branch of their own there.
 */
export function siteRow(machine: Machine, row: string): string {
  return row
    .split(' ')
    .map((cell) => {
      const name = (cell.split('=')[0] as string).replace('*', '');
      return `${cell.split('=')[0]}=${siteOutcome(machine, name)}`;
    })
    .join(' ');
}

function siteOutcome(machine: Machine, name: string): string {
  const parts = name === 'U12' ? [Site.U12a, Site.U12b] : [Site[name as keyof typeof Site]];
  const counts = parts.map((site) => machine.siteCounts(site));
  if (counts.some(([, taken]) => taken > 0)) return 'T';
  return counts.some(([notTaken]) => notTaken > 0) ? 'F' : '-';
}
