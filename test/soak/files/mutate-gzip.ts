// Files packed by gzip: whole, damaged, in members, and such that unpack to far more than they are.
import { constants, gzipSync } from 'node:zlib';
import type { Random } from '../hostile/random.js';
import { once } from './data.js';
import { BYTE_MUTATIONS, type Bytes, joined } from './mutate-bytes.js';

export type GzipMutation = (random: Random, bytes: Bytes) => Bytes;

const HEADER = 10;
const TRAILER = 8;
const MIB = 2 ** 20;

const packed = (bytes: Uint8Array): Bytes =>
  Uint8Array.from(gzipSync(bytes, { level: constants.Z_BEST_SPEED }));

/** Bytes that unpack to a thousand times as many. */
export function bomb(character: string, mib: number): Bytes {
  return Uint8Array.from(
    gzipSync(Buffer.alloc(mib * MIB, character), { level: constants.Z_BEST_COMPRESSION }),
  );
}

const BOMBS = [' ', '\n', '[', '0', '\0', '"', 'x\n'].map((character) => once(() => bomb(character, 4)));

export const GZIP_MUTATIONS: Readonly<Record<string, GzipMutation>> = {
  'packed and damaged': (random, bytes) =>
    (BYTE_MUTATIONS['bit flipped'] as GzipFlip)(random, packed(bytes), bytes),
  'packed and cut off': (random, bytes) => {
    const whole = packed(bytes);
    return whole.slice(0, random.below(whole.length));
  },
  'gzip header damaged': (random, bytes) =>
    place(packed(bytes), 2 + random.below(HEADER - 2), random.below(256)),
  'gzip check damaged': (random, bytes) => {
    const whole = packed(bytes);
    return place(whole, whole.length - 1 - random.below(TRAILER), random.below(256));
  },
  'garbage after gzip': (random, bytes) =>
    joined(
      packed(bytes),
      Uint8Array.from({ length: 1 + random.below(64) }, () => random.below(256)),
    ),
  'packed twice': (_, bytes) => packed(packed(bytes)),
  'member cut out': (random, bytes) => {
    const cut = random.below(bytes.length + 1);
    return joined(packed(bytes.subarray(0, cut)), packed(bytes.subarray(Math.min(bytes.length, cut + 8))));
  },
  'gzip bomb': (random) => random.pick(BOMBS)(),
  'gzip bomb after the file': (random, bytes) => joined(packed(bytes), random.pick(BOMBS)()),
};

type GzipFlip = (random: Random, bytes: Bytes, other: Bytes) => Bytes;

function place(bytes: Bytes, at: number, value: number): Bytes {
  const changed = bytes.slice();
  changed[at] = value;
  return changed;
}

/** Other forms of the same file: the result must be that of the file itself. */
export const NEUTRAL: Readonly<Record<string, GzipMutation>> = {
  packed: (_, bytes) => packed(bytes),
  'packed in members': (random, bytes) => {
    const cut = random.below(bytes.length + 1);
    return joined(packed(bytes.subarray(0, cut)), packed(new Uint8Array(0)), packed(bytes.subarray(cut)));
  },
  'with CRLF': (_, bytes) =>
    Uint8Array.from(
      Buffer.from(
        Buffer.from(bytes)
          .toString()
          .replace(/(?<!\r)\n/g, '\r\n'),
      ),
    ),
  'with a BOM': (_, bytes) => joined(Uint8Array.of(0xef, 0xbb, 0xbf), bytes),
  unchanged: (_, bytes) => bytes,
};
