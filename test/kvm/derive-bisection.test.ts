import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerBoundSteps, searchSteps, smallestTable, upTo } from '../../src/scenario/derive/bisection.js';

describe('the kernel’s binary searches', () => {
  it('end where the position says, one compare for each step', () => {
    expect(searchSteps(0, 0)).toEqual({ down: 0, up: 0, lastDown: false });
    expect(searchSteps(1, 0)).toEqual({ down: 1, up: 0, lastDown: true });
    expect(searchSteps(1, 1)).toEqual({ down: 0, up: 0, lastDown: false });
    expect(searchSteps(1, 2)).toEqual({ down: 0, up: 1, lastDown: false });
    expect(searchSteps(3, 3)).toEqual({ down: 0, up: 0, lastDown: false });
    expect(searchSteps(3, 4)).toEqual({ down: 1, up: 1, lastDown: true });
  });

  it('search slots by descending base for the first that is not above', () => {
    expect(lowerBoundSteps(2, 1)).toEqual({ ge: 1, lt: 1 });
    expect(lowerBoundSteps(2, 2)).toEqual({ ge: 0, lt: 1 });
    expect(lowerBoundSteps(2, 0)).toEqual({ ge: 2, lt: 0 });
  });

  it('are found again from their steps, in a table no larger', () => {
    const places = fc
      .integer({ min: 0, max: 500 })
      .chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 0, max: 2 * n })));
    fc.assert(
      fc.property(places, ([n, position]) => {
        const steps = searchSteps(n, position);
        const same = (size: number, at: number): boolean => {
          const other = searchSteps(size, at);
          return at % 2 === position % 2 && other.down === steps.down && other.up === steps.up;
        };
        const found = smallestTable(steps.down + steps.up, (size) =>
          upTo(2 * size).some((at) => same(size, at)) ? size : undefined,
        );
        expect(found).toBeDefined();
        expect(found).toBeLessThanOrEqual(n);
      }),
    );
  });
});
