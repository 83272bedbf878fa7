import { CODE_BASES, Operand, TEXT_BASE } from '../abi/program.js';
import { checkInteger, checkU64 } from '../core/check.js';
import { Stage2Error } from '../core/error.js';

/** Where the kernel's code and data lie in one experiment: the same for every build that is compared in it. */
export interface CodePlacement {
  /** Address of each place of code (CODE_BASES of src/abi/program.ts). */
  code: readonly bigint[];
  /** Address of the region of each operand. */
  data: readonly bigint[];
}

/** Above all RAM, apart from what else the model invents; in their low 48 bits these addresses are apart from RAM's too. */
const KERNEL = (1n << 51n) + (1n << 46n);
const REGION_SHIFT = 40n;
/** struct page of every page frame. */
const PAGES = (1n << 51n) + (1n << 47n);
const TEXT = KERNEL + (BigInt(Operand.COUNT) << REGION_SHIFT);
/** Bytes apart of two places of code; a function is far smaller. */
const CODE_STEP = 65536n;
/** Pages from which the place of a function in its step is drawn, and those of a region in a block. */
const CODE_PAGES = 8n;
const DATA_PAGES = 512n;
const PAGE_SHIFT = 12n;
const LINE_SHIFT = 6n;
const LINE = 64;

/**
 * Draws a placement from `seed`: every function on a line of its own, the .text of the handler at `phase` bytes into a
 * line. The same seed places everything else alike.
 * @throws EINVAL for a seed that is no u64 or a phase that is none of an instruction.
 */
export function placeCode(seed: bigint, phase: number): CodePlacement {
  checkU64('seed', seed);
  checkInteger('phase', phase, 0, LINE - 1);
  if (phase % 4 !== 0) throw new Stage2Error('EINVAL', `phase ${phase}: expected a multiple of 4`);
  const random = splitMix(seed);
  const code = Array.from({ length: CODE_BASES }, (_, i) => {
    const within = ((random() % CODE_PAGES) << PAGE_SHIFT) + (lineOffset(random()) << LINE_SHIFT);
    return TEXT + BigInt(i) * CODE_STEP + within + (i === TEXT_BASE ? BigInt(phase) : 0n);
  });
  const data = Array.from({ length: Operand.COUNT }, (_, operand) => regionOf(operand, random));
  return { code, data };
}

function lineOffset(random: bigint): bigint {
  return random % (1n << (PAGE_SHIFT - LINE_SHIFT));
}

/** Structures that the kernel aligns to pages begin on one, the others on a line. */
const ON_PAGES: ReadonlySet<Operand> = new Set([
  Operand.STACK,
  Operand.RUN,
  Operand.SLOTS,
  Operand.HOST_PTE,
  Operand.BITMAP,
]);

function regionOf(operand: Operand, random: () => bigint): bigint {
  const page = (random() % DATA_PAGES) << PAGE_SHIFT;
  const line = lineOffset(random()) << LINE_SHIFT;
  if (operand === Operand.PAGE) return PAGES + page;
  return KERNEL + (BigInt(operand) << REGION_SHIFT) + page + (ON_PAGES.has(operand) ? 0n : line);
}

/** SplitMix64 (Steele, Lea and Flood, 2014). */
function splitMix(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
}
