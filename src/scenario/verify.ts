import { Stage2Error } from '../core/error.js';
import { show } from '../cost/error.js';
import { type Build, CostError, type RecordedPath, type WalkInput, walkBuild } from '../cost/index.js';
import { PREDICATES } from '../cost/names.js';
import type { Variant } from '../kvm/variant.js';
import { Contradiction } from './contradiction.js';
import { deriveState } from './derive/index.js';
import { compareOutcomes } from './difference.js';
import { Facts } from './facts.js';
import { expectedOutcome, gotOutcome, type Outcome } from './outcome.js';
import { runScenario } from './run.js';
import { scenarioMemory } from './setup/index.js';

/** A recorded scenario beside what the emulator made of it. */
export interface ScenarioReport {
  build: string;
  scenario: string;
  equal: boolean;
  expected: Outcome;
  /** What the emulated fault gave; null if the scenario could not be run or its path not followed. */
  got: Outcome | null;
  /** One line for each field that differs. */
  differences: string[];
  /** Recorded predicates and quantities that neither the fault nor the machine before it decides. */
  notReached: string[];
}

/** What scenarios are run on. */
interface Bench {
  build: Build;
  check: Variant['check'];
  memory: WebAssembly.Memory;
  /** Where the scenarios come from, for messages. */
  file: string;
}

/**
 * Runs recorded scenarios of `build` in the emulator: each is derived from its predicates, quantities and callee
 * outcomes, its fault is taken under the variant that makes `check`, and what comes of it is compared.
 * @throws CostError naming `file` for a scenario with a predicate nobody knows
 */
export function verifyPaths(
  build: Build,
  paths: Iterable<RecordedPath>,
  check: Variant['check'],
  file = build.id,
): ScenarioReport[] {
  const bench = { build, check, memory: scenarioMemory(), file };
  return [...paths].map((path) => verifyPath(bench, path));
}

function verifyPath(bench: Bench, path: RecordedPath): ScenarioReport {
  const { build, file } = bench;
  checkNames(file, path);
  const expected = expectedOutcome(path);
  const report = { build: build.id, scenario: path.name, expected };
  try {
    const got = emulate(bench, path.input);
    const { differences, notReached } = compareOutcomes(build, expected, got);
    return { ...report, equal: differences.length === 0, got, differences, notReached };
  } catch (error) {
    return { ...report, equal: false, got: null, differences: [reasonOf(error)], notReached: [] };
  }
}

function checkNames(file: string, { name, input }: RecordedPath): void {
  for (const predicate of input.predicates.keys()) {
    if (PREDICATES.has(predicate)) continue;
    throw new CostError(`${file}: scenario ${show(name)}: unknown predicate ${show(predicate)}`);
  }
}

/** Derives, runs and follows the path; each may find that the description makes no sense. */
function emulate({ build, check, memory }: Bench, input: WalkInput): Outcome {
  const state = deriveState(new Facts(input, build.constants));
  const run = runScenario(state, check, memory);
  const predicates = new Map([...givenConstants(build, input), ...run.signature.predicates]);
  return gotOutcome(state, run, walkBuild(build, { ...run.signature, predicates }));
}

/** The scenario's own values for constants of the model: they are its environment, unless the fault decides them. */
function givenConstants(build: Build, { predicates }: WalkInput): [string, boolean][] {
  return [...predicates].filter(([name]) => build.constants.has(name));
}

/** Why a scenario could not be run, in one line. What else goes wrong is a bug of ours. */
function reasonOf(error: unknown): string {
  if (error instanceof Contradiction) return `contradiction: ${error.message}`;
  if (error instanceof CostError) return `walk: ${error.message}`;
  if (error instanceof Stage2Error) return `machine: ${error.message}`;
  throw error;
}
