// Histories of two user VMs on one machine against the model: after every step the tables in memory, the MMU and the
// accounts of table pages must be what the model says.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VCPU_CACHE } from '../../src/abi/layout.js';
import { createHost } from '../../src/kvm/index.js';
import { freePages, strayPages } from '../model/check-tables.js';
import { type UserAction, userAction, userMemory } from '../model/history/steps.js';
import { UserPair } from '../model/history/user.js';

/** Histories tried, and the longest of them. */
const RUNS = 150;
const STEPS = 60;
/** Milliseconds on a slow machine, with room to shrink a failure. */
const PATIENCE = 180_000;

type Step = { vm: number } & UserAction;

const which = fc.constantFrom(0, 0, 0, 1);
const step = fc.tuple(which, userAction).map(([vm, a]): Step => ({ vm, ...a }));
const history = fc
  .noBias(
    fc.tuple(userMemory, userMemory, fc.array(step, { minLength: STEPS / 2, maxLength: STEPS, size: 'max' })),
  )
  .map(([a, b, rest]): Step[] => [
    ...a.map((r): Step => ({ vm: 0, do: 'region', region: r })),
    ...b.map((r): Step => ({ vm: 1, do: 'region', region: r })),
    ...rest,
  ]);

describe('a history of two user VMs', () => {
  it(
    'leaves the tables, the MMU, the bitmaps and the page accounts as the model has them',
    () => {
      fc.assert(
        fc.property(history, (steps) => {
          const machine = createHost({ ramBytes: 512n << 20n, tablePages: 512, arenaBytes: 1 << 20 });
          const pairs = [new UserPair(machine, 1), new UserPair(machine, 2)];
          const caches = () => pairs.map((pair) => pair.cpu.offset + VCPU_CACHE);
          const reports = pairs.map((pair) => pair.check());
          for (const s of steps) {
            pairs[s.vm]!.run(s);
            reports[s.vm] = pairs[s.vm]!.check();
            const stray = strayPages(machine, reports, caches());
            expect(stray.size).toBe(pairs[0]!.lost + pairs[1]!.lost);
          }
          for (const pair of pairs) pair.check();
          for (const pair of pairs) pair.checkHardware();
          for (const pair of pairs) pair.destroy();
          expect(freePages(machine).size).toBe(machine.tablePages - pairs[0]!.lost - pairs[1]!.lost);
        }),
        { numRuns: RUNS },
      );
    },
    PATIENCE,
  );

  it('meets what it is meant to meet', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(history, (steps) => {
        const machine = createHost({ ramBytes: 512n << 20n, tablePages: 512, arenaBytes: 1 << 20 });
        const pair = new UserPair(machine, 1);
        for (const s of steps) {
          pair.run(s);
          if (pair.model.lost > 0) seen.add('lost table');
          for (const event of [...pair.model.seen, ...pair.answers]) seen.add(event);
          for (const slot of pair.model.slots.values()) if (slot.invalid) seen.add('invalid slot');
          for (const { leaf } of pair.model.leaves()) if (!leaf.executable) seen.add('device');
        }
      }),
      { numRuns: 100, seed: 7 },
    );
    for (const event of [
      'ACCESS_FLAG level 2',
      'ACCESS_FLAG level 3',
      'PERMISSION level 2',
      'PERMISSION level 3',
      'TRANSLATION level 0',
      'TRANSLATION level 1',
      'TRANSLATION level 2',
      'TRANSLATION level 3',
      'change mapped',
      'copy on write',
      'device',
      'dissolved block',
      'hit',
      'invalid slot',
      'lost table',
    ]) {
      expect([...seen]).toContain(event);
    }
  });
});
