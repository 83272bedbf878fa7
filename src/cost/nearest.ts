import type { Build } from './build-types.js';
import type { WalkInput } from './signature.js';

/** An outcome that no execution has shown, and the closest one that was. */
interface Nearest {
  /** The function that was called. */
  callee: string;
  /** Spelled as the build files do. */
  outcome: string;
  /** The outcome that is charged in its place. */
  nearest: string;
  /** What the nearest one counts too much or too little. */
  differs: string;
}

const NEAREST: readonly Nearest[] = [
  ...['lru-below', 'lru-above'].map((side) => ({
    callee: 'gfn_to_memslot',
    outcome: `${side},none-end`,
    nearest: `${side},none-gap`,
    differs: 'at most the containment test of one slot',
  })),
  ...['tree-above', 'tree-none', 'tree-empty'].map((end) => ({
    callee: 'find_vma',
    outcome: `cache-stale,${end}`,
    nearest: `cache-miss,${end}`,
    differs: 'the clearing of the four cache entries is missing, the probes are given as counted',
  })),
  {
    callee: 'kvm_set_pfn_accessed',
    outcome: 'page,inactive,activate-pagevec-file,tail',
    nearest: 'page,inactive,activate-pagevec-file',
    differs: 'nothing: tails cost what heads do in every outcome that was executed',
  },
];

/** An outcome that was replaced, and what that costs in truth. */
export interface Replacement extends Nearest {
  /** Id of the build that lacks the outcome. */
  build: string;
}

/**
 * The same input with outcomes that `build` has no counts for replaced by the nearest that it has. Walking the
 * input as it is would fail; whoever walks the result owes its reader the replacements.
 */
export function useNearestOutcomes(
  build: Build,
  input: WalkInput,
): {
  /** As given, but for those outcomes. */
  input: WalkInput;
  /** One for each call whose outcome was replaced, in call order. */
  replaced: readonly Replacement[];
} {
  const replaced: Replacement[] = [];
  const callees = input.callees.map((call) => {
    const near = nearestOf(build, call.name, call.outcome);
    if (near === undefined) return call;
    replaced.push({ ...near, build: build.id });
    return { ...call, outcome: near.nearest };
  });
  return { input: { ...input, callees }, replaced };
}

function nearestOf(build: Build, callee: string, outcome: string): Nearest | undefined {
  const table = build.callees.get(callee);
  if (table === undefined || table.has(outcome)) return undefined;
  return NEAREST.find(
    (near) => near.callee === callee && near.outcome === outcome && table.has(near.nearest),
  );
}
