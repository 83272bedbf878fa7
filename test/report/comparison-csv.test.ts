import { describe, expect, it } from 'vitest';
import { comparisonCsv } from '../../src/report/comparison-csv.js';
import type { CoreComparison } from '../../src/scenario/comparison/core.js';

const at = (median: number) => ({ p5: median - 1, median, p95: median + 1, mean: median });
const cost = (group: string) => ({
  group,
  faults: 3,
  reaching: 3,
  base: at(1000),
  added: at(4),
  uncertainty: 1,
  percent: at(0.4),
  layoutNoise: at(0),
  told: true,
});
const core: CoreComparison = {
  core: 'cortex-a53',
  estimated: null,
  states: [
    {
      state: 'warm',
      all: { ...cost('all faults'), typical: at(900) },
      reaching: null,
      groups: [{ ...cost('odd, "quoted"'), share: 100 }],
      events: [],
    },
  ],
  breakEven: {
    percentOfFault: 1,
    faultBelow: 400,
    faultBelowP95: 500,
    clockGhz: 1,
    faultsThatFit: 1e6,
    rates: [],
    ratesP95: [],
  },
  inputs: [],
  methods: [],
};

describe('the comparison as CSV', () => {
  const lines = comparisonCsv([core]).trimEnd().split('\n');

  it('has a line for each quantity of each group', () => {
    expect(lines).toHaveLength(1 + 4 + 4);
    expect(lines[0]).toBe('core,state,group,faults,quantity,unit,p5,median,p95,mean');
    expect(lines[2]).toBe('cortex-a53,warm,all faults,3,added,cycles per fault,3,4,5,4');
    expect(lines[4]).toBe('cortex-a53,warm,all faults,3,layout noise,cycles per fault,-1,0,1,0');
  });

  it('quotes what has commas or quotes', () => {
    expect(lines[5]).toContain(',"odd, ""quoted""",3,base,');
  });
});
