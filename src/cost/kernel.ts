import type { Constant } from './constant.js';
import { CostError, show } from './error.js';
import { type EventCounts, sumEvents } from './event-counts.js';
import { describeClass } from './fault-class.js';
import type { Price } from './price-list.js';
import { switchKind } from './world-switch.js';

/** Kinds of exits that are stage-2 faults; a kernel has others beside them. */
export const FAULT_KINDS = ['dirty-log-4k', 'map-4k', 'map-2m', 'exec-4k', 'access-flag'] as const;

/** A piece of a kernel, as counts of events. */
export interface KernelPart {
  /** Events by name; `insn:PART` are instructions of a part of the kernel. */
  counts: EventCounts;
  /** Texts of its sources. */
  src: readonly string[];
}

/** What one kind of exit consists of. */
export interface KernelKind {
  /** Kind of world switch of src/data/world-switch.json, where the kernel makes it. */
  worldSwitch: string | undefined;
  /** Path of the build files that the handler follows, where it is theirs. */
  path: string | undefined;
  /** On every core, beside switch and path. */
  parts: readonly KernelPart[];
  /** More on a core without FWB. */
  noFwb: readonly KernelPart[];
  /** What of all that runs under mmu_lock. */
  locked: readonly KernelPart[];
  /** What more runs under mmu_lock on a core without FWB. */
  lockedNoFwb: readonly KernelPart[];
  /** How mmu_lock is held; undefined where it is not taken. */
  lock: 'exclusive' | 'shared' | undefined;
  /** Instructions counted as a whole, which those of the parts add up to; undefined where they were not. */
  measured:
    | {
        /** On a core with FWB. */
        fwb: number;
        /** On a core without. */
        noFwb: number;
      }
    | undefined;
}

/** A group of registers that the split-mode switch moves. */
export interface RegisterGroup {
  /** From registers to memory. */
  save: KernelPart;
  /** From memory to registers. */
  restore: KernelPart;
}

/** A class of kernels. */
export interface KernelClass {
  /** Such as `nvhe-4.x`. */
  name: string;
  /** One line: version, mode, what sets it apart. */
  about: string;
  /** By name of the kind of exit, such as `map-4k` or `hvc`. */
  kinds: ReadonlyMap<string, KernelKind>;
  /** Out of the guest to the handler and back, of a fault that no kind names. */
  switch: {
    /** With the switch of src/data/world-switch.json for the class of the fault. */
    world: boolean;
    /** Of every fault. */
    parts: readonly KernelPart[];
    /** Without `world`: more of a permission fault that is not on a stage-1 walk, whose IPA an AT finds. */
    permission: readonly KernelPart[];
  };
  /** By name, such as `VGIC`; empty unless the kernel is in split mode and they were counted. */
  groups: ReadonlyMap<string, RegisterGroup>;
  /** What measuring one group alone adds. */
  groupFence: readonly KernelPart[];
  /** Functions that EL1 calls by a hypercall are called directly. */
  hostAtEl2: boolean;
}

/** src/data/kernels.json. */
export interface KernelTable {
  /** By name. */
  kernels: ReadonlyMap<string, KernelClass>;
  /** Cycles per instruction of kernel code over those of the static model, by whether the core runs in order. */
  stall: {
    /** A bare ratio. */
    inOrder: Constant;
    /** A bare ratio. */
    outOfOrder: Constant;
  };
  /** How much the instructions of user space may be. */
  vmmSpread: Constant;
  /** Functions that the build files do not hold, by name. */
  functions: ReadonlyMap<string, KernelPart>;
  /** In nanoseconds, by event. */
  prices: ReadonlyMap<string, Price>;
  /** Cores with FEAT_S2FWB: their mappings need no cache maintenance. */
  fwb: ReadonlySet<string>;
}

/** What of an exit depends on more than the kernel. */
export interface KernelFacts {
  /** The core has FEAT_S2FWB: mappings need no cache maintenance. */
  fwb: boolean;
  /** Events of a recorded path of the build files, world switch apart. */
  path(name: string, hostAtEl2: boolean): EventCounts;
  /** Events of a switch of src/data/world-switch.json, exit and entry. */
  worldSwitch(kind: string): EventCounts;
}

/** The kernel class `name`. @throws {@link CostError} naming those there are. */
export function kernelOf({ kernels }: KernelTable, name: string): KernelClass {
  return kernels.get(name) ?? unknown('kernel', name, kernels.keys());
}

/**
 * The events of one exit of the guest or fault, and the return to it.
 * @throws {@link CostError} for a kind that the kernel does not have
 */
export function exitEvents(kernel: KernelClass, kind: string, facts: KernelFacts): EventCounts {
  const { worldSwitch, path, parts, noFwb } = kindOf(kernel, kind);
  return sumEvents([
    ...(worldSwitch === undefined ? [] : [facts.worldSwitch(worldSwitch)]),
    ...(path === undefined ? [] : [facts.path(path, kernel.hostAtEl2)]),
    ...countsOf(parts),
    ...(facts.fwb ? [] : countsOf(noFwb)),
  ]);
}

/** Which of the events of {@link exitEvents} happen under mmu_lock. */
export function lockedEvents(kernel: KernelClass, kind: string, { fwb }: KernelFacts): EventCounts {
  const { locked, lockedNoFwb } = kindOf(kernel, kind);
  return sumEvents([...countsOf(locked), ...(fwb ? [] : countsOf(lockedNoFwb))]);
}

/** How a kind of exit holds mmu_lock. */
export function lockOf(kernel: KernelClass, kind: string): KernelKind['lock'] {
  return kindOf(kernel, kind).lock;
}

/** The switch alone, with the run loop: everything of a fault of this class but its handler. */
export function switchEvents(
  kernel: KernelClass,
  faultClass: number,
  { worldSwitch }: Pick<KernelFacts, 'worldSwitch'>,
): EventCounts {
  const { world, parts, permission } = kernel.switch;
  const { type, s1ptw } = describeClass(faultClass);
  const byAt = !world && type === 'permission' && !s1ptw;
  return sumEvents([
    ...(world ? [worldSwitch(switchKind(faultClass))] : []),
    ...countsOf(parts),
    ...(byAt ? countsOf(permission) : []),
  ]);
}

/**
 * The events of saving or restoring one group of registers, measured alone.
 * @throws {@link CostError} for a group or a kernel without it
 */
export function groupEvents(kernel: KernelClass, group: string, kind: keyof RegisterGroup): EventCounts {
  const wanted = plain(group);
  const known = [...kernel.groups].find(([name]) => plain(name) === wanted)?.[1];
  const found = known ?? unknown('register group', group, kernel.groups.keys());
  return sumEvents([found[kind].counts, ...countsOf(kernel.groupFence)]);
}

/** Names of groups are compared without case, separators and the word for registers. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .replace(/\b(system )?reg(ister)?s?\b/g, '')
    .replace(/\bsysregs?\b/g, '')
    .replaceAll(' ', '');
}

function kindOf({ kinds, name }: KernelClass, kind: string): KernelKind {
  return kinds.get(kind) ?? unknown(`kind of exit of ${name}`, kind, kinds.keys());
}

function countsOf(parts: readonly KernelPart[]): EventCounts[] {
  return parts.map(({ counts }) => counts);
}

function unknown(what: string, name: string, known: Iterable<string>): never {
  throw new CostError(`unknown ${what} ${show(name)}, expected ${[...known].join(' or ')}`);
}
