import { Disposition } from '../abi/kvm.js';
import type { PathCount } from '../core/paths.js';
import {
  type BranchRow,
  type Build,
  branchStatistics,
  type CostModel,
  decodeSignature,
  describeClass,
  type Replacement,
  type SiteTable,
  useNearestOutcomes,
  type Walk,
  walkBuild,
} from '../cost/index.js';
import {
  type GroupCost,
  groupCost,
  type Pair,
  type Path,
  type PricedBase,
  priceBase,
  pricePair,
} from './group-cost.js';

/** The builds of one compiler configuration: the kernel before the patch, and its variants. */
export interface CompareConfig {
  id: string;
  base: Build;
  variants: readonly Build[];
}

/** Bytes of code: the abort handler alone, and all functions of mmu.o it can reach. */
export interface CodeBytes {
  handler: number;
  reachable: number;
}

export interface VariantCost {
  variant: string;
  build: string;
  words: string;
  bytes: CodeBytes;
  addedBytes: CodeBytes;
  all: GroupCost;
  groups: GroupCost[];
  /** Every conditional branch and static key of the build: how often it was taken. */
  branches: BranchRow[];
}

export interface ConfigCost {
  config: string;
  compiler: string;
  flags: string;
  baseBytes: CodeBytes;
  variants: VariantCost[];
}

export interface Comparison {
  faults: number;
  /** Distinct fault signatures behind them. */
  signatures: number;
  configs: ConfigCost[];
  /** Outcomes no execution has shown, charged as the nearest that was. */
  replaced: Replacement[];
}

/** Prices the recorded faults under every build: what each variant adds to its configuration's base. */
export function compareBuilds(
  recorded: readonly PathCount[],
  configs: readonly CompareConfig[],
  model: CostModel,
  sites: SiteTable,
): Comparison {
  const paths = recorded.map(decodePath);
  const replaced = new Map<string, Replacement>();
  const walksOf = (build: Build): Walk[] =>
    paths.map(({ signature }) => {
      const nearest = useNearestOutcomes(build, signature);
      for (const r of nearest.replaced) replaced.set(`${r.build} ${r.callee} ${r.outcome}`, r);
      return walkBuild(build, nearest.input);
    });
  const costs = configs.map((config) => {
    const walks = walksOf(config.base);
    const bases = paths.map((path, i) => priceBase(path, walks[i] as Walk, model));
    const variants = config.variants.map((build) => {
      const pairs = walksOf(build).map((to, i) => pricePair(bases[i] as PricedBase, to, model));
      return variantCost(build, config.base, pairs, sites);
    });
    const { compiler, flags } = config.base;
    return { config: config.id, compiler, flags, baseBytes: codeBytes(config.base), variants };
  });
  const faults = paths.reduce((n, path) => n + path.count, 0);
  return { faults, signatures: paths.length, configs: costs, replaced: [...replaced.values()] };
}

function decodePath({ count, words }: PathCount): Path {
  const signature = decodeSignature(words);
  const { type, access, s1ptw } = describeClass(signature.faultClass);
  const kind = `${type} ${access}${s1ptw ? ' on a stage-1 walk' : ''}`;
  return { signature, count, group: `${kind}: ${Disposition[signature.disposition]}` };
}

export function codeBytes(build: Build): CodeBytes {
  const reachable = [...build.functions.values()].reduce((n, fn) => n + fn.bytes, 0);
  return { handler: build.handler.bytes, reachable };
}

function variantCost(build: Build, base: Build, pairs: readonly Pair[], sites: SiteTable): VariantCost {
  const bytes = codeBytes(build);
  const before = codeBytes(base);
  return {
    variant: build.variant,
    build: build.id,
    words: build.variantWords,
    bytes,
    addedBytes: { handler: bytes.handler - before.handler, reachable: bytes.reachable - before.reachable },
    all: groupCost('all faults', pairs),
    groups: groupsOf(pairs),
    branches: branchStatistics(
      sites,
      pairs.map(({ path, to }) => ({ walk: to, count: path.count })),
    ),
  };
}

/** The faults by class and outcome, the most frequent first. */
function groupsOf(pairs: readonly Pair[]): GroupCost[] {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) groups.set(pair.path.group, [...(groups.get(pair.path.group) ?? []), pair]);
  return [...groups].map(([group, members]) => groupCost(group, members)).sort((a, b) => b.faults - a.faults);
}
