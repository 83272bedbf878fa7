import type { BenchCase } from './cases/case.js';
import { faultCase } from './cases/faults.js';
import { idmapCase } from './cases/idmap.js';
import { modelCase } from './cases/model.js';
import { installCase, walkCase } from './cases/tables.js';
import { compilerVersion } from './compile.js';
import { buildNative, nativeIdmap } from './native.js';
import { writeResult } from './results.js';
import { sample, spread } from './sample.js';

const ROUNDS = 7;
const SECONDS = 0.4;

// The A/A pair: the same case twice shows what difference means nothing here.
const walks = walkCase();
const cases: BenchCase[] = [
  walks,
  { ...walks, name: `${walks.name}, again (A/A)` },
  installCase(),
  faultCase(false),
  faultCase(true),
  idmapCase(),
  modelCase(),
];

const rates = cases.map((): number[] => []);
const native: number[] = [];
const hasNative = buildNative();
for (let round = 0; round <= ROUNDS; round++) {
  process.stderr.write(`round ${round} of ${ROUNDS}${round === 0 ? ' (warm-up, not counted)' : ''}\n`);
  // Interleaved: every round measures every case once, so drift of the machine hits all alike.
  for (const [i, bench] of cases.entries()) {
    const rate = sample(bench, SECONDS);
    if (round > 0) rates[i]?.push(rate);
  }
  if (hasNative && round > 0) native.push(nativeIdmap());
}

const rows = cases.map((bench, i) => ({
  name: bench.name,
  unit: bench.unit,
  goal: bench.goal,
  ...spread(rates[i] ?? []),
}));
const paired = (a: readonly number[], b: readonly number[]) =>
  spread(a.map((rate, i) => rate / (b[i] ?? Number.NaN)));
const ratios = [
  { name: 'noise floor: walks A/A', ...paired(rates[0] ?? [], rates[1] ?? []) },
  { name: 'functional faults / accounted faults', ...paired(rates[3] ?? [], rates[4] ?? []) },
  ...(hasNative ? [{ name: 'time of idmap / plain C loop', ...paired(native, rates[5] ?? []) }] : []),
];

const million = (n: number) => (n / 1e6).toFixed(2).padStart(8);
console.log(`${'M/s: median'.padStart(60)}      min      max     goal`);
for (const r of rows) {
  const goal = r.goal === undefined ? '       -' : million(r.goal);
  console.log(
    `${r.name.padEnd(52)}${million(r.median)} ${million(r.min)} ${million(r.max)} ${goal}  ${r.unit}`,
  );
}
console.log('\npaired ratios of each round: median [min, max]');
for (const r of ratios)
  console.log(`${r.name.padEnd(52)}${r.median.toFixed(2)} [${r.min.toFixed(2)}, ${r.max.toFixed(2)}]`);
if (!hasNative) console.log('no C compiler found: the comparison with the plain C loop was left out');

writeResult(
  'latest',
  {
    format: 'stage2-bench/2',
    rounds: ROUNDS,
    wasm: ['build/stage2.wasm', 'build/stage2-accounted.wasm'],
    compiler: hasNative ? compilerVersion() : 'none',
  },
  { rows, ratios },
);
