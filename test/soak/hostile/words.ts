// The words that memory is filled with. Every word is an entry of every table that begins anywhere in the bank, so
// tables point at themselves, at each other and at what is no table.

import * as A from '../../../src/abi/arm.js';
import { byteSwap } from '../../model/arch/bits.js';
import type { Random } from './random.js';
import type { World } from './world.js';

const WORDS_MOST = 97;
/** A leaf that most accesses may use: normal memory, AF, S2AP for reads and writes (AP of both: read-only for all). */
const LEAF = 0x7fcn;
const MEMORY_TYPE = 0x3cn;
/** S2AP[1]; AP[2] of stage 1 means the contrary. */
const WRITABLE = 1n << 7n;
const DBM = 1n << BigInt(A.DESC_DBM_LSB);
const AF = 1n << BigInt(A.DESC_AF_LSB);
const HIGH_ATTRIBUTES = 0xfff8n << 48n;

/** A few or many different ones. */
export function hostileWords(random: Random, world: World, calm: boolean): bigint[] {
  const n = random.oneIn(6) ? 1 + random.below(3) : 1 + random.below(WORDS_MOST);
  const taste = { leaves: 2 + random.below(calm ? 2 : 5), garbage: calm ? 400 : 16, traps: calm ? 60 : 6 };
  return Array.from({ length: n }, () => hostileWord(random, world, taste));
}

/** Each thing is one in so many: leaves among the words, plain garbage, addresses that are traps. */
interface Taste {
  leaves: number;
  garbage: number;
  traps: number;
}

function hostileWord(random: Random, world: World, taste: Taste): bigint {
  if (random.oneIn(taste.garbage)) return random.oneIn(2) ? random.u64() : 0n;
  const word = random.oneIn(taste.leaves) ? leaf(random, world, taste) : link(random, world, taste);
  return random.oneIn(taste.garbage) ? byteSwap(word) : word;
}

/** A table descriptor, or at level 3 a page. */
function link(random: Random, { tables, traps }: World, taste: Taste): bigint {
  const to = random.pick(random.oneIn(taste.traps) ? traps : tables);
  // As a page it is a leaf; what these bits are in a table nobody looks at.
  const attributes = random.oneIn(taste.garbage) ? random.u64() & 0xffcn : likelyAttributes(random);
  return address(random, to, attributes) | 3n;
}

/** A block or a page that lets much through. */
function leaf(random: Random, { tables, traps }: World, taste: Taste): bigint {
  const somewhere = random.oneIn(8) ? random.u64() & ((1n << 52n) - 1n) : random.pick(tables);
  const to = random.oneIn(taste.traps) ? random.pick(traps) : somewhere;
  let attributes = likelyAttributes(random);
  if (random.oneIn(taste.garbage)) attributes ^= random.u64() & 0xffcn;
  if (random.oneIn(taste.garbage)) attributes |= random.u64() & HIGH_ATTRIBUTES;
  return address(random, to, attributes) | (random.oneIn(3) ? 3n : 1n);
}

function likelyAttributes(random: Random): bigint {
  let attributes = LEAF;
  if (random.oneIn(3)) attributes &= ~AF;
  if (random.oneIn(3)) attributes ^= WRITABLE;
  if (random.oneIn(2)) attributes |= DBM;
  if (random.oneIn(5)) attributes ^= random.u64() & MEMORY_TYPE;
  return attributes;
}

/** Attributes with an address in one of the three ways to hold it. */
function address(random: Random, pa: bigint, attributes: bigint): bigint {
  const rest = attributes & ~0xffff_ffff_f000n;
  switch (random.below(4)) {
    case 0:
      return rest | (pa & 0xffff_ffff_0000n) | ((pa >> 48n) << BigInt(A.DESC_LPA_HIGH_LSB));
    case 1: {
      const wide = (rest & ~0x300n) | (pa & 0x3_ffff_ffff_f000n);
      return wide | ((pa >> BigInt(A.DESC_LPA2_ADDRESS_END)) << BigInt(A.DESC_LPA2_HIGH_LSB));
    }
    default:
      return rest | (pa & 0xffff_ffff_f000n);
  }
}
