// A thread that runs cases: a case that hangs it is found by who watches it, and one that fills its memory ends it.
import { parentPort, workerData } from 'node:worker_threads';
import { Cases } from './case.js';
import { KINDS } from './kinds.js';

/** A stretch of cases of one kind. */
export interface Task {
  kind: string;
  seed: number;
  from: number;
  to: number;
}

/** What came of a stretch. */
export interface Done {
  accepted: number;
  refused: number;
  /** Milliseconds of the processor that the slowest case took. */
  slowest: number;
  /** The first case that failed, if one did; none after it was run. */
  failed?: { n: number; problem: string };
}

/** The number of the case under way is here for who watches. */
const under = new Int32Array(workerData as SharedArrayBuffer);
const known = new Map<string, Cases>();

async function run({ kind, seed, from, to }: Task): Promise<Done> {
  const done: Done = { accepted: 0, refused: 0, slowest: 0 };
  const cases = casesOf(kind, seed);
  for (let n = from; n < to; n++) {
    const file = cases.file(n);
    Atomics.store(under, 0, n);
    const began = process.cpuUsage();
    try {
      done[(await cases.judge(file)).kind]++;
    } catch (error) {
      const problem = `${file.how}: ${error instanceof Error ? (error.stack ?? error.message) : error}`;
      return { ...done, failed: { n, problem } };
    }
    const { user, system } = process.cpuUsage(began);
    done.slowest = Math.max(done.slowest, (user + system) / 1000);
  }
  return done;
}

function casesOf(name: string, seed: number): Cases {
  const key = `${name} ${seed}`;
  const kind = KINDS.find((each) => each.name === name);
  if (kind === undefined) throw new Error(`there is no kind ${name}`);
  const cases = known.get(key) ?? new Cases(kind, seed);
  known.set(key, cases);
  return cases;
}

parentPort?.on('message', async (task: Task) => parentPort?.postMessage(await run(task)));
