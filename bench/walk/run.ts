// The walk benchmark: the core's translations against native C and JavaScript on the same tables, in one process.
import { statSync } from 'node:fs';
import { compilerVersion } from '../compile.js';
import { writeResult } from '../results.js';
import { createBeds } from './beds.js';
import { createCalls } from './calls.js';
import { checkBeds } from './check.js';
import { processCpu, Rounds, warmUp } from './measure.js';
import { loadNative, type Native } from './native.js';
import { createPairs, leafRunPairs } from './pairs.js';
import { report } from './report.js';
import { firstAnswer } from './startup.js';
import { targets } from './targets.js';

const ROUNDS = 31;
const WASM = 'build/stage2.wasm';

function nativeOrNone(): Native | undefined {
  try {
    return loadNative();
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    console.error(`NO NATIVE COMPARISON: bench/native/walk.c could not be compiled or loaded.\n${reason}`);
    return undefined;
  }
}

const native = nativeOrNone();
const firstAnswerMs = firstAnswer();
const beds = createBeds(native);
process.stderr.write('checking that all walkers agree\n');
checkBeds(beds);

const pairs = [...createPairs(beds), ...leafRunPairs()];
const calls = createCalls(beds.contiguous.get('4K, 3 levels')!);
const rounds = new Rounds(pairs, calls, native?.threadCpu ?? processCpu);
process.stderr.write(`measuring: ${ROUNDS} rounds\n`);
warmUp(pairs, calls);
for (let round = 0; round < ROUNDS; round++) rounds.run(round);

const wasmBytes = statSync(WASM).size;
const measured = { pairs: rounds.pairs, singles: rounds.singles, wasmBytes, firstAnswerMs };
const results = targets(measured);
console.log(report(measured, results));

writeResult(
  'walk',
  {
    format: 'stage2-walk/2',
    rounds: ROUNDS,
    wasm: [WASM],
    compiler: native === undefined ? 'none' : compilerVersion(),
  },
  { ...measured, targets: results },
);
