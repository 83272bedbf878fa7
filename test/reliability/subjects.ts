// VMs at the point before an operation, with no table pages left in the cache that it takes them from.
import * as L from '../../src/abi/layout.js';
import type { Machine } from '../../src/core/machine.js';
import { type Geometry, type MemoryRegion, setMemoryRegion, Vm } from '../../src/kvm/index.js';
import { machineFor } from '../model/geometries.js';
import { type LabOptions, lab, memoryLab, region } from '../model/lab.js';
import { HOST } from './state.js';

export interface Subject {
  machine: Machine;
  vm: Vm;
  /** The operation: 0 or above for success. */
  run: () => number;
}

/** Pages a cache is filled to. */
export const FULL_CACHE = 40;

/** What must be in the tables and slots after a failure, beside no inconsistency. */
export type Left =
  /** All as before; pages may be in a cache. */
  | 'as before'
  /** All as before, and no page is kept for the next time. */
  | 'as before, to the page'
  /** The slot is gone from its old place, whose id is marked invalid: v4.13 unmaps before it prepares. */
  | 'invalid slot'
  /** What was mapped up to the refusal stays, in order, and no slot owns it: internal_vm_prep_mem as posted. */
  | 'a part of it'
  /** The old place is unmapped and its slot invalid; the new place is mapped in part. */
  | 'invalid slot, a part of it'
  /** Blocks that were split stay split: every address translates as before. */
  | 'the same translation';

export interface Row {
  name: string;
  setup: () => Subject;
  /** Pages an undisturbed run takes. */
  pages: number;
  /** Fewest pages it succeeds with. Default: all of them, as the kernel fills a cache or fails. */
  needs?: number;
  left: Left;
}

/** A user VM and one thing to do with it. */
export function user(
  options: LabOptions,
  run: (l: ReturnType<typeof lab>) => number,
  before?: (l: ReturnType<typeof lab>) => void,
): Subject {
  const l = lab({ ...options, host: HOST });
  before?.(l);
  return { machine: l.machine, vm: l.vm, run: () => run(l) };
}

type Memory = 'anonymous' | 'thp' | 'hugetlb';
type Prepare = (l: ReturnType<typeof memoryLab>) => void;

/** A fault on a VM whose vcpu has no table pages left. */
export function fault(
  memory: Memory,
  flags: number,
  run: (l: ReturnType<typeof memoryLab>) => { ret: number },
  before?: Prepare,
): Subject {
  const l = memoryLab(memory, flags, { host: HOST });
  before?.(l);
  l.machine.core.cacheFree(l.cpu.offset + L.VCPU_CACHE);
  return { machine: l.machine, vm: l.vm, run: () => run(l).ret };
}

export function internal(run: (vm: Vm) => number, slots: Partial<MemoryRegion>[] = []): Subject {
  const { machine } = lab({ host: HOST });
  const vm = new Vm(machine);
  for (const slot of slots) setMemoryRegion(vm, region({ slot: 512, ...slot }));
  return { machine, vm, run: () => run(vm) };
}

export const set = (vm: Vm, fields: Partial<MemoryRegion>) => setMemoryRegion(vm, region(fields)).ret;
export const prep = (vm: Vm, fields: Partial<MemoryRegion>) => set(vm, { slot: 512, ...fields });

export function tables(geometry: Geometry, run: (vm: Vm) => number, before?: (vm: Vm) => void): Subject {
  const machine = machineFor(geometry, 160);
  const vm = new Vm(machine, { geometry });
  before?.(vm);
  machine.core.cacheFree(vm.tables.caches[0] as number);
  return { machine, vm, run: () => run(vm) };
}
