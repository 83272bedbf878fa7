import { barrier } from './barrier.js';
import type { Bench } from './bench.js';
import { branch } from './branch.js';
import { exit, exitDelta, exitRatio } from './exit.js';
import { fault, faultSerial } from './fault.js';
import { instructions } from './instructions.js';
import { l2TlbHit } from './l2tlb-hit.js';
import { inUnit, type Measured, type ModelValue } from './measured.js';
import { Params } from './params.js';
import { pointerChase } from './pointer-chase.js';
import { saveRestore } from './save-restore.js';
import type { TargetRow } from './targets.js';
import { bandOf } from './tolerance.js';
import { walkOverhead } from './walk-overhead.js';

export { Bench, type BenchData } from './bench.js';
export { parseTargets, type TargetRow } from './targets.js';

/** What runs a row, by the name of its experiment. */
const EXPERIMENTS: Readonly<Record<string, (params: Params) => Measured>> = {
  'pointer-chase': pointerChase,
  'l2tlb-hit': l2TlbHit,
  'walk-overhead': walkOverhead,
  branch,
  barrier,
  exit,
  'exit-ratio': exitRatio,
  'exit-delta': exitDelta,
  'save-restore': saveRestore,
  fault,
  'fault-serial': faultSerial,
  instructions,
};

export const EXPERIMENT_NAMES: readonly string[] = Object.keys(EXPERIMENTS);

/** A published value beside the model's. */
export interface RowResult {
  id: string;
  experiment: string;
  params: unknown;
  unit: string;
  published: readonly [number, number] | string;
  model: ModelValue;
  /** In words, where the value is not a number. */
  text?: string;
  tolerance: string;
  /** What the tolerance allows; none for a text. */
  band?: readonly [number, number];
  inside: boolean;
  /** Whether the interval and what the tolerance allows have a value in common. */
  reached: boolean;
  use: 'fitted' | 'predicted';
  notes: string[];
  source: string;
}

/** Runs one row. @throws DataError naming the row and the parameter that is wrong */
export function runTarget(row: TargetRow, bench: Bench): RowResult {
  const params = new Params(row.params, bench);
  const run = EXPERIMENTS[row.experiment] as (params: Params) => Measured;
  const measured = run(params);
  const model = inUnit(measured, row.unit) ?? wrongUnit(row, measured);
  const unused = params.unused();
  const notes = [...(measured.notes ?? []), ...(unused.length > 0 ? [`not used: ${unused.join(', ')}`] : [])];
  const { id, experiment, unit, toleranceText: tolerance, use, source } = row;
  const shared = { id, experiment, params: row.params.value, unit, tolerance, use, source, notes, model };
  const { checks } = measured;
  if (typeof row.value === 'string') {
    if (checks === undefined)
      row.params.fail(`the value ${JSON.stringify(row.value)} is a text, expected a number`);
    const inside = checks.hold;
    return { ...shared, published: row.value, text: checks.text, inside, reached: inside };
  }
  const band = bandOf(row.value, row.tolerance);
  const inside = model.v >= band[0] && model.v <= band[1];
  const reached = inside || (model.p5 <= band[1] && model.p95 >= band[0]);
  return { ...shared, published: row.value, band, inside, reached };
}

function wrongUnit({ params, unit, experiment }: TargetRow, measured: Measured): never {
  const others = { cycles: 'cycles, ns, us', ratio: 'ratio', instructions: 'instructions' }[measured.unit];
  const percent = measured.whole === undefined ? '' : ', percent';
  return params.fail(`unit ${unit} is none of experiment ${experiment}, expected ${others}${percent}`);
}
