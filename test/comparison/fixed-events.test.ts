import { describe, expect, it } from 'vitest';
import type { PriceTable } from '../../src/cost/index.js';
import { fixedEvents, variantEvents } from '../../src/scenario/comparison/fixed-events.js';

const one = { v: 1, lo: 1, hi: 1, unit: 'cycles', conf: 'E', src: ['test'] } as const;
const table: PriceTable = {
  core: 'mine',
  estimatedSystem: true,
  issueModel: 'cortex-a53',
  prices: new Map([
    ['opaque:memcpy', one],
    ['opaque:other', one],
  ]),
};
const kernel = {
  switchOf: (faultClass: number) => new Map([['msr', BigInt(faultClass)]]),
  hypercall: new Map([
    ['tlbi', 1n],
    ['msr', 2n],
  ]),
};
const path = {
  events: new Map([
    ['insn', 900n],
    ['hvc', 2n],
    ['isb', 3n],
    ['opaque:memcpy', 1n],
    ['opaque:mystery', 4n],
  ]),
  issue: new Map([['cortex-a53', 1500n]]),
  loopIssue: new Map([['cortex-a53', 64_000n]]),
};

describe('what a fault counts whatever the core holds', () => {
  it('is its path, its hypercalls, and the switch of its kernel', () => {
    expect(Object.fromEntries(fixedEvents(path, 70, kernel, table))).toEqual({
      isb: 3n,
      'opaque:memcpy': 1n,
      'opaque:other': 4n,
      issue: 1500n,
      issue_loop: 64_000n,
      tlbi: 2n,
      msr: 74n,
    });
  });

  it('needs the static model of the core', () => {
    expect(() => fixedEvents(path, 0, kernel, { ...table, issueModel: 'vax' })).toThrow(
      'mine: issue.model: the build has no cycles of vax',
    );
  });

  it('has what the variant issues more counted apart', () => {
    const base = new Map([['issue', 1500n]]);
    expect(Object.fromEntries(variantEvents(base, new Map([['issue', 1498n]])))).toEqual({
      issue: 1500n,
      issue_added: -2n,
    });
  });
});
