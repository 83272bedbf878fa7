const MICRO = 1_000_000n;

/** Microcycles in whole cycles: each the growth of the rounded sum, so that they add up to the rounded total. */
export function wholeCycles(costs: readonly bigint[]): bigint[] {
  let sum = 0n;
  let shown = 0n;
  return costs.map((cost) => {
    sum += cost;
    const whole = (sum + MICRO / 2n) / MICRO - shown;
    shown += whole;
    return whole;
  });
}
