import {
  type CalleeOutcome,
  type Counts,
  formatBlocks,
  formatOpaque,
  nonZero,
  type RecordedPath,
  type Walk,
} from '../cost/index.js';
import type { MachineState } from './machine-state.js';
import { observePredicates, observeQuantities } from './observe/index.js';
import type { ScenarioRun } from './run.js';

/** What a fault came to, in the words of the build files; zeros are left out. */
export interface Outcome {
  ret: number | null;
  predicates: Record<string, boolean>;
  quantities: Record<string, number>;
  blocks: readonly string[];
  callees: readonly CalleeOutcome[];
  totals: Partial<Counts>;
  loops: Partial<Counts>;
  opaque: readonly string[];
  /** Where the host kernel died. */
  oops?: string;
}

export function expectedOutcome(path: RecordedPath): Outcome {
  return {
    ret: path.ret,
    predicates: Object.fromEntries(path.input.predicates),
    quantities: { ...path.input.quantities },
    blocks: path.blocks,
    callees: path.input.callees.map(calleeOutcome),
    totals: nonZero(path.totals),
    loops: nonZero(path.loops),
    opaque: path.opaque,
    ...(path.oops === undefined ? {} : { oops: path.oops }),
  };
}

/** What the fault decided comes before what the machine showed beforehand. */
export function gotOutcome(state: MachineState, { ret, signature }: ScenarioRun, walk: Walk): Outcome {
  const { map_lines } = signature.quantities;
  return {
    ret,
    predicates: { ...observePredicates(state), ...Object.fromEntries(signature.predicates) },
    quantities: { ...observeQuantities(state), ...(map_lines === 0 ? {} : { map_lines }) },
    blocks: formatBlocks(walk),
    callees: walk.callees.map(calleeOutcome),
    totals: nonZero(walk.totals),
    loops: nonZero(walk.loops),
    opaque: formatOpaque(walk),
    ...(walk.oops === undefined ? {} : { oops: walk.oops }),
  };
}

function calleeOutcome({ name, outcome, q }: CalleeOutcome): CalleeOutcome {
  const given = Object.entries(q ?? {}).filter(([, value]) => value !== 0);
  return given.length === 0 ? { name, outcome } : { name, outcome, q: Object.fromEntries(given) };
}
