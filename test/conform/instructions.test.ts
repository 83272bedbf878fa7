// The syndrome of every recorded load, store and atomic, decoded from the instruction that was executed.
import { describe, expect, it } from 'vitest';
import { encodeFsc } from '../../src/arm/fault.js';
import { decodeMemoryInstruction, encodeAbort } from '../../src/arm/index.js';
import { VECTORS, vectorText } from './files.js';

const SYNDROME = 0x1ff_c000n;
const TRANSLATION_3 = encodeFsc({ type: 'translation', level: 3 });
const EXTERNAL = [0x13, 0x14, 0x15, 0x16, 0x17];

interface Recorded {
  op: string;
  insn?: string;
  esr?: string;
}

describe('the instruction of a recorded fault', () => {
  const files = VECTORS.filter((name) => name.startsWith('recorded/real_'));
  const faults = files.flatMap((name) => {
    const { cases } = JSON.parse(vectorText(name)) as { cases: { queries: Recorded[] }[] };
    return cases.flatMap(({ queries }) => queries).filter(({ insn, esr }) => insn && esr);
  });

  it.each([
    ['valid', true],
    ['not valid', false],
  ])('decodes to the syndrome that was recorded, where that is %s', (_, valid) => {
    const wanted = faults.filter(({ esr }) => ((BigInt(esr ?? 0) >> 24n) & 1n) === (valid ? 1n : 0n));
    expect(wanted.length).toBeGreaterThan(500);
    const wrong = wanted.filter(({ insn, esr: text }) => {
      const esr = BigInt(text ?? 0);
      const fsc = Number(esr & 0x3fn);
      // A CPU without FEAT_RAS may describe the instruction of an external abort; most of these did not.
      if (EXTERNAL.includes(fsc)) return false;
      const decoded = decodeMemoryInstruction(Number(insn));
      if (decoded === undefined) return true;
      const s1ptw = (esr & 0x80n) !== 0n;
      const { access, syndrome } = decoded;
      const abort = { fsc: TRANSLATION_3, access, s1ptw };
      const found = encodeAbort(syndrome === undefined ? abort : { ...abort, syndrome });
      return (found & SYNDROME) !== (esr & SYNDROME);
    });
    expect(wrong).toEqual([]);
  });
});
