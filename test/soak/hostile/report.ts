// A hostile run for people.
import { Progress } from '../progress.js';
import { HostileFailure, runHostile } from './run.js';
import { hostileReport } from './summary.js';

/** Prints what was done, or how to get the failure again. True if there was none. */
export function soakHostile({ cases, seed }: { cases: number; seed: number }): boolean {
  const progress = new Progress();
  const start = performance.now();
  try {
    const onProgress = (done: number) => progress.show(`${done} of ${cases} cases`);
    const summary = runHostile({ seed, cases, onProgress });
    progress.clear();
    console.log(hostileReport(summary));
    console.log(`${((performance.now() - start) / 1000).toFixed(0)} s; nothing found`);
    return true;
  } catch (error) {
    if (!(error instanceof HostileFailure)) throw error;
    progress.clear();
    console.log(failureReport(error, seed));
    return false;
  }
}

export function failureReport({ problem, caseNumber, details }: HostileFailure, seed: number): string {
  const json = JSON.stringify(details, (_, value) => (typeof value === 'bigint' ? hex(value) : value));
  return [
    `failed: ${problem}`,
    `seed ${seed}, case ${caseNumber}: npm run soak -- --hostile --seed ${seed} --cases ${caseNumber}`,
    json,
  ].join('\n');
}

const hex = (value: bigint) => `0x${value.toString(16)}`;
