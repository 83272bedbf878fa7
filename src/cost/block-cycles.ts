import type { Build } from './build-types.js';
import { CostError } from './error.js';
import type { Walk } from './walk.js';

/** Steady cycles of a walk added up block by block: what an in-order core takes, and too much for others. */
export interface BlockCycles {
  /** Blocks of the handler and callees, without the cache loops. */
  code: number;
  /** The instructions of the cache loops. */
  loops: number;
}

/** Where `core` stands in the cycles of `build`. @throws {@link CostError} if the build has none for it. */
export function coreIndex(build: Build, core: string): number {
  const index = build.cores.indexOf(core);
  if (index < 0)
    throw new CostError(`build ${build.id} has no cycles for ${core}, only for ${build.cores.join(', ')}`);
  return index;
}

/** If the host kernel died, its completed blocks only. */
export function blockCycles(walk: Walk, core: string): BlockCycles {
  const index = coreIndex(walk.build, core);
  const sum: BlockCycles = { code: 0, loops: 0 };
  for (const { block, completed } of walk.steps) {
    if (completed) sum.code += block.cycles[index] ?? 0;
  }
  if (walk.oops !== undefined) return sum;
  for (const call of walk.callees) sum[call.cacheLoop ? 'loops' : 'code'] += call.cycles[index] ?? 0;
  return sum;
}
