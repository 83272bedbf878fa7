// What the page's worker says of faults: the same figures by whatever way they are asked for.
import { describe, expect, it } from 'vitest';
import type { PricedOn } from '../../src/web/replay/types.js';
import { compare } from '../../src/web/worker/compare.js';
import { fault } from '../../src/web/worker/fault.js';
import { replay } from '../../src/web/worker/replay.js';
import { GUEST_B, PAGE_DATA } from './page-data.js';

const query: PricedOn = {
  data: PAGE_DATA,
  profile: undefined,
  capture: GUEST_B,
  config: 'gcc12c',
  variant: 'rfc',
  core: 'cortex-a53',
  kernel: 'nvhe-4.x',
  state: { kind: 'warm' },
  seed: 1,
};
const silent = () => undefined;

describe('a fault on the time line', () => {
  it.each([{ kind: 'warm' } as const, { kind: 'cold' } as const, { kind: 'guest', cycles: 5000 } as const])(
    'costs what its steps add up to, found $kind',
    async (state) => {
      const { faults, taken } = await replay({ ...query, state }, silent);
      expect(faults.line).toHaveLength(taken);
      for (const number of [1, Math.ceil(taken / 2), taken]) {
        const { total, steps, parts, line, ipa } = await fault({ ...query, state, fault: number }, silent);
        for (const end of ['v', 'lo', 'hi'] as const) {
          expect(total[end]).toBeCloseTo(faults.cycles[end][number - 1] as number, 3);
          expect(parts.reduce((sum, { cycles }) => sum + cycles[end], 0)).toBeCloseTo(total[end], 3);
        }
        expect(total.lo).toBeLessThanOrEqual(total.v);
        expect(total.hi).toBeGreaterThanOrEqual(total.v);
        expect(steps.length).toBeGreaterThan(10);
        expect({ line, ipa }).toEqual({ line: faults.line[number - 1], ipa: faults.ipa[number - 1] });
      }
    },
  );

  it('shows the entry that the handler wrote, before and after', async () => {
    const { faults } = await replay(query, silent);
    const mapped =
      faults.group.findIndex((group) => faults.groups[group] === 'translation read: MAPPED_PAGE') + 1;
    const { before, after, sites, branches, touched } = await fault({ ...query, fault: mapped }, silent);
    expect((before.at(-1)?.desc ?? 0n) & 1n).toBe(0n);
    expect((after.at(-1)?.desc ?? 0n) & 3n).toBe(3n);
    expect(sites.every(({ isFalse, isTrue }) => isFalse + isTrue > 0)).toBe(true);
    expect(branches.length).toBeGreaterThan(sites.length / 2);
    expect(touched.map(({ name }) => name)).toContain('kvm_handle_guest_abort');
  });

  it('that the trace has not is refused by its number', async () => {
    await expect(fault({ ...query, fault: 1e6 }, silent)).rejects.toThrow('fault 1000000: expected 1 to');
  });
});

describe('a cell of Compare', () => {
  it('has curves whose quantiles are the figures of the comparison', async () => {
    const { state: _, ...common } = query;
    const states = [{ kind: 'warm' } as const, { kind: 'cold' } as const];
    const few = { placements: 4, samples: 10, faults: 40, contention: 0 };
    const cell = await compare({ ...common, states, ...few }, silent);
    const [first] = cell.compared.states;
    expect(first?.state).toBe('warm');
    for (const [curve, figures] of [
      [cell.added, first?.all.added],
      [cell.floor, first?.layoutNoise],
    ] as const) {
      expect(curve[5]).toBeCloseTo(figures?.p5 ?? Number.NaN, 6);
      expect(curve[50]).toBeCloseTo(figures?.median ?? Number.NaN, 6);
      expect(curve[95]).toBeCloseTo(figures?.p95 ?? Number.NaN, 6);
    }
    expect(cell.compared.nullRun.largest).toBe(0);
  });
});
