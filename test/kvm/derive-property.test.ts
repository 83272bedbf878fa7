import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Build, parsePaths, walkBuild } from '../../src/cost/index.js';
import { PREDICATES } from '../../src/cost/names.js';
import type { Variant } from '../../src/kvm/variant.js';
import { deriveState } from '../../src/scenario/derive/index.js';
import { Facts } from '../../src/scenario/facts.js';
import type { MachineState } from '../../src/scenario/machine-state.js';
import { observePredicates, observeQuantities } from '../../src/scenario/observe/index.js';
import { gotOutcome } from '../../src/scenario/outcome.js';
import { runScenario } from '../../src/scenario/run.js';
import { scenarioMemory } from '../../src/scenario/setup/index.js';
import { verifyPaths } from '../../src/scenario/verify.js';
import { machineStates } from './derive-states.js';
import { loadTestBuild } from './verify-files.js';

const BUILD_OF: Record<Variant['check'], string> = {
  none: 'gcc12c-base',
  mm: 'gcc12-rfc',
  flag: 'gcc12c-predflag',
  key: 'gcc12-predkey',
};
const checks = fc.constantFrom<Variant['check'][]>('none', 'mm', 'flag', 'key');
const fills = fc.array(fc.boolean(), { minLength: 1, maxLength: 64 });
const RUNS = 1000;
const builds = new Map<string, Build>();
const memory = scenarioMemory();

beforeAll(() => {
  for (const [check, id] of Object.entries(BUILD_OF)) builds.set(check, loadTestBuild(id));
});

/**
 * What a recorder writes of the fault; `fill` stands for predicates of things the machine does not have. Undefined if
 * the fault comes to an outcome that the build has no counts of.
 */
function record(
  build: Build,
  state: MachineState,
  check: Variant['check'],
  fill: readonly boolean[],
): object | undefined {
  const run = runScenario(state, check, memory);
  const { callees } = run.signature;
  if (!callees.every(({ name, outcome }) => build.callees.get(name)?.has(outcome))) return undefined;
  const predicates = new Map([...build.constants, ...run.signature.predicates]);
  const outcome = gotOutcome(state, run, walkBuild(build, { ...run.signature, predicates }));
  const given = Object.entries(filled(fill)).filter(([name]) => !build.constants.has(name));
  return { ...outcome, predicates: { ...Object.fromEntries(given), ...outcome.predicates } };
}

/** A value for every predicate. */
function filled(fill: readonly boolean[]): Record<string, boolean> {
  return Object.fromEntries([...PREDICATES].map((name, i) => [name, fill[i % fill.length] as boolean]));
}

describe('a scenario derived from what a random machine did', () => {
  it('has the same signature: return value, predicates, quantities and outcomes', () => {
    fc.assert(
      fc.property(machineStates, checks, fills, (state, check, fill) => {
        const { ret, signature } = runScenario(state, check, memory);
        const known = {
          ...filled(fill),
          ...observePredicates(state),
          ...Object.fromEntries(signature.predicates),
        };
        const quantities = { ...observeQuantities(state) };
        const predicates = new Map(Object.entries(known));
        const derived = deriveState(
          new Facts({ predicates, quantities, callees: signature.callees }, new Map()),
        );
        expect(runScenario(derived, check, memory)).toMatchObject({
          ret,
          signature: { ...signature, faultClass: expect.any(Number) },
        });
      }),
      { numRuns: RUNS },
    );
  });

  it('takes the same path through a build, with the same counts, from a file of paths', () => {
    const batch = fc.array(fc.tuple(machineStates, fills), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(batch, checks, (states, check) => {
        const build = builds.get(check) as Build;
        const recorded = states.flatMap(([state, fill]) => record(build, state, check, fill) ?? []);
        fc.pre(recorded.length > 0);
        const file = { format: 'stage2-paths/1', build: build.id, paths: { ...recorded } };
        const { paths } = parsePaths(JSON.parse(JSON.stringify(file)), 'random.json');
        const reports = verifyPaths(build, paths.values(), check);
        expect(reports.length).toBe(recorded.length);
        expect(reports.flatMap(({ differences }) => differences)).toEqual([]);
      }),
      { numRuns: RUNS / 10 },
    );
  });

  it('decides each predicate as the definitions of the build files do', () => {
    fc.assert(
      fc.property(machineStates, checks, (state, check) => {
        const observed = new Map(Object.entries(observePredicates(state)));
        const decided = runScenario(state, check, memory).signature.predicates;
        for (const [name, value] of decided) {
          if (observed.has(name)) expect([name, value]).toEqual([name, observed.get(name)]);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
