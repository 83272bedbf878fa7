// Table code that breaks one rule each: the steps of a correct operation, with one taken out, moved or changed.
import type { TableStep } from '../../../src/kvm/index.js';

type Write = Extract<TableStep, { do: 'write' }>;

const isTlbi = (op?: string) => (step: TableStep) =>
  step.do === 'tlbi' && (op === undefined || step.op === op);
const isBreak = (step: TableStep): step is Write =>
  step.do === 'write' && (step.old & 1n) === 1n && (step.desc & 1n) === 0n;
const isMake = (step: TableStep): step is Write =>
  step.do === 'write' && (step.old & 1n) === 0n && (step.desc & 1n) === 1n;

/** Index of the last break before a step. */
export const lastBefore = (steps: readonly TableStep[], end: number): number =>
  steps.reduce((last, step, i) => (i < end && isBreak(step) ? i : last), -1);

const without = (steps: readonly TableStep[], wrong: (step: TableStep) => boolean) =>
  steps.filter((step) => !wrong(step));

/** No TLBI at all. */
export const noTlbi = (steps: readonly TableStep[]) => without(steps, isTlbi());

/** The flush comes first, then the break, with the barrier that belongs to it. */
export function tlbiBeforeBreak(steps: readonly TableStep[]): TableStep[] {
  const at = steps.findIndex(isBreak);
  const made = steps.findIndex((step, i) => i > at && (isMake(step) || step.do === 'free' || isBreak(step)));
  const end = made < 0 ? steps.length : made;
  return [
    ...steps.slice(0, at),
    ...steps.slice(at + 1, end),
    steps[at] as TableStep,
    { do: 'dsb', waits: 'all' },
    ...steps.slice(end),
  ];
}

/** No DSB between the break and its TLBI. */
export const noDsbBefore = (steps: readonly TableStep[]) =>
  steps.filter((step, i) => !(step.do === 'dsb' && isBreakBefore(steps, i)));

function isBreakBefore(steps: readonly TableStep[], i: number): boolean {
  const before = steps.slice(0, i).filter((step) => step.do !== 'isb');
  return before.length > 0 && isBreak(before.at(-1) as TableStep);
}

/** No DSB after any TLBI. */
export const noDsbAfter = (steps: readonly TableStep[]) =>
  without(steps, (step) => step.do === 'dsb' && step.waits === 'all');

/** The TLBIs are of another VMID. */
export const otherVmid = (steps: readonly TableStep[]) =>
  steps.map((step) => (step.do === 'tlbi' ? { ...step, vmid: step.vmid + 1 } : step));

/** Entries that combine both stages stay. */
export const noCombined = (steps: readonly TableStep[]) => without(steps, isTlbi('vmalle1is'));

/** The TLBI is for the next page. */
export const otherIpa = (steps: readonly TableStep[]) =>
  steps.map((step) =>
    isTlbi('ipas2e1is')(step) ? { ...step, ipa: (step as { ipa: bigint }).ipa + (1n << 30n) } : step,
  ) as TableStep[];

/** One write from the old entry to the new one, with the flush after it. */
export function noBreak(steps: readonly TableStep[]): TableStep[] {
  const at = steps.findIndex(isBreak);
  const broken = steps[at] as Write;
  const make = steps.findIndex((step) => isMake(step) && step.address === broken.address);
  const made = steps[make] as Write;
  return [
    ...steps.slice(0, at),
    { ...made, old: broken.old },
    ...without(steps.slice(at + 1), (s) => s === made),
  ];
}

/** A table page is given back before the TLBI for the entry that led to it. */
export function freedFirst(steps: readonly TableStep[]): TableStep[] {
  const free = steps.findIndex((step) => step.do === 'free');
  const unlink = lastBefore(steps, free);
  return [
    ...steps.slice(0, unlink + 1),
    steps[free] as TableStep,
    ...steps.slice(unlink + 1, free),
    ...steps.slice(free + 1),
  ];
}

/** A table page is given back before the entry that leads to it is cleared. */
export function freedLinked(steps: readonly TableStep[]): TableStep[] {
  const free = steps.findIndex((step) => step.do === 'free');
  const unlink = lastBefore(steps, free);
  return [
    ...steps.slice(0, unlink),
    steps[free] as TableStep,
    ...without(steps.slice(unlink), (s) => s === steps[free]),
  ];
}
