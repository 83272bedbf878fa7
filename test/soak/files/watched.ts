// A worker thread that is ended when one case takes too long.
import { Worker } from 'node:worker_threads';
import type { Done, Task } from './worker.js';

/** Most time of the processor that one case may take, in milliseconds: a hundred times what the slowest takes. */
export const CPU_MS = 20_000;
/** Longest time of one case on the clock, for one that waits for ever; a machine may have much else to do. */
export const CASE_MS = 600_000;
const LOOK_MS = 500;
/** Of the heap of a thread; what else it holds comes on top. */
const HEAP_MIB = 1024;

export class Watched {
  #worker: Worker | undefined;
  #under = new Int32Array(new SharedArrayBuffer(4));

  /** Runs a task. A hang, or a thread that dies, is a failure of the case that was under way. */
  async run(task: Task): Promise<Done> {
    Atomics.store(this.#under, 0, task.from);
    const worker = this.#start();
    worker.postMessage(task);
    return new Promise((resolve) => {
      const watch = this.#watch((n) => end(failure(n, `no end after ${CPU_MS / 1000} s of the processor`)));
      const end = (done: Done): void => {
        clearInterval(watch);
        worker.off('message', end).off('error', died).off('exit', exited);
        if (done.failed !== undefined) this.close();
        resolve(done);
      };
      const died = (error: unknown) =>
        end(
          failure(
            Atomics.load(this.#under, 0),
            `the thread died: ${error instanceof Error ? error.stack : error}`,
          ),
        );
      const exited = (code: number) => died(`exit ${code}`);
      worker.on('message', end).on('error', died).on('exit', exited);
    });
  }

  close(): void {
    void this.#worker?.terminate();
    this.#worker = undefined;
  }

  #start(): Worker {
    this.#worker ??= new Worker(new URL('./worker.js', import.meta.url), {
      workerData: this.#under.buffer,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    return this.#worker;
  }

  #watch(hung: (n: number) => void): NodeJS.Timeout {
    let last = -1;
    let since = { clock: performance.now(), cpu: cpuMs() };
    return setInterval(() => {
      const n = Atomics.load(this.#under, 0);
      const now = { clock: performance.now(), cpu: cpuMs() };
      if (n !== last) [last, since] = [n, now];
      else if (now.cpu - since.cpu > CPU_MS || now.clock - since.clock > CASE_MS) hung(n);
    }, LOOK_MS);
  }
}

function failure(n: number, problem: string): Done {
  return { accepted: 0, refused: 0, slowest: 0, failed: { n, problem } };
}

/** Of this process: the thread that runs cases is nearly all of it. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
