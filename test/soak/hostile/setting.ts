// One CPU with its registers and the words that all its memory is filled with: garbage, and what is nearly right.
import * as W from '../../../src/abi/walk.js';
import type { WalkRegisters } from '../../../src/walk/regime.js';
import type { Random } from './random.js';
import { hostileRegisters } from './registers.js';
import { hostileWords } from './words.js';
import type { World } from './world.js';

export interface Setting {
  /** FEAT_* and CHOICE_* of src/abi/walk.ts. */
  features: number;
  choices: number;
  paMax: number;
  registers: Required<WalkRegisters>;
  descriptors: bigint[];
}

const FEATURES = 2 * W.FEAT_NT - 1;
const GRANULES = W.FEAT_GRANULE_4K | W.FEAT_GRANULE_16K | W.FEAT_GRANULE_64K;
const FLAGS = 2 * W.CHOICE_CACHE_OP_IGNORES_AF - 1;
const PA_SIZES = [52, 52, 52, 48, 48, 44, 40, 32, 56];

/** Every other setting is calm: hardly any garbage, so that walks go deep before they meet some. */
export function hostileSetting(random: Random, world: World): Setting {
  const features = hostileFeatures(random);
  const calm = random.oneIn(2);
  const paMax = random.oneIn(8) ? 32 + random.below(25) : random.pick(PA_SIZES);
  return {
    features,
    choices: hostileChoices(random),
    paMax,
    registers: hostileRegisters(random, world, features, calm),
    descriptors: hostileWords(random, world, calm),
  };
}

/** Any mix with a granule in it; every other time all there is. */
function hostileFeatures(random: Random): number {
  if (random.oneIn(2)) return FEATURES;
  const mix = random.u32() & FEATURES;
  return (mix & GRANULES) === 0 ? mix | random.pick([W.FEAT_GRANULE_4K, W.FEAT_GRANULE_64K]) : mix;
}

/** Every other time the defaults, which the kernels serve. */
function hostileChoices(random: Random): number {
  if (random.oneIn(2)) return 0;
  const memAttr = random.below(W.ReservedMemAttr.NC + 1) << W.CHOICE_MEMATTR_LSB;
  const sh = random.below(W.ReservedShareability.OSH + 1) << W.CHOICE_SH_LSB;
  const granule = random.below(W.ReservedGranule.G64K + 1) << W.CHOICE_GRANULE_LSB;
  return (random.u32() & FLAGS) | memAttr | sh | granule;
}
