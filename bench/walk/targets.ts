import { RAW_CALL, TYPED_CALL } from './calls.js';
import type { PairResult, SingleResult, Spread } from './measure.js';
import { LEAF_RUN_SIZES, PAIR, type PairName } from './pairs.js';
import type { StreamName } from './streams.js';

/** All that was measured. */
export interface Measured {
  pairs: readonly PairResult[];
  singles: readonly SingleResult[];
  wasmBytes: number;
  firstAnswerMs: Spread;
}

/** One target and what was reached. */
export interface TargetResult {
  what: string;
  limit: string;
  /** Undefined if it could not be measured. */
  reached: number | undefined;
  /** The stream that is furthest from the target. */
  stream?: string;
  met: boolean;
}

const HOT: readonly StreamName[] = ['seq', 'hot'];

/** Compares what was measured with the targets of the project. */
export function targets(measured: Measured): TargetResult[] {
  const { pairs, singles, wasmBytes, firstAnswerMs } = measured;
  const ns = (name: string) => singles.find((single) => single.name === name)?.ns.median;
  return [
    times('4K, 3 levels: time of native C', 1.15, pairs, [PAIR.plain]),
    times('4K, 3 levels with attributes: time of native C', 1.25, pairs, [PAIR.attributes]),
    times('4K, 4 levels: time of native C', 1.15, pairs, [PAIR.fourLevels]),
    times('16K and 64K: time of native C', 1.3, pairs, [
      PAIR.granule16k,
      PAIR.granule64kTwo,
      PAIR.granule64kThree,
    ]),
    times('sparse RAM: time of native C on one bank', 1.9, pairs, [PAIR.sparse]),
    speedUp('speed of BigInt JavaScript, seq and hot', 20, pairs, PAIR.bigint, HOT),
    speedUp('speed of typed-array JavaScript, seq and hot', 4, pairs, PAIR.typedArray, HOT),
    atMost('typed call, ns', 150, ns(TYPED_CALL)),
    atMost('raw i64 call, ns', 15, ns(RAW_CALL)),
    speedUp('identity leaves: speed of memory.fill', 0.9, pairs, PAIR.leafRuns, LEAF_RUN_SIZES),
    atMost('wasm, KB', 96, wasmBytes / 1024),
    atMost('first answer, ms', 20, firstAnswerMs.median),
  ];
}

function atMost(what: string, limit: number, reached: number | undefined): TargetResult {
  return { what, limit: `<= ${limit}`, reached, met: reached !== undefined && reached <= limit };
}

/** The slowest of the streams decides. */
function times(
  what: string,
  limit: number,
  pairs: readonly PairResult[],
  names: readonly PairName[],
): TargetResult {
  const worst = slowest(pairs.filter((pair) => names.some((name) => name === pair.name)));
  return { ...atMost(what, limit, worst?.ratio.median), ...(worst && { stream: worst.stream }) };
}

function speedUp(
  what: string,
  limit: number,
  pairs: readonly PairResult[],
  name: PairName,
  streams: readonly string[],
): TargetResult {
  const worst = slowest(pairs.filter((pair) => pair.name === name && streams.includes(pair.stream)));
  const reached = worst && 1 / worst.ratio.median;
  return {
    what,
    limit: `>= ${limit}`,
    reached,
    ...(worst && { stream: worst.stream }),
    met: reached !== undefined && reached >= limit,
  };
}

function slowest(pairs: readonly PairResult[]): PairResult | undefined {
  return [...pairs].sort((a, b) => b.ratio.median - a.ratio.median)[0];
}
