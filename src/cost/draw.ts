// Random numbers in integer arithmetic only, so that every engine draws the same.

/** Bits of a draw. */
const DRAW_BITS = 32n;

/**
 * 32 random bits that depend on nothing but their arguments: MurmurHash3 (x86, 32 bits) over the two halves of the
 * seed, the number of the sample and the characters of the name. The same event is drawn alike in every price list
 * of a sample, whatever else the list holds: common random numbers.
 * @param seed 0 to 2^53 - 1
 */
export function draw(seed: number, sample: number, name: string): number {
  const words = [seed >>> 0, Math.floor(seed / 2 ** 32), sample];
  for (let i = 0; i < name.length; i++) words.push(name.charCodeAt(i));
  let hash = 0;
  for (const word of words) hash = addWord(hash, word);
  return finish(hash ^ (words.length * 4));
}

function addWord(hash: number, word: number): number {
  const mixed = Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(rotate(hash ^ mixed, 13), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/**
 * The value of a triangular distribution from `lo` over its peak `v` to `hi` that the part `u` / 2^32 of the values
 * lies below; square roots are rounded down, so no value leaves the range.
 */
export function triangular(lo: bigint, v: bigint, hi: bigint, u: number): bigint {
  const width = hi - lo;
  const below = BigInt(u);
  const all = 1n << DRAW_BITS;
  const rising = v - lo;
  // The part of the values below the peak is rising / width.
  if (below * width < rising * all) return lo + squareRoot((below * width * rising) >> DRAW_BITS);
  const falling = hi - v;
  return hi - squareRoot(((all - below) * width * falling) >> DRAW_BITS);
}

/** The largest whole number whose square is not above `n`. */
function squareRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let root = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
