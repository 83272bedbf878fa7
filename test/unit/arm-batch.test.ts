// Batches with attributes, under registers that a specialised kernel serves and under those that none does.

import { describe, expect, it } from 'vitest';
import * as W from '../../src/abi/walk.js';
import { type Choices, DEFAULT_CHOICES } from '../../src/arm/index.js';
import { batchPa, Translator } from '../../src/walk/index.js';
import { byteSwap } from '../model/arch/bits.js';
import { Bench, cpuFor, GUEST_PA, registersFor } from './arm-bench.js';

const geometry = { granuleShift: 12, ipaBits: 40 } as const;
const EE = 1n << 25n;
/** MemAttr 7, S2AP 1, SH 2, AF, XN 3. */
const LEAF = (7n << 2n) | (1n << 6n) | (2n << 8n) | (1n << 10n) | (3n << 53n);

interface Case {
  sctlrEl2?: bigint;
  choices?: Partial<Choices>;
}

/** Results of a batch of one page under these registers and choices. */
function batch({ sctlrEl2 = 0n, choices = {} }: Case): BigUint64Array {
  const bench = new Bench(geometry);
  bench.putLeaf(0x1000n, 3, LEAF);
  if (sctlrEl2 === EE) {
    for (const level of bench.levels) {
      bench.machine.writeRam(bench.entryAt(0x1000n, level), byteSwap(bench.read(0x1000n, level)));
    }
  }
  const registers = { ...registersFor(geometry), sctlrEl2 };
  const translator = new Translator(bench.machine, registers, { ...cpuFor(), choices });
  return translator.translateMany(BigUint64Array.of(0x1008n, 0x1010n, 0x1018n), 'read', 1, true);
}

describe('a batch with attributes', () => {
  it.each<[string, Case]>([
    ['a kernel', {}],
    ['the full walk, of big-endian tables', { sctlrEl2: EE }],
    ['the full walk, where nT faults', { choices: { ...DEFAULT_CHOICES, blockNt: 'fault' } }],
    ['the full walk, where fetches from device memory fault', { choices: { executeFromDevice: 'fault' } }],
  ])('has those of the leaf from %s', (_, registers) => {
    const results = [...batch(registers)];
    expect(results.map(batchPa)).toEqual([8n, 16n, 24n].map((offset) => GUEST_PA + offset));
    for (const result of results) {
      expect((result >> BigInt(W.RESULT_MEMATTR_LSB)) & 15n).toBe(7n);
      expect((result >> BigInt(W.RESULT_S2AP_LSB)) & 3n).toBe(1n);
      expect((result >> BigInt(W.RESULT_SH_LSB)) & 3n).toBe(2n);
      expect((result >> BigInt(W.RESULT_XN_LSB)) & 3n).toBe(3n);
    }
  });
});
