import type { PairResult, SingleResult } from './measure.js';
import { STREAMS } from './streams.js';
import type { Measured, TargetResult } from './targets.js';

/** Everything as text for a terminal. */
export function report(measured: Measured, targets: readonly TargetResult[]): string {
  const { firstAnswerMs, wasmBytes } = measured;
  return [
    'time of ours / reference of each round: median [5 % .. 95 %]; median ns of both',
    ...measured.pairs.map(pairLine),
    '',
    ...Object.entries(STREAMS).map(([name, text]) => `  ${name.padEnd(8)}${text}`),
    '',
    'ns of CPU time: median [5 % .. 95 %]',
    ...measured.singles.map(singleLine),
    '',
    `first answer: ${fixed(firstAnswerMs.median)} ms [${fixed(firstAnswerMs.p5)} .. ${fixed(firstAnswerMs.p95)}]`,
    `wasm: ${wasmBytes} bytes`,
    '',
    'target, and the slowest stream',
    ...targets.map(targetLine),
  ].join('\n');
}

const fixed = (value: number) => value.toFixed(2);

function pairLine({ name, stream, ratio, referenceNs, subjectNs }: PairResult): string {
  const range = `[${fixed(ratio.p5)} .. ${fixed(ratio.p95)}]`.padEnd(16);
  const times = `${fixed(referenceNs).padStart(8)}${fixed(subjectNs).padStart(8)}`;
  return `${name.padEnd(48)}${stream.padEnd(7)}${fixed(ratio.median).padStart(6)} ${range}${times}`;
}

function singleLine({ name, ns }: SingleResult): string {
  return `${name.padEnd(48)}${fixed(ns.median).padStart(8)} [${fixed(ns.p5)} .. ${fixed(ns.p95)}]`;
}

function targetLine({ what, limit, reached, stream, met }: TargetResult): string {
  const value = reached === undefined ? 'not measured' : fixed(reached);
  const verdict = reached === undefined ? '' : met ? 'met' : 'missed';
  return `${what.padEnd(52)}${limit.padStart(8)}${value.padStart(14)}  ${(stream ?? '').padEnd(7)}${verdict}`;
}
