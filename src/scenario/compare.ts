import type { PathCount } from '../core/paths.js';
import {
  type BranchRow,
  type Build,
  branchStatistics,
  decodeSignature,
  type Replacement,
  type SiteTable,
  useNearestOutcomes,
  type Walk,
  walkBuild,
} from '../cost/index.js';
import { groupOf } from './comparison/logged-trace.js';
import { type GroupCounts, groupCounts, type Pair, type Path } from './group-counts.js';

/** The builds of one compiler configuration: the kernel before the patch, and its variants. */
export interface CompareConfig {
  /** Such as `gcc12`. */
  id: string;
  /** The kernel before the patch. */
  base: Build;
  /** What is compared with it, built by the same compiler with the same flags. */
  variants: readonly Build[];
}

/** Bytes of code. */
export interface CodeBytes {
  /** Of kvm_handle_guest_abort. */
  handler: number;
  /** Of all functions of mmu.o that it can reach, itself included. */
  reachable: number;
}

/** What one variant executes more than its base. */
export interface VariantCounts {
  /** Such as `rfc`; the same in every configuration. */
  variant: string;
  /** Id of the build, such as `gcc12-rfc`. */
  build: string;
  /** What the variant is, in words. */
  words: string;
  /** Code of the variant. */
  bytes: CodeBytes;
  /** That less the code of the base. */
  addedBytes: CodeBytes;
  /** Over all faults. */
  all: GroupCounts;
  /** By class of fault and outcome, the most frequent first. */
  groups: GroupCounts[];
  /** Every conditional branch and static key of the build: how often it was taken. */
  branches: BranchRow[];
}

/** The variants of one compiler configuration against its base. */
export interface ConfigCounts {
  /** Such as `gcc12`. */
  config: string;
  /** Such as `GCC 12.2`. */
  compiler: string;
  /** As given to the compiler, such as `-O2`. */
  flags: string;
  /** Code of the base. */
  baseBytes: CodeBytes;
  /** In the order they were asked for. */
  variants: VariantCounts[];
}

/** What each variant executes more, counted exactly: no cycles. */
export interface Comparison {
  /** Faults recorded: each counts once for every build. */
  faults: number;
  /** Distinct fault signatures behind them. */
  signatures: number;
  /** In the order they were asked for. */
  configs: ConfigCounts[];
  /** Outcomes no execution has shown, charged as the nearest that was. */
  replaced: Replacement[];
}

/** Counts the recorded faults under every build: what each variant adds to its configuration's base. */
export function compareBuilds(
  recorded: readonly PathCount[],
  configs: readonly CompareConfig[],
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
  const counts = configs.map((config) => {
    const walks = walksOf(config.base);
    const variants = config.variants.map((build) => {
      const pairs = walksOf(build).map(
        (to, i): Pair => ({ path: paths[i] as Path, from: walks[i] as Walk, to }),
      );
      return variantCounts(build, config.base, pairs, sites);
    });
    const { compiler, flags } = config.base;
    return { config: config.id, compiler, flags, baseBytes: codeBytes(config.base), variants };
  });
  const faults = paths.reduce((n, path) => n + path.count, 0);
  return { faults, signatures: paths.length, configs: counts, replaced: [...replaced.values()] };
}

function decodePath({ count, words }: PathCount): Path {
  const signature = decodeSignature(words);
  return { signature, count, group: groupOf(signature) };
}

export function codeBytes(build: Build): CodeBytes {
  const reachable = [...build.functions.values()].reduce((n, fn) => n + fn.bytes, 0);
  return { handler: build.handler.bytes, reachable };
}

function variantCounts(build: Build, base: Build, pairs: readonly Pair[], sites: SiteTable): VariantCounts {
  const bytes = codeBytes(build);
  const before = codeBytes(base);
  return {
    variant: build.variant,
    build: build.id,
    words: build.variantWords,
    bytes,
    addedBytes: { handler: bytes.handler - before.handler, reachable: bytes.reachable - before.reachable },
    all: groupCounts('all faults', pairs),
    groups: groupsOf(pairs),
    branches: branchStatistics(
      sites,
      pairs.map(({ path, to }) => ({ walk: to, count: path.count })),
    ),
  };
}

/** The faults by class and outcome, the most frequent first. */
function groupsOf(pairs: readonly Pair[]): GroupCounts[] {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) groups.set(pair.path.group, [...(groups.get(pair.path.group) ?? []), pair]);
  return [...groups]
    .map(([group, members]) => groupCounts(group, members))
    .sort((a, b) => b.faults - a.faults);
}
