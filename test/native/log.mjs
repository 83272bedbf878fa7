// A log of the calls of a core: what the host wrote to its memory before each, the arguments, and where the memory as a
// whole is compared. Plain JavaScript, for Node and for a page; replay.c reads the same.
//
// Words of 32 bits, little-endian: MAGIC, pages of memory, then records that begin with their kind.
//   WRITE offset words ...         the host wrote these words at a byte offset
//   CALL export mask count ...     export by its place in WebAssembly.Module.exports; `count` arguments of two words
//                                  each, low first; bit n of `mask`: argument n is an i64
//   MEMORY                         a point at which memories are compared
//   END

export const MAGIC = 0x676c6f63;
export const Kind = { END: 0, WRITE: 1, CALL: 2, MEMORY: 3 };

/**
 * Two sums over all words of a memory, as text.
 * @param {Uint32Array} words
 */
export function digest(words) {
  let a = 0x811c9dc5;
  let b = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    a = Math.imul(a ^ word, 0x01000193);
    b = (Math.imul(b, 31) + word) | 0;
  }
  return `memory ${hex(a)} ${hex(b)}`;
}

/**
 * What a call is answered with, as text.
 * @param {string} name
 * @param {number | bigint | undefined} result
 */
export const answer = (name, result) =>
  `${name} ${result === undefined ? '-' : typeof result === 'bigint' ? BigInt.asUintN(64, result).toString(16) : hex(result)}`;

/** @param {number} word */
const hex = (word) => (word >>> 0).toString(16);

/**
 * Runs a log on a core of its own: a line for each call and each comparison.
 * @param {BufferSource} wasm
 * @param {ArrayBuffer} log
 * @returns {string[]}
 */
export function replay(wasm, log) {
  const words = new Uint32Array(log);
  const module = new WebAssembly.Module(wasm);
  const memory = new WebAssembly.Memory({ initial: words[1] ?? 0 });
  const core = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  const held = new Uint32Array(memory.buffer);
  const lines = [];
  let at = 2;
  const next = () => words[at++] ?? 0;
  for (let kind = next(); kind !== Kind.END; kind = next()) {
    if (kind === Kind.WRITE) {
      const offset = next();
      const count = next();
      held.set(words.subarray(at, at + count), offset / 4);
      at += count;
    } else if (kind === Kind.CALL) {
      const name = names[next()] ?? '';
      const mask = next();
      const args = Array.from({ length: next() }, (_, i) => {
        const [low, high] = [next(), next()];
        return (mask >> i) & 1 ? (BigInt(high) << 32n) | BigInt(low) : low;
      });
      lines.push(answer(name, /** @type {Function} */ (core[name])(...args)));
    } else {
      lines.push(digest(held));
    }
  }
  return lines;
}
