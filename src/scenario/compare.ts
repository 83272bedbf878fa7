import { Disposition } from '../abi/kvm.js';
import type { PathCount } from '../core/paths.js';
import {
  addCounts,
  type Build,
  type CostModel,
  type Counts,
  decodeSignature,
  describeClass,
  type FaultSignature,
  noCounts,
  priceDifference,
  pricedCores,
  priceWalk,
  type Range,
  type Replacement,
  scale,
  sum,
  useNearestOutcomes,
  type Walk,
  walkBuild,
} from '../cost/index.js';

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

/** Cycles of one core: `base` is the whole fault, of which `code` is the EL1 handler; `added` is the variant's. */
export interface CoreCost {
  core: string;
  base: Range;
  code: Range;
  added: Range;
  /** `added` in percent of `base`. */
  percent: Range;
}

/** Means over the faults of a group. */
export interface GroupCost {
  /** Such as "translation write: MAPPED_PAGE"; "all faults" for the whole run. */
  group: string;
  faults: number;
  /** Counts of one fault in the base build, cache loops apart, and what the variant adds. */
  base: Counts;
  added: Counts;
  cores: CoreCost[];
}

export interface VariantCost {
  variant: string;
  build: string;
  words: string;
  bytes: CodeBytes;
  addedBytes: CodeBytes;
  all: GroupCost;
  groups: GroupCost[];
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

interface Path {
  signature: FaultSignature;
  count: number;
  group: string;
}

/** Prices the recorded faults under every build: what each variant adds to its configuration's base. */
export function compareBuilds(
  recorded: readonly PathCount[],
  configs: readonly CompareConfig[],
  model: CostModel,
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
    const base = walksOf(config.base);
    const variants = config.variants.map((build) => {
      const pairs = paths.map((path, i) => pairOf(path, base[i] as Walk, walksOf(build)[i] as Walk));
      return variantCost(build, config.base, pairs, model);
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

/** One distinct fault followed through the base and through a variant. */
interface Pair {
  path: Path;
  from: Walk;
  to: Walk;
}

function pairOf(path: Path, from: Walk, to: Walk): Pair {
  return { path, from, to };
}

export function codeBytes(build: Build): CodeBytes {
  const reachable = [...build.functions.values()].reduce((n, fn) => n + fn.bytes, 0);
  return { handler: build.handler.bytes, reachable };
}

function variantCost(build: Build, base: Build, pairs: readonly Pair[], model: CostModel): VariantCost {
  const bytes = codeBytes(build);
  const before = codeBytes(base);
  const groups = [...new Set(pairs.map(({ path }) => path.group))].map((group) =>
    groupCost(
      group,
      pairs.filter(({ path }) => path.group === group),
      model,
    ),
  );
  return {
    variant: build.variant,
    build: build.id,
    words: build.variantWords,
    bytes,
    addedBytes: { handler: bytes.handler - before.handler, reachable: bytes.reachable - before.reachable },
    all: groupCost('all faults', pairs, model),
    groups: groups.sort((a, b) => b.faults - a.faults),
  };
}

function groupCost(group: string, pairs: readonly Pair[], model: CostModel): GroupCost {
  const faults = pairs.reduce((n, { path }) => n + path.count, 0);
  const base = noCounts();
  const added = noCounts();
  for (const { path, from, to } of pairs) {
    addCounts(base, from.totals, path.count / faults);
    addCounts(added, to.totals, path.count / faults);
    addCounts(added, from.totals, -path.count / faults);
  }
  return {
    group,
    faults,
    base,
    added,
    cores: pricedCores(model).map((core) => coreCost(core, pairs, faults, model)),
  };
}

/** Mean price over the faults of a group. */
function coreCost(core: string, pairs: readonly Pair[], faults: number, model: CostModel): CoreCost {
  const mean = (price: (pair: Pair) => Range): Range =>
    sum(pairs.map((pair) => scale(price(pair), pair.path.count / faults)));
  const classOf = (pair: Pair): number => pair.path.signature.faultClass;
  const base = mean((pair) => priceWalk(pair.from, core, model, classOf(pair)).total);
  const code = mean((pair) => priceWalk(pair.from, core, model, classOf(pair)).blocks);
  const added = mean((pair) => priceDifference(pair.from, pair.to, core, model, classOf(pair)).total);
  return { core, base, code, added, percent: percentOf(added, base) };
}

/** `part` in percent of `whole`: the smallest part of the largest whole, and the other way round. */
export function percentOf(part: Range, whole: Range): Range {
  const lo = part.lo / (part.lo < 0 ? whole.lo : whole.hi);
  const hi = part.hi / (part.hi < 0 ? whole.hi : whole.lo);
  return { v: (100 * part.v) / whole.v, lo: 100 * lo, hi: 100 * hi };
}
