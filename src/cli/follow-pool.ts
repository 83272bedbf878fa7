import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type FollowedCounts, Follower, type FollowJob } from '../scenario/comparison/follow.js';
import type { Placement } from '../scenario/comparison/placements.js';
import type { Follow } from '../scenario/comparison/run.js';
import type { FollowTask } from './follow-worker.js';

/** Follows jobs on several threads, or on this one. */
export interface FollowPool {
  follow: Follow;
  close(): Promise<void>;
}

/** Called when placements are done, with how many. */
type OnDone = (placements: number) => void;

/** Placements of one task: enough that sending a job costs little, few enough that threads end together. */
const CHUNK = 8;

/** As many threads as the machine runs at once, or `threads`; with one, this thread follows. */
export function followPool(threads: number | undefined, onDone: OnDone): FollowPool {
  const n = threads ?? availableParallelism();
  return n <= 1 ? followInThread(onDone) : new Pool(n, onDone);
}

function followInThread(onDone: OnDone): FollowPool {
  let last: Promise<unknown> = Promise.resolve();
  const follow: Follow = (job, placements) => {
    const result = last.then(() => followChunks(job, placements, onDone));
    last = result;
    return result;
  };
  return { follow, close: async () => {} };
}

/** Lets other work of this thread have its turn after each chunk, such as the progress shown. */
async function followChunks(
  job: FollowJob,
  placements: readonly Placement[],
  onDone: OnDone,
): Promise<FollowedCounts[]> {
  const follower = new Follower(job);
  const counts: FollowedCounts[] = [];
  for (const chunk of chunksOf(placements)) {
    counts.push(...chunk.map((placement) => follower.at(placement)));
    onDone(chunk.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return counts;
}

interface Task {
  id: number;
  job: FollowJob;
  placements: readonly Placement[];
  resolve(counts: FollowedCounts[]): void;
  reject(error: Error): void;
}

/** A thread, the job that it has, and the task it works on. */
interface Thread {
  worker: Worker;
  id: number | undefined;
  task: Task | undefined;
}

class Pool implements FollowPool {
  readonly #threads: Thread[];
  readonly #waiting: Task[] = [];
  readonly #onDone: OnDone;
  #jobs = 0;

  constructor(threads: number, onDone: OnDone) {
    this.#onDone = onDone;
    this.#threads = Array.from({ length: threads }, () => this.#start());
  }

  readonly follow: Follow = async (job, placements) => {
    const id = this.#jobs++;
    const chunks = chunksOf(placements).map(
      (chunk) =>
        new Promise<FollowedCounts[]>((resolve, reject) => {
          this.#waiting.push({ id, job, placements: chunk, resolve, reject });
        }),
    );
    for (const thread of this.#threads) this.#next(thread);
    return (await Promise.all(chunks)).flat();
  };

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #start(): Thread {
    const worker = new Worker(new URL('./follow-worker.js', import.meta.url));
    const thread: Thread = { worker, id: undefined, task: undefined };
    worker.on('message', (counts: FollowedCounts[]) => {
      const { task } = thread;
      thread.task = undefined;
      this.#onDone(counts.length);
      task?.resolve(counts);
      this.#next(thread);
    });
    worker.on('error', (error) => {
      const failure = error instanceof Error ? error : new Error(String(error));
      for (const task of [thread.task, ...this.#waiting.splice(0)]) task?.reject(failure);
    });
    return thread;
  }

  /** Gives a thread that is free the next task, of the job that it has if there is one. */
  #next(thread: Thread): void {
    if (thread.task !== undefined || this.#waiting.length === 0) return;
    const same = this.#waiting.findIndex(({ id }) => id === thread.id);
    const [task] = this.#waiting.splice(Math.max(same, 0), 1);
    if (task === undefined) return;
    const message: FollowTask = {
      id: task.id,
      job: thread.id === task.id ? undefined : task.job,
      placements: task.placements,
    };
    thread.id = task.id;
    thread.task = task;
    thread.worker.postMessage(message);
  }
}

function chunksOf(placements: readonly Placement[]): Placement[][] {
  const count = Math.ceil(placements.length / CHUNK);
  return Array.from({ length: count }, (_, i) => placements.slice(i * CHUNK, (i + 1) * CHUNK));
}
