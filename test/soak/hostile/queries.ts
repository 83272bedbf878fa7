// What is asked of a hostile world: one access by either stage, or many by the batch.
import * as W from '../../../src/abi/walk.js';
import type { Random } from './random.js';
import type { World } from './world.js';

/** One access; `type` and `sh` are what stage 1 gives a request of stage 2 alone. */
export interface Query {
  stages: 'second' | 'both';
  address: bigint;
  access: W.AccessType;
  el: number;
  flags: number;
  type: number;
  sh: number;
}

/** Accesses of a batch, those that kernels serve first. */
const BATCHED = [W.AccessType.READ, W.AccessType.WRITE, W.AccessType.EXECUTE, W.AccessType.ATOMIC];
const FLAGS = W.REQUEST_UNALIGNED | W.REQUEST_PAN | W.REQUEST_STAGE1_ONLY;

export function hostileQuery(random: Random, world: World, stages: Query['stages']): Query {
  return {
    stages,
    address: stages === 'second' ? hostileIpa(random, world) : hostileVa(random, world),
    access: random.below(W.AccessType.COUNT),
    el: random.below(2),
    flags: random.oneIn(2) ? 0 : random.below(FLAGS + 1),
    type: random.oneIn(2) ? 0xff : random.below(256),
    sh: random.below(4),
  };
}

export function hostileBatchAccess(random: Random): W.AccessType {
  return random.oneIn(8) ? random.below(W.AccessType.COUNT) : random.pick(BATCHED);
}

/** Mostly within the input size, also near its end, at the traps, and anywhere. */
export function hostileIpa(random: Random, world: World): bigint {
  const { machine, at, traps } = world;
  const bits = machine.view.u32(at.regime + W.REGIME_IA_BITS) || 48;
  switch (random.below(16)) {
    case 0:
      return random.u64();
    case 1:
      return random.pick(traps);
    case 2:
      return BigInt.asUintN(64, (1n << BigInt(bits)) + BigInt(random.below(64) - 48) * 8n);
    case 3:
      return BigInt(random.below(1 << 24));
    default:
      return random.u64() & ((1n << BigInt(bits)) - 1n);
  }
}

const TAG = 0xffn << 56n;

/** Of the size of either half, with and without a tag. */
function hostileVa(random: Random, world: World): bigint {
  if (random.oneIn(10)) return random.u64();
  if (random.oneIn(10)) return random.pick(world.traps);
  const shift = world.machine.view.u64(world.at.regime + W.REGIME_TCR_EL1);
  const upper = random.oneIn(2);
  const size = BigInt(Number((upper ? shift >> 16n : shift) & 63n));
  const low = random.u64() >> (size === 0n ? 1n : size);
  const va = upper ? BigInt.asUintN(64, -1n - low) : low;
  return random.oneIn(6) ? va ^ (random.u64() & TAG) : va;
}

/** Translates into the world's record. */
export function ask({ machine, at }: World, query: Query): void {
  const { stages, address, access, el, flags, type, sh } = query;
  const { core } = machine;
  if (stages === 'second') core.translateIpa(at.regime, address, access, el, flags, type, sh, at.out);
  else core.translateAddress(at.regime, address, access, el, flags, at.out);
}
