import { describe, expect, it } from 'vitest';
import { comparisonCsv } from '../../src/report/comparison-csv.js';
import type { CoreComparison } from '../../src/scenario/comparison/core.js';

const at = (median: number) => ({ p5: median - 1, median, p95: median + 1, mean: median });
const cost = (group: string) => ({ group, faults: 3, base: at(1000), added: at(4), percent: at(0.4) });
const core: CoreComparison = {
  core: 'cortex-a53',
  estimated: null,
  states: [
    {
      state: 'warm',
      all: cost('all faults'),
      groups: [cost('odd, "quoted"')],
      layoutNoise: at(0),
      events: [],
    },
  ],
  breakEven: {
    percentOfFault: 1,
    faultBelow: 400,
    faultBelowP95: 500,
    clockGhz: 1,
    rates: [],
    ratesP95: [],
  },
  inputs: [],
  methods: [],
};

describe('the comparison as CSV', () => {
  const lines = comparisonCsv([core]).trimEnd().split('\n');

  it('has a line for each quantity of each group, and one for the noise of the layout', () => {
    expect(lines).toHaveLength(1 + 3 + 3 + 1);
    expect(lines[0]).toBe('core,state,group,faults,quantity,unit,p5,median,p95,mean');
    expect(lines[2]).toBe('cortex-a53,warm,all faults,3,added,cycles per fault,3,4,5,4');
    expect(lines.at(-1)).toMatch(/^cortex-a53,warm,all faults,3,layout noise,/);
  });

  it('quotes what has commas or quotes', () => {
    expect(lines[4]).toContain(',"odd, ""quoted""",3,base,');
  });
});
