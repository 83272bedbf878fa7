import { DESC_DBM_LSB, DESC_S1_AP_LSB, DESC_S2AP_LSB } from '../abi/arm.js';
import { Translator } from '../walk/translator.js';
import type { WalkStep } from '../walk/types.js';
import type { HeldTranslation } from './tlb-entries.js';

const DBM = 1n << BigInt(DESC_DBM_LSB);
/** What hardware dirty state changes in a descriptor that has DBM: S2AP[1], and at stage 1 AP[2]. */
const S2AP_WRITE = 2n << BigInt(DESC_S2AP_LSB);
const READ_ONLY = 2n << BigInt(DESC_S1_AP_LSB);

/** The entries of guests that the tables, as they are, do not give. Hardware dirty state makes none stale. */
export function staleTranslations(
  translator: Translator,
  entries: readonly HeldTranslation[],
): HeldTranslation[] {
  const { machine, cpu, registers } = translator;
  // An observer: it walks as the CPU does, and updates nothing.
  const features = { ...cpu.features, haf: false, hdbs: false };
  const observer = new Translator(machine, registers, { ...cpu, features });
  try {
    return entries.filter((entry) => isStale(observer, entry));
  } finally {
    observer.destroy();
  }
}

function isStale(observer: Translator, entry: HeldTranslation): boolean {
  const { kind, address, shift } = entry;
  if (kind === 'host' || kind === 'host-partial-walk' || kind === 'guest') return false;
  if (kind === 'partial-walk') {
    const { steps } = observer.walk({ va: address });
    return !steps.some(
      ({ stage, level, desc }) => stage === 1 && level + 1 === entry.level && desc === entry.stage1,
    );
  }
  // An entry larger or smaller than the leaves of today shows at its end, if not at its start.
  return [0n, (1n << BigInt(shift)) - 1n].some((offset) =>
    differs(observer, entry, address + offset, offset),
  );
}

function differs(observer: Translator, entry: HeldTranslation, address: bigint, offset: bigint): boolean {
  const result = observer.walk(entry.kind === 'ipa-pa' ? { ipa: address } : { va: address });
  const { steps } = result;
  if (result.ok && result.pa !== entry.output + offset) return true;
  const last = steps.map(({ stage }) => stage).lastIndexOf(1);
  const second = last === steps.length - 1 ? undefined : steps.at(-1);
  return !agrees(entry.stage1, steps[last], READ_ONLY) || !agrees(entry.stage2, second, S2AP_WRITE);
}

/** True if what is held of a stage is what the walk read, dirty state aside; or if there is neither. */
function agrees(held: bigint | undefined, step: WalkStep | undefined, dirty: bigint): boolean {
  if (held === undefined || step === undefined) return held === undefined && step === undefined;
  const ignored = (held & step.desc & DBM) === 0n ? 0n : dirty;
  return (held & ~ignored) === (step.desc & ~ignored);
}

/** Pairs of entries in one TLB that translate the same address with different sizes. */
export function overlapping(entries: readonly HeldTranslation[]): [HeldTranslation, HeldTranslation][] {
  const larger = (a: HeldTranslation) =>
    entries.filter(
      (b) =>
        b.where === a.where &&
        b.kind === a.kind &&
        b.kind !== 'partial-walk' &&
        b.vmid === a.vmid &&
        b.shift > a.shift &&
        (a.address ^ b.address) >> BigInt(b.shift) === 0n,
    );
  return entries.flatMap((a) => larger(a).map((b): [HeldTranslation, HeldTranslation] => [a, b]));
}
