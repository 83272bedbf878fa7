import type { Comparison } from './compare.js';

/** A fault this much dearer at the high end of the range would be a cost worth arguing about, in percent. */
const NEGLIGIBLE_PERCENT = 1;

/** One plain sentence on the mail's claim of "pretty much no performance impact" for ordinary VMs. */
export function verdictOf(comparison: Comparison): string {
  const parts = comparison.configs.flatMap((config) =>
    config.variants
      .filter(({ variant }) => variant === 'rfc')
      .map(({ all }) => ({ config: config.config, added: all.added, cores: all.cores })),
  );
  const dearest = Math.max(...parts.flatMap((p) => p.cores.map((c) => c.percent.hi)));
  const perConfig = parts.map(({ config, added, cores }) => {
    const low = Math.min(...cores.map((c) => c.added.lo));
    const high = Math.max(...cores.map((c) => c.added.hi));
    const counts = `${added.insn.toFixed(2)} instructions, ${added.loads.toFixed(2)} loads and ${added.cbr.toFixed(2)} conditional branches`;
    return `compiled as ${config} the RFC adds ${counts} to the mean fault, ${low.toFixed(1)} to ${high.toFixed(1)} cycles over these cores`;
  });
  const held = dearest < NEGLIGIBLE_PERCENT;
  const claim = held
    ? `so the claim of "pretty much no performance impact" on ordinary VMs holds for these faults: at the dearest end of every range it is ${dearest.toFixed(2)} % of a fault`
    : `so the claim of "pretty much no performance impact" on ordinary VMs is not borne out: at the dear end of the range it is ${dearest.toFixed(2)} % of a fault`;
  return `On the ${comparison.faults} faults of this capture, ${perConfig.join('; ')}; ${claim}.`;
}

/** What the prices leave out; printed with every comparison. */
export const NOT_MODELLED: readonly string[] = [
  'caches, TLBs and branch predictors: blocks are priced as if everything they touch were at hand and every branch predicted, so a cold miss or a misprediction on the added branch is not in the cycles',
  'where the added bytes push other code: the counts of lines and placements are not priced',
  'contention for mmu_lock, interrupts, preemption, exclusive-store retries, tracepoints switched on',
  'get_user_pages, page allocation and zeroing, and device handlers are constants with wide ranges, not code that was followed',
  'the captured kernel is newer than v4.13: what it does otherwise is listed by "stage2 replay", and time stamps of the capture are not used',
  'world switch, system registers, barriers and cache maintenance are counted operations times ranged constants (src/data/profiles.json, estimates.json), not measured on the core',
];
