// The caches and the branch prediction against reference models, which were written naively: random geometries and
// random streams, the same events in the same order. fast-check prints the seed of a failure.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BranchKind, ColdRule, PredictorPart } from '../../src/abi/uarch.js';
import type { CacheGeometry, Geometry, TableGeometry } from '../../src/uarch/geometry.js';
import { type Branch, ModelPredictor } from '../model/uarch/branches.js';
import { ModelHierarchy } from '../model/uarch/caches.js';
import { coreOf, eventsOf, SMALL } from './lab.js';

const RUNS = 300;
const PATIENCE = 120_000;
const STEPS = { minLength: 50, maxLength: 400, size: 'max' } as const;

const cache: fc.Arbitrary<CacheGeometry> = fc.record({
  sets: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 70 })),
  ways: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 64 })),
  lineBytes: fc.oneof(fc.constantFrom(64, 128, 4, 4096), fc.integer({ min: 1, max: 300 })),
});
const levels: fc.Arbitrary<Partial<Geometry>> = fc.record(
  { l1i: cache, l1d: cache, l2: cache, l3: cache },
  { requiredKeys: ['l1i', 'l1d', 'l2'] },
);

/** Addresses near each other, and such as differ from them in the highest bits only. */
const address = fc
  .tuple(fc.nat(0x1fff), fc.constantFrom(0n, 1n << 31n, 1n << 32n, 1n << 38n, 0xfn << 48n))
  .map(([low, high]) => high + BigInt(low));
const access = fc.record({
  act: fc.constantFrom('load', 'load', 'store', 'fetch', 'walkRead', 'cleanLine', 'stealLine'),
  pa: address,
});

const table: fc.Arbitrary<TableGeometry> = fc
  .record({ sets: fc.integer({ min: 1, max: 5 }), ways: fc.integer({ min: 1, max: 10 }) })
  .map(({ sets, ways }) => ({ entries: sets * ways, ways }));
const indexing = fc
  .integer({ min: 0, max: 6 })
  .chain((indexBits) =>
    fc.record({ indexBits: fc.constant(indexBits), historyBits: fc.integer({ min: 0, max: indexBits }) }),
  );
const prediction: fc.Arbitrary<Partial<Geometry>> = fc.record({
  btb: fc.record({ nano: table, micro: table, main: table }, { requiredKeys: [] }),
  direction: indexing,
  returnStack: fc.nat(5),
  coldRule: fc.constantFrom(ColdRule.FALL_THROUGH, ColdRule.BACKWARD_TAKEN, ColdRule.DIRECTION),
});

const pc = fc
  .tuple(fc.nat(40), fc.constantFrom(0n, 1n << 34n, 0xffffn << 48n))
  .map(([index, high]) => high + BigInt(index * 4));
const kinds = [
  BranchKind.COND,
  BranchKind.JUMP,
  BranchKind.CALL,
  BranchKind.RETURN,
  BranchKind.INDIRECT,
  BranchKind.INDIRECT_CALL,
];
const branch: fc.Arbitrary<Branch> = fc
  .record({ kind: fc.constantFrom(...kinds), pc, taken: fc.boolean(), target: pc })
  .map((each) => ({ ...each, taken: each.taken || each.kind !== BranchKind.COND }));
const PARTS = {
  returns: PredictorPart.RETURNS,
  history: PredictorPart.HISTORY,
  targets: PredictorPart.TARGETS,
  directions: PredictorPart.DIRECTIONS,
};
const forgetting = fc.constantFrom(...(Object.keys(PARTS) as (keyof typeof PARTS)[]));
const branches = fc.oneof({ weight: 40, arbitrary: branch }, { weight: 1, arbitrary: forgetting });

describe('on random streams, in cores of random geometry', () => {
  it(
    'the caches give the events of the model',
    () => {
      fc.assert(
        fc.property(levels, fc.array(access, STEPS), (changes, accesses) => {
          const { l3: _, ...rest } = SMALL;
          const geometry = { ...rest, ...changes } as Geometry;
          const [core, model] = [coreOf(geometry), new ModelHierarchy(geometry)];
          const events = accesses.flatMap(({ act, pa }) => {
            model[act](pa);
            return eventsOf(core, () => core[act](pa));
          });
          expect(events).toEqual(model.events);
        }),
        { numRuns: RUNS },
      );
    },
    PATIENCE,
  );

  it(
    'the branch prediction gives the events of the model',
    () => {
      fc.assert(
        fc.property(prediction, fc.array(branches, STEPS), (changes, steps) => {
          const geometry = { ...SMALL, ...changes };
          const [core, model] = [coreOf(geometry), new ModelPredictor(geometry)];
          for (const step of steps) {
            if (typeof step === 'string') {
              model.forget(step);
              core.forgetPredictions(PARTS[step]);
              continue;
            }
            const expected = model.branch(step);
            const { kind, pc, taken, target } = step;
            expect(eventsOf(core, () => core.branch(kind, pc, taken, target))).toEqual(
              expected === undefined ? [] : [expected],
            );
          }
        }),
        { numRuns: RUNS },
      );
    },
    PATIENCE,
  );
});
