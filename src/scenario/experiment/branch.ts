import { BranchKind } from '../../abi/uarch.js';
import { Machine } from '../../core/machine.js';
import { type CoreProfile, type EventCounts, geometryOf, microEvents, sumEvents } from '../../cost/index.js';
import { Microarch, microBytes } from '../../uarch/microarch.js';
import { BRANCH } from './bench.js';
import type { Measured } from './measured.js';
import type { Params } from './params.js';
import { Random } from './streams.js';

const KINDS = ['nano', 'micro', 'main', 'btb-miss', 'mispredict', 'not-taken'] as const;
type Kind = (typeof KINDS)[number];

const CODE = 1n << 32n;
/** Bytes from branch to branch: four instructions. */
const SPACING = 16n;
const ARENA_SPARE = 1 << 16;
/** Branches that are counted. */
const BRANCHES = 1 << 14;
/** Part of the main BTB that a loop of it fills: few enough that no set overflows. */
const MAIN_PART = 16;
/** So many more than the BTB holds that none is found again. */
const BEYOND = 4;
/** Branches of a loop where no level of the BTB says how many. */
const FEW = 8;
const MISSES = /^MISPREDICT/;

/** Cycles per taken branch by where its target is found, per branch not taken, or per misprediction. */
export function branch(params: Params): Measured {
  const core = params.core();
  const kind = params.oneOf('kind', KINDS);
  const events = run(core.profile, kind, loopOf(core.profile, kind));
  if (kind === 'mispredict') {
    const missed = new Map([...events].filter(([event]) => MISSES.test(event)));
    const n = [...missed.values()].reduce((sum, count) => sum + count, 0n);
    return params.bench.cost(core, missed, Number(n));
  }
  const slots = new Map([[kind === 'not-taken' ? BRANCH.notTaken : BRANCH.taken, BigInt(BRANCHES)]]);
  return params.bench.cost(core, sumEvents([events, slots]), BRANCHES);
}

/**
 * Branches of a loop that the wanted level holds and no faster one. A core without the level finds those of a loop as
 * long as others' in another.
 */
function loopOf({ branches: { nano, micro, main } }: CoreProfile, kind: Kind): number {
  const sizes = {
    nano: nano?.entries.v ?? FEW,
    micro: micro?.entries.v ?? nano?.entries.v ?? FEW,
    main: main?.entries.v ?? 0,
  };
  switch (kind) {
    case 'nano':
      return Math.ceil(sizes.nano / 2);
    case 'micro':
      return Math.ceil((sizes.nano + sizes.micro) / 2);
    case 'main':
      return Math.max(Math.floor(sizes.main / MAIN_PART), 2 * sizes.micro);
    case 'btb-miss':
      return BEYOND * Math.max(sizes.main, sizes.micro);
    default:
      return FEW;
  }
}

/** Goes round the loop until everything is known, and then {@link BRANCHES} times to a branch. */
function run(profile: CoreProfile, kind: Kind, loop: number): EventCounts {
  const geometry = geometryOf(profile);
  const machine = new Machine({
    regions: [],
    pageState: false,
    tablePool: { pa: 1n << 45n, pages: 1 },
    arenaBytes: microBytes(geometry) + ARENA_SPARE,
    accounted: true,
  });
  const micro = new Microarch(machine, geometry);
  const random = new Random(1);
  const step = (i: number) => {
    const pc = CODE + BigInt(i % loop) * SPACING;
    const target = CODE + BigInt((i + 1) % loop) * SPACING;
    if (kind === 'mispredict') micro.branch(BranchKind.COND, pc, random.below(2) === 1, target);
    else if (kind === 'not-taken') micro.branch(BranchKind.COND, pc, false, target);
    else micro.branch(BranchKind.JUMP, pc, true, target);
  };
  for (let i = 0; i < 2 * loop; i++) step(i);
  micro.resetCounts();
  for (let i = 0; i < BRANCHES; i++) step(2 * loop + i);
  return microEvents(micro.counts());
}
