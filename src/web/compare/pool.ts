import { WorkerClient } from '../worker/client.js';
import type { Progress } from '../worker/protocol.js';
import type { CompareAnswer, CompareQuery } from './types.js';

/** More workers than this gain little, and each holds the capture. */
const WORKERS_MAX = 4;

/** The share of a cell that replaying the capture takes, if the worker has not got it; about. */
const PREPARING = 0.2;

/** Compares several cells side by side, as many as the machine runs at once. */
export class ComparePool {
  readonly #clients: WorkerClient[];

  constructor(start: () => Worker) {
    const count = Math.min(WORKERS_MAX, navigator.hardwareConcurrency || 1);
    this.#clients = Array.from({ length: count }, () => new WorkerClient(start));
  }

  /** Answers come as they are ready. Rejects with the first that fails, or when cancelled. */
  async run(
    queries: readonly CompareQuery[],
    found: (index: number, answer: CompareAnswer) => void,
    onProgress: (progress: Progress) => void,
  ): Promise<void> {
    const waiting = queries.map((query, index) => ({ query, index }));
    const parts = queries.map(() => 0);
    const work = async (client: WorkerClient): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { query, index } = next;
        const answer = await client.call('compare', query, ({ what, part = 0 }) => {
          parts[index] = what.startsWith(query.variant)
            ? PREPARING + (1 - PREPARING) * part
            : PREPARING * part;
          onProgress({ what, part: parts.reduce((a, b) => a + b, 0) / parts.length });
        });
        parts[index] = 1;
        found(index, answer);
      }
    };
    const busy = this.#clients.slice(0, queries.length);
    try {
      await Promise.all(busy.map(work));
    } catch (error) {
      waiting.length = 0;
      throw error;
    }
  }

  cancel(): void {
    for (const client of this.#clients) client.cancel();
  }
}
