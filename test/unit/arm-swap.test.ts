// A hardware update that finds its descriptor changed. One word is the stage-1 leaf of an access and the stage-2 leaf
// that maps the table it is in; the stages hold their descriptors in different byte orders, so that each has bits of
// its own in the word.

import { beforeEach, describe, expect, it } from 'vitest';
import { BASE_CPU, DEFAULT_CHOICES } from '../../src/arm/index.js';
import { Machine } from '../../src/core/machine.js';
import { vtcr } from '../../src/kvm/geometry.js';
import { Translator } from '../../src/walk/index.js';
import type { Scenario } from '../model/arch/arbitrary.js';
import { byteSwap } from '../model/arch/bits.js';
import { disagreement } from '../model/walk-lab.js';

const BASE = 0x40_0000_0000n;
/** The last table of both stages: stage 1 knows it as IPA 0x4000_2000. */
const LAST = BASE;
const ROOT = BASE + 0x4000n;
const STAGE1_ROOT = BASE + 0x8000n;
const DATA = BASE + 0x9000n;
const BANK = { base: BASE, size: 0x1_0000n };
const IPA = 0x4000_0000n;
const VA = 0x2008n;

const AF = 1n << 10n;
const WRITABLE = 1n << 7n;
const DBM = 1n << 51n;
/** Normal write-back memory, inner shareable, AF, for reading; a page. */
const READABLE = 0x77fn;
/** To stage 1, whose bytes are the other way around, bits 57:56 are a page's type; it reads AF from bit 50. */
const STAGE1_PAGE = 3n << 56n;
const STAGE1_AF = byteSwap(AF);
/** To stage 2 clean and not yet dirty, to stage 1 without AF, and the page at IPA 0x4000_0000. */
const WORD = LAST | READABLE | DBM | STAGE1_PAGE;
const WORD_PA = LAST + 16n;

const HA_HD = (1n << 21n) | (1n << 22n);
const scenario: Scenario = {
  features: { ...BASE_CPU, haf: true, hdbs: true },
  choices: DEFAULT_CHOICES,
  registers: {
    vtcr: vtcr({ granuleShift: 12, ipaBits: 32 }, 48) | HA_HD,
    vttbr: ROOT,
    hcr: 1n,
    sctlrEl2: 0n,
    // M, C, I, EE: stage-1 tables are big-endian.
    sctlrEl1: 0x200_1005n,
    // T0SZ 39, EPD1, IPS 48 bits, HA.
    tcrEl1: 39n | (1n << 23n) | (5n << 32n) | (1n << 39n),
    ttbr0El1: IPA + 0x1000n,
    ttbr1El1: 0n,
    mairEl1: 0xffn,
  },
  banks: [BANK],
  blocks: [
    { pa: ROOT + 8n * (IPA >> 21n), words: [LAST | 3n] },
    { pa: LAST, words: [DATA | READABLE | WRITABLE, STAGE1_ROOT | READABLE | WRITABLE, WORD] },
    { pa: STAGE1_ROOT, words: [byteSwap((IPA + 0x2000n) | 3n)] },
  ],
  queries: [
    { va: VA, access: 'read', el: 1 },
    { va: VA, access: 'write', el: 1 },
    { va: VA, access: 'at-write', el: 1 },
  ],
};

describe('a stage-1 leaf that changes under its update, by the update of the stage-2 leaf it is', () => {
  let machine: Machine;
  let translator: Translator;

  beforeEach(() => {
    machine = new Machine({ banks: [{ pa: BANK.base, size: BANK.size, kind: 'ram' }] });
    for (const { pa, words } of scenario.blocks) {
      for (const [i, word] of words.entries()) machine.writeRam(pa + 8n * BigInt(i), word);
    }
    const { features, registers } = scenario;
    translator = new Translator(machine, registers, { features });
  });

  it('sends the walk back to its start, and the second one updates it', () => {
    const result = translator.walk({ va: VA });
    expect(result).toMatchObject({ ok: true, pa: DATA + 8n, ipa: IPA + 8n });
    const ofWord = result.steps.filter(({ pa }) => pa === WORD_PA);
    expect(ofWord.map(({ stage, written }) => [stage, written])).toEqual([
      // Read; stage 1 reads it; the update of stage 1 is a write, which makes the stage-2 leaf dirty.
      [2, undefined],
      [1, undefined],
      [2, WORD | WRITABLE],
      // Again, and nothing is left to do for stage 2.
      [2, undefined],
      [1, byteSwap(WORD | WRITABLE | STAGE1_AF)],
      [2, undefined],
    ]);
    expect(machine.view.u64(machine.ramOffset(WORD_PA) ?? -1)).toBe(WORD | WRITABLE | STAGE1_AF);
  });

  it('does so once: a third walk finds nothing to update', () => {
    translator.walk({ va: VA });
    const { steps } = translator.walk({ va: VA });
    expect(steps.filter(({ written }) => written !== undefined)).toEqual([]);
    expect(steps.filter(({ pa }) => pa === WORD_PA).map(({ stage }) => stage)).toEqual([2, 1]);
  });

  it('is that of the reference model', () => {
    expect(disagreement(scenario)).toBeUndefined();
  });
});
