import { Translator } from '../../src/walk/translator.js';
import type { Bed } from './beds.js';
import { CPU, rawCall } from './core.js';
import type { Single } from './measure.js';
import { streamIpas } from './streams.js';

const CALLS = 4096;

export const TYPED_CALL = 'translator.translate({ ipa }), hot';
export const RAW_CALL = 'raw i64 call, hot';

/** Single translations from JavaScript over the hot pages. The read of the IPA and the write of the answer count. */
export function createCalls({ space, registers, regime, granuleShift }: Bed): Single[] {
  const ipas = streamIpas('hot', granuleShift).slice(0, CALLS);
  const results = new BigUint64Array(CALLS);
  const translator = new Translator(space.machine, registers, CPU);
  const raw = rawCall(space.machine, regime);
  const typedCalls = () => {
    for (let i = 0; i < CALLS; i++) {
      const answer = translator.translate({ ipa: ipas[i]! });
      results[i] = answer.ok ? answer.pa : 0n;
    }
  };
  const rawCalls = () => {
    for (let i = 0; i < CALLS; i++) results[i] = raw(ipas[i]!);
  };
  return [
    { name: TYPED_CALL, operations: CALLS, run: typedCalls },
    { name: RAW_CALL, operations: CALLS, run: rawCalls },
  ];
}
