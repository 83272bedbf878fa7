// The accounted stage-2 walk (TLBs and three levels of cache) of the core against the same model in native C, on the
// same tables, in one process.

import { compilerVersion } from '../compile.js';
import { writeResult } from '../results.js';
import { type PairResult, Rounds, warmUp } from '../walk/measure.js';
import type { Pair } from '../walk/pairs.js';
import { BATCHES, CHUNK, STREAM_LENGTH, STREAMS, type StreamName } from '../walk/streams.js';
import { type AccountedBed, createBed, type Side } from './bed.js';
import { loadNativeAccounted, NATIVE_COUNTS } from './native.js';

const ROUNDS = 31;
const LIMIT = 1;
const USED: readonly StreamName[] = ['seq', 'hot', 'rnd1g', 'rnd64g'];
const PAGE_SHIFT = 12;
const FAULT = 1n << 63n;

const NAME = 'TLBs and three caches, against native C';
const NOISE = 'noise floor: native C against itself';

/** Results of a whole stream, walked once. */
function results({ store }: AccountedBed, { walk }: Side, stream: StreamName): BigUint64Array {
  const run = store.batches(walk, stream, PAGE_SHIFT);
  const all = new BigUint64Array(STREAM_LENGTH);
  for (let chunk = 0; chunk < BATCHES; chunk++) {
    run(chunk);
    all.set(store.lastResults(), chunk * CHUNK);
  }
  return all;
}

/** Throws unless both sides give the same PAs and count the same events. */
function check(bed: AccountedBed, stream: StreamName): bigint[] {
  const core = bed.core();
  const native = bed.native();
  const found = results(bed, core, stream);
  const expected = results(bed, native, stream);
  const at = found.findIndex((pa, i) => pa >= FAULT || pa !== expected[i]);
  if (at >= 0) throw new Error(`${stream}, IPA ${at}: found ${found[at]}, expected ${expected[at]}`);
  for (const [i, name] of NATIVE_COUNTS.entries()) {
    const [ours, theirs] = [core.counts()[i], native.counts()[i]];
    if (ours !== theirs) throw new Error(`${stream}, ${name}: found ${ours}, expected ${theirs}`);
  }
  return core.counts();
}

function pair(bed: AccountedBed, name: string, stream: StreamName, reference: Side, subject: Side): Pair {
  return {
    name,
    stream,
    chunks: BATCHES,
    operations: CHUNK,
    reference: bed.store.batches(reference.walk, stream, PAGE_SHIFT),
    subject: bed.store.batches(subject.walk, stream, PAGE_SHIFT),
  };
}

const fixed = (value: number) => value.toFixed(2);

function line({ name, stream, ratio, referenceNs, subjectNs }: PairResult): string {
  const range = `[${fixed(ratio.p5)} .. ${fixed(ratio.p95)}]`.padEnd(16);
  const verdict = name === NOISE ? '' : ratio.median <= LIMIT ? 'met' : 'missed';
  const times = `${fixed(referenceNs).padStart(8)}${fixed(subjectNs).padStart(8)}`;
  return `${name.padEnd(42)}${stream.padEnd(8)}${fixed(ratio.median).padStart(6)} ${range}${times}  ${verdict}`;
}

const native = loadNativeAccounted();
const bed = createBed(native);
process.stderr.write('checking that both count the same\n');
const counted = USED.map((stream) => ({ stream, counts: check(bed, stream) }));
const pairs = USED.flatMap((stream) => [
  pair(bed, NOISE, stream, bed.native(), bed.native()),
  pair(bed, NAME, stream, bed.native(), bed.core()),
]);
process.stderr.write(`measuring: ${ROUNDS} rounds\n`);
warmUp(pairs, []);
const rounds = new Rounds(pairs, [], native.threadCpu);
for (let round = 0; round < ROUNDS; round++) rounds.run(round);

console.log(
  `time of ours / native C of each round: median [5 % .. 95 %]; median ns of both; target <= ${LIMIT}`,
);
for (const result of rounds.pairs) console.log(line(result));
console.log('');
for (const name of USED) console.log(`  ${name.padEnd(8)}${STREAMS[name]}`);
console.log(`\nevents per 1000 accesses from cold, equal on both sides: ${NATIVE_COUNTS.join(', ')}`);
for (const { stream, counts } of counted) {
  const rates = counts.map((n) => ((Number(n) * 1000) / STREAM_LENGTH).toFixed(0).padStart(6));
  console.log(`  ${stream.padEnd(8)}${rates.join('')}`);
}

writeResult(
  'accounted',
  {
    format: 'stage2-accounted/2',
    rounds: ROUNDS,
    wasm: ['build/stage2-accounted.wasm'],
    compiler: compilerVersion(),
  },
  {
    events: NATIVE_COUNTS,
    counted: counted.map(({ stream, counts }) => ({ stream, counts: counts.map(Number) })),
    pairs: rounds.pairs,
  },
);
