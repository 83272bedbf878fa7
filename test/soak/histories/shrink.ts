// Makes a failing history small: steps are left out as long as it fails.

/** Runs `fails` at most so often. */
const ATTEMPTS = 2000;

/**
 * The fewest of `steps`, in their order, with which `fails` is still true, as far as leaving out runs of them finds
 * it: first halves, then smaller runs, then single steps until none can go.
 */
export function shrink<T>(steps: readonly T[], fails: (steps: readonly T[]) => boolean): readonly T[] {
  let kept = steps;
  let attempts = 0;
  for (let run = Math.ceil(kept.length / 2); run > 0; run = run > 1 ? Math.ceil(run / 2) : 0) {
    let again = true;
    while (again) {
      again = false;
      for (let at = 0; at < kept.length && attempts < ATTEMPTS; ) {
        const without = [...kept.slice(0, at), ...kept.slice(at + run)];
        attempts++;
        if (fails(without)) {
          kept = without;
          again = run === 1;
        } else at += run;
      }
    }
  }
  return kept;
}
