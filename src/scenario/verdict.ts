import type { Comparison } from './compare.js';
import type { CoreComparison } from './comparison/core.js';
import type { GroupCounts } from './group-counts.js';

/** Up to this share of a fault, in percent, "pretty much no impact" is a fair word. */
const FAIR_PERCENT = 0.5;
/** From this share on it is a wrong one. */
const WRONG_PERCENT = 5;
/** Groups with a smaller share of the faults than this say little: one odd fault each. */
const SHARE_MIN = 0.001;

/**
 * One plain sentence on the mail's claim of "pretty much no performance impact" for ordinary VMs; of the base, which is
 * compared with itself, that there is nothing to judge.
 */
export function verdictOf(
  { faults, configs }: Comparison,
  cores: readonly CoreComparison[],
  run: { config: string; variant: string },
): string {
  if (run.variant === 'base') return nothingToJudge(cores, run.config);
  const config = configs.find(({ config }) => config === run.config);
  const all = config?.variants.find(({ variant }) => variant === run.variant)?.all;
  if (config === undefined || all === undefined) throw new Error(`${run.config}-${run.variant}: no counts`);
  const counted = `On the ${faults.toLocaleString('en-US')} faults of this capture, the claim that an ordinary VM pays "pretty much no performance impact" `;
  return `${counted}${wordOf(cores, faults)} for ${run.variant} compiled by ${config.compiler} ${config.flags}: ${added(all)}; in cycles ${cyclesOf(cores)}.`;
}

function nothingToJudge(cores: readonly CoreComparison[], config: string): string {
  return `There is no patch to judge: ${config}-base is compared with itself, at the same places under the same prices. It must add nothing, and adds ${meansOf(cores)} cycles to a fault.`;
}

function wordOf(cores: readonly CoreComparison[], faults: number): string {
  const { percent } = largestShare(cores, faults);
  if (percent < FAIR_PERCENT) return 'is fair';
  return percent < WRONG_PERCENT ? 'is a little too good' : 'is wrong';
}

function added({ added: { insn, loads, cbr } }: GroupCounts): string {
  return `${tenths(insn)} more instructions a fault, ${tenths(loads)} of them loads and ${tenths(cbr)} conditional branches`;
}

function cyclesOf(cores: readonly CoreComparison[]): string {
  const faults = cores[0]?.states[0]?.all.faults ?? 0;
  const { percent, where } = largestShare(cores, faults);
  const most =
    where === ''
      ? 'and no class of faults is dearer'
      : `at most ${percent.toFixed(2)} % of a fault of any class (${where})`;
  return `${meansOf(cores)} on average ${overWhat(cores)}, ${most}`;
}

/** The means that are added to a fault, from the least to the largest; one figure if they are alike. */
function meansOf(cores: readonly CoreComparison[]): string {
  const means = cores.flatMap(({ states }) => states.map(({ all }) => all.added.mean));
  const [least, largest] = [tenths(Math.min(...means)), tenths(Math.max(...means))];
  return least === largest ? least : `${least} to ${largest}`;
}

/** What the means are of. */
function overWhat(cores: readonly CoreComparison[]): string {
  const states = cores[0]?.states ?? [];
  const core = cores.length === 1 ? `on ${cores[0]?.core}` : 'over these cores';
  if (states.length === 1) return `${core}, ${states[0]?.state}`;
  return cores.length === 1 ? `${core} over these states` : 'over these cores and states';
}

/** The largest mean share that is added to a fault of any class, in percent, and which that is. */
function largestShare(cores: readonly CoreComparison[], faults: number): { percent: number; where: string } {
  let most = { percent: 0, where: '' };
  for (const { core, states } of cores) {
    for (const { state, groups } of states) {
      for (const { group, percent, faults: n } of groups) {
        if (n < faults * SHARE_MIN || percent.mean <= most.percent) continue;
        most = { percent: percent.mean, where: `${group} on ${core}, ${state}` };
      }
    }
  }
  return most;
}

/** One decimal, without a negative zero. */
function tenths(value: number): string {
  return (Math.round(value * 10) / 10 || 0).toFixed(1);
}

/** What the model leaves out; printed with every comparison. */
export const NOT_MODELLED: readonly string[] = [
  'addresses of most loads and stores: the builds give their number, the semantics name those of kernel structures, and the rest are accesses to the stack (src/data/accesses.json)',
  'prefetchers, write-back traffic, memory-level parallelism beyond the exposed part of a miss, and branch predictors other than a BTB, two-bit counters with global history and a return stack',
  'waiting for mmu_lock while another vcpu holds it (--contention moves its line alone), interrupts, preemption, exclusive-store retries, tracepoints switched on',
  'get_user_pages, page allocation and zeroing, and device handlers are constants with wide ranges, not code that was followed',
  'the guest between two faults is random accesses at a rate per cycle (src/data/guest.json), not a workload',
  'the captured kernel is newer than v4.13: what it does otherwise is listed by "stage2 replay"; time stamps of the capture are not used',
  'world switch, system registers, barriers and cache maintenance are counted operations times ranged prices (docs/costs.md), not measured on the core',
];
