import { blockCycles } from './block-cycles.js';
import { type PricedCore, priceBlockDifference, priceBlocks } from './block-price.js';
import type { Build } from './build-types.js';
import { type Calibration, calibrate } from './calibration.js';
import type { CoreConstants } from './constants.js';
import { CostError } from './error.js';
import { CYCLE, countOperations, EL2_INSN, type OperationCount, type Part, subtract } from './operations.js';
import type { PathCycles } from './path-cycles.js';
import { exactly, type Range, scale, sum } from './range.js';
import type { Walk } from './walk.js';
import type { WorldSwitch } from './world-switch.js';

/** What prices are made of. All in cycles of the core. */
export interface CostModel {
  calibration: Calibration;
  constants: ReadonlyMap<string, CoreConstants>;
  worldSwitch: WorldSwitch;
}

/** An operation of a part: how many, what one costs, what they cost together. */
export interface PriceItem extends OperationCount {
  each: Range;
  cost: Range;
}

/** Cycles of one fault, or of the difference between two, by part. */
export interface WalkPrice {
  /** Code of the handler and its callees. */
  blocks: Range;
  /** Barriers, system-register moves, hypercalls: what a static model of the code leaves out. */
  systemOps: Range;
  /** The cache-maintenance loops, code and operations. */
  loops: Range;
  /** Functions that were not compiled. */
  opaque: Range;
  /** Out of the guest and back into it. */
  worldSwitch: Range;
  total: Range;
  /** What all parts but `blocks` consist of. */
  items: readonly PriceItem[];
}

/**
 * A cost model, calibrated with those of `builds` that `cycles` knows.
 * @throws {@link CostError} if it knows none of them.
 */
export function createCostModel(
  builds: readonly Build[],
  cycles: PathCycles,
  constants: ReadonlyMap<string, CoreConstants>,
  worldSwitch: WorldSwitch,
): CostModel {
  return { calibration: calibrate(cycles, builds), constants, worldSwitch };
}

/** Cores a walk can be priced for. */
export function pricedCores({ calibration, constants }: CostModel): string[] {
  return [...calibration.cores.keys()].filter((core) => constants.has(core));
}

/**
 * Prices one fault on `core`, in cycles: {@link priceBlocks}, and counts times constants for the rest. The ends of
 * a range are sums of ends: everything cheap at once, everything dear at once.
 * @param faultClass decides what the world switch does
 * @throws {@link CostError} for a core that the model or the build does not have
 */
export function priceWalk(walk: Walk, core: string, model: CostModel, faultClass: number): WalkPrice {
  const priced = pricedCore(core, model);
  return assemble(priceBlocks(walk, priced), operationsOf(walk, core, model, faultClass), core, model);
}

/** Prices code that runs in the host: as {@link priceWalk}, without a world switch. */
export function priceCode(walk: Walk, core: string, model: CostModel): WalkPrice {
  const counts = operationsOf(walk, core, model, 0).filter(({ part }) => part !== 'worldSwitch');
  return assemble(priceBlocks(walk, pricedCore(core, model)), counts, core, model);
}

/**
 * What a fault costs more in the build of `to` than in that of `from`: {@link priceBlockDifference}, and the
 * operations that differ. What both do alike cancels with its uncertainty, so this is not the difference of
 * two prices.
 * @throws {@link CostError} for a core that the model or a build does not have
 */
export function priceDifference(
  from: Walk,
  to: Walk,
  core: string,
  model: CostModel,
  faultClass: number,
): WalkPrice {
  const before = operationsOf(from, core, model, faultClass);
  const after = operationsOf(to, core, model, faultClass);
  const blocks = priceBlockDifference(from, to, pricedCore(core, model));
  return assemble(blocks, subtract(after, before), core, model);
}

function constantsOf(core: string, model: CostModel): CoreConstants {
  const constants = model.constants.get(core);
  if (constants !== undefined && model.calibration.cores.has(core)) return constants;
  throw new CostError(`${core} is not a core of the cost model, which has ${pricedCores(model).join(', ')}`);
}

function pricedCore(core: string, model: CostModel): PricedCore {
  const { inOrder } = constantsOf(core, model);
  return { name: core, inOrder, calibration: model.calibration };
}

function operationsOf(walk: Walk, core: string, model: CostModel, faultClass: number): OperationCount[] {
  const { loops } = blockCycles(walk, core);
  return countOperations(walk, loops, faultClass, model.worldSwitch, constantsOf(core, model));
}

function assemble(
  blocks: Range,
  counts: readonly OperationCount[],
  core: string,
  model: CostModel,
): WalkPrice {
  const items = counts.map((item) => {
    const each = priceOf(item, core, model);
    return { ...item, each, cost: scale(each, item.count) };
  });
  const part = (name: Part) => sum(items.filter((item) => item.part === name).map((item) => item.cost));
  const parts = {
    blocks,
    systemOps: part('systemOps'),
    loops: part('loops'),
    opaque: part('opaque'),
    worldSwitch: part('worldSwitch'),
  };
  return { ...parts, total: sum(Object.values(parts)), items };
}

function priceOf({ part, operation }: OperationCount, core: string, model: CostModel): Range {
  const { opaque, otherOpaque, operations } = constantsOf(core, model);
  if (part === 'opaque') return opaque.get(operation) ?? otherOpaque;
  if (operation === CYCLE) return exactly(1);
  const each =
    operation === EL2_INSN ? model.calibration.cores.get(core)?.cyclesPerInsn : operations.get(operation);
  if (each === undefined) throw new CostError(`there is no price of ${operation} on ${core}`);
  return each;
}
