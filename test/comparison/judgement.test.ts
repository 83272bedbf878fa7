import { describe, expect, it } from 'vitest';
import { noCounts } from '../../src/cost/counts.js';
import { breakEvenText } from '../../src/report/break-even.js';
import { claimVerdict, coreVerdict } from '../../src/report/verdict.js';
import type { ClassCost, CoreComparison, TypicalCost } from '../../src/scenario/comparison/core.js';
import { judge } from '../../src/scenario/judgement.js';

const at = (cycles: number) => ({ p5: cycles, median: cycles, p95: cycles, mean: cycles });
const TYPICAL = 10_000;
const REACHING = 'faults that reach the changed code';

interface Case {
  added: number;
  uncertainty?: number;
  told?: boolean;
  reaching?: number;
}

const costOf = (group: string, { added, uncertainty = 0, told = true, reaching = 80 }: Case) => ({
  group,
  faults: reaching === 0 ? 20 : reaching,
  reaching,
  base: at(TYPICAL),
  added: at(added),
  uncertainty,
  percent: at((100 * added) / TYPICAL),
  layoutNoise: { p5: -7, median: 0, p95: 7, mean: 0 },
  told,
});
const together = (of: Case): TypicalCost => ({ ...costOf(REACHING, of), typical: at(TYPICAL) });
const classOf = (group: string, of: Case): ClassCost => ({ ...costOf(group, of), share: 50 });

function core(all: Case, groups: readonly ClassCost[] = []): CoreComparison {
  const cost = together(all);
  return {
    core: 'cortex-a53',
    estimated: null,
    states: [
      {
        state: 'warm',
        all: cost,
        reaching: all.reaching === 0 ? null : cost,
        groups: [...groups],
        events: [],
      },
    ],
    breakEven: {
      percentOfFault: 1,
      faultBelow: 100 * all.added,
      faultBelowP95: 100 * all.added,
      clockGhz: 1,
      faultsThatFit: 1e9 / TYPICAL,
      rates: [{ percent: 0.1, faultsPerSecond: 1e6 / all.added }],
      ratesP95: [{ percent: 0.1, faultsPerSecond: 1e6 / all.added }],
    },
    inputs: [],
    methods: [],
  };
}

const counts = (reaching = 80, faults = 100) => ({
  group: 'all faults',
  faults,
  reaching,
  base: noCounts(),
  added: { ...noCounts(), insn: 1.6, loads: 0.8, cbr: 0.8 },
});
const wordOf = (all: Case, groups?: readonly ClassCost[]) =>
  judge(counts(all.reaching), [core(all, groups)]).word;
const variant = { variant: 'rfc', compiler: 'GCC 12.2 -O2', counts: counts() };

describe('the claim of "pretty much no performance impact"', () => {
  it('is judged by the share of the typical fault that is told from 0', () => {
    expect([49, 50, 499, 500].map((added) => wordOf({ added }))).toEqual([
      'fair',
      'a little too good',
      'a little too good',
      'wrong',
    ]);
  });

  it('is fair if less is added than before', () => {
    expect(wordOf({ added: -900 })).toBe('fair');
  });

  it('is not judged by a mean that is not told from 0, and not decided if that may be too much', () => {
    expect(wordOf({ added: 40, uncertainty: 9, told: false })).toBe('fair');
    expect(wordOf({ added: 40, uncertainty: 10, told: false })).toBe('undecided');
    expect(wordOf({ added: 5000, uncertainty: 6000, told: false })).toBe('undecided');
  });

  it('is judged by classes that reach the changed code, and by no other', () => {
    const odd = { added: 600, told: true };
    expect(wordOf({ added: 1 }, [classOf('permission write: RETRY', odd)])).toBe('wrong');
    expect(wordOf({ added: 1 }, [classOf('permission write: RETRY', { ...odd, told: false })])).toBe('fair');
    expect(wordOf({ added: 1 }, [classOf('translation write: MMIO_USER', { ...odd, reaching: 0 })])).toBe(
      'fair',
    );
  });

  it('is not judged by a capture of which few faults reach the changed code', () => {
    expect([0, 9].map((reaching) => wordOf({ added: 1, reaching }))).toEqual(['not judged', 'not judged']);
    expect(wordOf({ added: 1, reaching: 10 })).toBe('fair');
  });
});

describe('the verdict in words', () => {
  const cores = (all: Case, groups?: readonly ClassCost[]) => [core(all, groups)];
  const textOf = (all: Case, groups?: readonly ClassCost[]) =>
    claimVerdict(judge(counts(all.reaching), cores(all, groups)), {
      ...variant,
      counts: counts(all.reaching),
    });

  it('has the word, how many faults reach the code, what each executes, an interval, and the rule', () => {
    const text = textOf({ added: 1, uncertainty: 3, told: false }).join(' ');
    expect(text).toContain(
      'is fair, for rfc by GCC 12.2 -O2. 80 of 100 faults (80.0 %) reach the changed code.',
    );
    expect(text).toContain(
      'Each of them executes 2.00 more instructions, 1.00 of them loads and 1.00 conditional',
    );
    expect(text).toContain('warm 1.00 ± 3.00 (cortex-a53). At most 0.040 % of the typical fault');
    expect(text).toContain('That mean is not distinguishable from 0');
    expect(text).toMatch(/Wrong: such a mean is 5 % .* too good: 0\.5 % or more/);
  });

  it('names the classes that are told from 0', () => {
    const text = textOf({ added: 1, told: false }, [
      classOf('permission write: RETRY', { added: 600, uncertainty: 9 }),
    ]);
    expect(text.join(' ')).toContain(
      'Distinguishable from 0: permission write: RETRY on cortex-a53, warm: 600 ± 9.00 cycles, 6.00 % of it.',
    );
  });

  it('sends who has few such faults to another capture, and gives no figure where there is none', () => {
    expect(textOf({ added: 1, reaching: 9 })[0]).toContain(
      'Only 9 of 100 faults (9.00 %) reach the changed code',
    );
    const none = textOf({ added: 1, reaching: 0 });
    expect(none).toHaveLength(2);
    expect(none.join(' ')).not.toContain('NaN');
  });

  it('says of a core whether its mean is told from 0, or less than moving the base does', () => {
    const text = (all: Case) => coreVerdict(core(all));
    expect(text({ added: 5, uncertainty: 9, told: false })).toContain(
      '5.00 ± 9.00 cycles on 10,000 (warm), not told from 0 (moved base: -7.00 to 7.00)',
    );
    expect(text({ added: 5, uncertainty: 1, told: false })).toContain(
      'less than moving the base (-7.00 to 7.00)',
    );
    expect(text({ added: 50, uncertainty: 1 })).toContain('seen by no method of measuring');
  });
});

describe('a break-even', () => {
  it('is said to be out of reach where so many faults do not fit into the cpu', () => {
    expect(breakEvenText(core({ added: 5 }))).toContain(
      '0.1 % of a cpu from 200,000 faults a second on (never)',
    );
    expect(breakEvenText(core({ added: 20 }))).toMatch(/from 50,000 faults a second on[;.]/);
  });
});
