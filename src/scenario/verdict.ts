import type { Comparison } from './compare.js';
import type { GroupCost } from './group-cost.js';

/** Up to this share of a fault, in percent at the high end of the range, "pretty much no impact" is a fair word. */
const FAIR_PERCENT = 0.5;
/** From this share on it is a wrong one. */
const WRONG_PERCENT = 5;
/** Groups with a smaller share of the faults than this say little: one odd fault each. */
const SHARE_MIN = 0.001;

/** One plain sentence on the mail's claim of "pretty much no performance impact" for ordinary VMs. */
export function verdictOf(comparison: Comparison): string {
  const faults = comparison.faults.toLocaleString('en-US');
  const configs = comparison.configs.flatMap(({ compiler, flags, variants }) =>
    variants
      .filter(({ variant }) => variant === 'rfc')
      .map(({ all, groups }) =>
        configVerdict(`${compiler} ${flags}`, all, groups, comparison.faults * SHARE_MIN),
      ),
  );
  return `On the ${faults} faults of this capture, the claim that an ordinary VM pays "pretty much no performance impact" ${configs.join('; and ')}.`;
}

function configVerdict(
  compiled: string,
  all: GroupCost,
  groups: readonly GroupCost[],
  faultsMin: number,
): string {
  const { insn, loads, cbr } = all.added;
  const low = Math.min(...all.cores.map((c) => c.added.lo));
  const high = Math.max(...all.cores.map((c) => c.added.hi));
  const counted = groups.filter((g) => g.faults >= faultsMin);
  const percent = Math.max(...counted.flatMap((g) => g.cores.map((c) => c.percent.hi)));
  const word =
    percent < FAIR_PERCENT ? 'is fair' : percent < WRONG_PERCENT ? 'is a little too good' : 'is wrong';
  return (
    `${word} for the patch compiled by ${compiled}: ${tenths(insn)} more instructions a fault, ${tenths(loads)} of them loads ` +
    `and ${tenths(cbr)} conditional branches, ${tenths(low)} to ${tenths(high)} cycles over these cores, at most ${percent.toFixed(2)} % of a fault of any class`
  );
}

/** One decimal, without a negative zero. */
function tenths(value: number): string {
  return (Math.round(value * 10) / 10 || 0).toFixed(1);
}

/** What the prices leave out; printed with every comparison. */
export const NOT_MODELLED: readonly string[] = [
  'caches, TLBs and branch predictors: blocks are priced as if everything they touch were at hand and every branch predicted, so a cold miss or a misprediction on the added branch is not in the cycles',
  'where the added bytes push other code: moved lines and other placements are not priced',
  'contention for mmu_lock, interrupts, preemption, exclusive-store retries, tracepoints switched on',
  'get_user_pages, page allocation and zeroing, and device handlers are constants with wide ranges, not code that was followed',
  'the captured kernel is newer than v4.13: what it does otherwise is listed by "stage2 replay"; time stamps of the capture are not used',
  'world switch, system registers, barriers and cache maintenance are counted operations times ranged constants (src/data/profiles.json, src/data/estimates.json), not measured on the core',
];
