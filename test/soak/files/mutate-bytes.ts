// Mutations of a file as bytes: what disks, networks and editors do to one.
import type { Random } from '../hostile/random.js';

export type Bytes = Uint8Array<ArrayBuffer>;
/** A mutation of a file; `other` is another file of the kind. */
export type ByteMutation = (random: Random, bytes: Bytes, other: Bytes) => Bytes;

const RUN_MAX = 64;
const SPECIAL = [0x00, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0xc0, 0xed, 0xff];

export const BYTE_MUTATIONS: Readonly<Record<string, ByteMutation>> = {
  'bit flipped': (random, bytes) => at(bytes, random, (byte) => byte ^ (1 << random.below(8))),
  'byte replaced': (random, bytes) => at(bytes, random, () => random.pick(SPECIAL)),
  'digit replaced': digitReplaced,
  'bytes inserted': (random, bytes) => {
    const place = random.below(bytes.length + 1);
    const more = Uint8Array.from({ length: 1 + random.below(RUN_MAX) }, () => random.below(256));
    return joined(bytes.subarray(0, place), more, bytes.subarray(place));
  },
  'bytes deleted': (random, bytes) => {
    const [from, to] = range(random, bytes);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  'bytes duplicated': (random, bytes) => {
    const [from, to] = range(random, bytes);
    return joined(bytes.subarray(0, to), bytes.subarray(from));
  },
  'cut off': (random, bytes) => bytes.slice(0, random.below(bytes.length + 1)),
  'beginning lost': (random, bytes) => bytes.slice(random.below(bytes.length + 1)),
  'spliced with another': (random, bytes, other) =>
    joined(bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1))),
  'two files in one': (_, bytes, other) => joined(bytes, other),
  'several bits flipped': (random, bytes) => {
    let changed = bytes;
    for (let n = 2 + random.below(6); n > 0; n--)
      changed = at(changed, random, (byte) => byte ^ (1 << random.below(8)));
    return changed;
  },
  'noise alone': (random) => Uint8Array.from({ length: random.below(4096) }, () => random.below(256)),
};

function at(bytes: Bytes, random: Random, change: (byte: number) => number): Bytes {
  const changed = bytes.slice();
  const place = random.below(bytes.length);
  if (bytes.length > 0) changed[place] = change(changed[place] as number);
  return changed;
}

/** Numbers and digits of hex are most of these files. */
function digitReplaced(random: Random, bytes: Bytes): Bytes {
  const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
  const start = random.below(bytes.length);
  const found = bytes.subarray(start).findIndex(isDigit);
  if (found < 0) return bytes;
  const changed = bytes.slice();
  changed[start + found] = 0x30 + random.below(10);
  return changed;
}

function range(random: Random, bytes: Bytes): [number, number] {
  const from = random.below(bytes.length + 1);
  const length = random.oneIn(4) ? random.below(bytes.length + 1) : 1 + random.below(RUN_MAX);
  return [from, Math.min(bytes.length, from + length)];
}

export function joined(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let next = 0;
  for (const part of parts) {
    all.set(part, next);
    next += part.length;
  }
  return all;
}
