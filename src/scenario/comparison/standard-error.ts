/**
 * Standard error of the mean of `values`, which are those of each placement in turn, with as many price samples in each.
 * Placements and samples are drawn apart, and every sample is made at every placement: what the means of the
 * placements and the means of the samples vary by adds up. That counts what only pairs vary by twice, and errs to the
 * large side. What is followed of a trace is the same in every draw and not part of this.
 */
export function standardError(values: Float64Array, samples: number): number {
  const placements = values.length / samples;
  const byPlacement = new Float64Array(placements);
  const bySample = new Float64Array(samples);
  values.forEach((value, i) => {
    const placement = Math.floor(i / samples);
    const sample = i % samples;
    byPlacement[placement] = (byPlacement[placement] as number) + value / samples;
    bySample[sample] = (bySample[sample] as number) + value / placements;
  });
  return Math.sqrt(varianceOfMean(byPlacement) + varianceOfMean(bySample));
}

/** Of independent values; a single one says nothing of how it varies, and counts as certain. */
function varianceOfMean(values: Float64Array): number {
  const n = values.length;
  if (n < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n * (n - 1));
}
