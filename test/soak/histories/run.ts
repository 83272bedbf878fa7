// Random histories of several VMs for as many steps as it is told: the machine is checked after every step, and each VM
// is held against its model.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { type History, histories, type Outcome, runHistory, type Step } from '../../model/history/world.js';
import { UsageError } from '../arguments.js';
import { Progress } from '../progress.js';
import { table } from '../table.js';
import { historyText, parseHistory } from './file.js';
import { shrink } from './shrink.js';

/** Steps of one history, and histories made at once. */
const LENGTH = 800;
const CHUNK = 4;
const FOLDER = 'build/histories';

/** Prints how many steps ran, by kind, or the smallest history that fails. True if none did. */
export function soakHistories({ steps, seed }: { steps: number; seed: number }): boolean {
  const progress = new Progress();
  const tally = new Map<string, number>();
  const began = performance.now();
  let done = 0;
  let run = 0;
  let known = 0;
  let broken = 0;
  for (let chunk = 0; done < steps; chunk++) {
    for (const history of fc.sample(histories(LENGTH), { numRuns: CHUNK, seed: seed + chunk })) {
      const outcome = runHistory(history);
      done += outcome.steps;
      known += outcome.known;
      broken += outcome.broken;
      run++;
      if (outcome.problem !== undefined) {
        progress.clear();
        return report(history, outcome, seed + chunk);
      }
      for (const s of history.steps.slice(0, outcome.steps)) note(tally, s);
      if (done >= steps) break;
    }
    progress.show(`${done} of ${steps} steps`);
  }
  progress.clear();
  const seconds = (performance.now() - began) / 1000;
  const rows = [...tally].sort(([a], [b]) => (a < b ? -1 : 1));
  console.log(table(['step', 'times'], rows));
  console.log(
    `${done} steps in ${run} histories, ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(0)} steps/s: ` +
      `no failure; known of v4.13: ${known} findings, ${broken} broken rules of break-before-make`,
  );
  return true;
}

function note(tally: Map<string, number>, { vm, act, budget }: Step): void {
  const kind = vm.startsWith('user') ? 'user' : vm;
  for (const name of [`${kind} ${act.do}`, ...(budget === undefined ? [] : ['(with refused pages)'])])
    tally.set(name, (tally.get(name) ?? 0) + 1);
}

/** Shrinks the history to steps that fail with the same kind of problem, and writes it. */
function report(history: History, outcome: Outcome, seed: number): false {
  const { setup } = history;
  const fails = (steps: readonly Step[]) => runHistory({ setup, steps: [...steps] }).problem !== undefined;
  const steps = [...shrink(history.steps.slice(0, outcome.steps), fails)];
  const problem = runHistory({ setup, steps }).problem ?? '';
  mkdirSync(FOLDER, { recursive: true });
  const file = `${FOLDER}/${seed}.json`;
  writeFileSync(file, historyText({ setup, steps }, problem));
  console.log(`failed at step ${outcome.steps}: ${outcome.problem}`);
  console.log(`${steps.length} steps are enough: ${problem}`);
  console.log(`npm run soak -- --replay ${file}`);
  return false;
}

/** Runs the history of a file. True if nothing is wrong with it. */
export function replayHistory(file: string): boolean {
  const { steps, problem } = runHistory(readHistory(file));
  console.log(problem === undefined ? `${steps} steps: no failure` : `failed at step ${steps}: ${problem}`);
  return problem === undefined;
}

/** Throws a UsageError that says what is wrong with the file. */
function readHistory(file: string): History {
  try {
    return parseHistory(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--replay ${file}: ${error instanceof Error ? error.message : error}`);
  }
}
