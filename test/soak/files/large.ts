// Large files, valid and garbage, read by the command: the real memory it takes is bounded by the size of the file.
import { EXPANSION_FREE, EXPANSION_MAX } from '../../../src/trace/bytes.js';
import { commandOn } from './command.js';
import { type Kind, must } from './kind.js';
import { bomb } from './mutate-gzip.js';

const MIB = 2 ** 20;
const SIZES = [1, 32];
/** What a bomb unpacks to, in MiB. */
const BOMB = 256;
/** Garbage of one thing over and over. */
const GARBAGE = ['\n', '[', '[],', '1', '"', '\0', 'x 1: '];
const GARBAGE_MIB = 8;
/** Values that a reader ignores, in a file that is else as it should be. */
const IGNORED = ['[],', '{},', '"x",'];
const IGNORED_MIB = 16;

const VALID = /^(valid|ignored|worst)/;

export interface Largest {
  files: number;
  /** Memory for a small file, in MiB. */
  small: number;
  /** Bytes of real memory for a byte of the file, above what the command takes for a small one. */
  factor: number;
  /** The file it was. */
  what: string;
  /** Most memory, in MiB. */
  peak: number;
}

/** @throws Wrong for a file whose memory is above the bound of its kind */
export async function largeFiles(kind: Kind): Promise<Largest> {
  const small = (await commandOn(kind, encode(kind.seeds()[0] ?? ''), false)).peak;
  const largest: Largest = { files: 0, small: small / MIB, factor: 0, what: '', peak: 0 };
  for (const [what, bytes, unpacked] of filesOf(kind)) {
    const { peak, exit, stderr } = await commandOn(kind, bytes, false);
    must(!VALID.test(what) || exit !== 2, () => `${what}: refused, ${stderr}`);
    const { base, factor } = kind.memory;
    const most = base * MIB + factor * unpacked;
    must(
      peak <= most,
      () => `${what} (${bytes.length} bytes): ${mib(peak)} MiB, expected at most ${mib(most)}`,
    );
    largest.files++;
    largest.peak = Math.max(largest.peak, peak / MIB);
    const own = (peak - small) / unpacked;
    if (bytes.length >= MIB && own > largest.factor) Object.assign(largest, { factor: own, what });
  }
  return largest;
}

/** Name, bytes, and how many bytes count: those the file unpacks to as far as it is read. */
function* filesOf(kind: Kind): Generator<[string, Uint8Array, number]> {
  for (const size of SIZES) {
    const bytes = encode(kind.grow(size * MIB));
    yield [`valid, ${size} MiB`, bytes, bytes.length];
  }
  if (kind.worst !== undefined) {
    const bytes = encode(kind.worst(8 * MIB));
    yield ['worst', bytes, bytes.length];
  }
  for (const thing of GARBAGE) {
    const bytes = encode(thing.repeat(Math.floor((GARBAGE_MIB * MIB) / thing.length)));
    yield [`${JSON.stringify(thing)} over and over`, bytes, bytes.length];
  }
  if (kind.json) {
    for (const thing of IGNORED) {
      const more = thing.repeat(Math.floor((IGNORED_MIB * MIB) / thing.length)).slice(0, -1);
      const bytes = encode(`{"more":[${more}],${(kind.seeds()[0] ?? '').trim().slice(1)}`);
      yield [`ignored ${thing}`, bytes, bytes.length];
    }
  }
  for (const thing of [' ', '\n']) {
    const bytes = bomb(thing, BOMB);
    const read = Math.min(BOMB * MIB, EXPANSION_FREE + EXPANSION_MAX * bytes.length);
    yield [`${BOMB} MiB of ${JSON.stringify(thing)} packed`, bytes, read];
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const mib = (bytes: number): string => (bytes / MIB).toFixed(0);
