import type { CallName, Calls, Progress, Reply } from './protocol.js';

/** A task that was given up. */
export class Cancelled extends Error {
  constructor() {
    super('cancelled');
  }
}

/** A call that failed: on bad input, whose message is one line for people, or on a bug. */
export class CallError extends Error {
  readonly isInput: boolean;

  constructor(message: string, isInput: boolean) {
    super(message);
    this.isInput = isInput;
  }
}

interface Pending {
  resolve(answer: unknown): void;
  reject(error: Error): void;
  onProgress: ((progress: Progress) => void) | undefined;
}

/** A worker that answers calls one after another. Cancelling ends it; the next call starts another. */
export class WorkerClient {
  readonly #start: () => Worker;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #next = 1;

  constructor(start: () => Worker) {
    this.#start = start;
  }

  call<K extends CallName>(
    name: K,
    query: Calls[K]['query'],
    onProgress?: (progress: Progress) => void,
  ): Promise<Calls[K]['answer']> {
    const id = this.#next++;
    const worker = this.#running();
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject, onProgress });
      worker.postMessage({ id, name, query });
    });
  }

  /** Gives up all that is under way. */
  cancel(): void {
    if (this.#pending.size === 0) return;
    this.#end(new Cancelled());
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = this.#start();
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#take(data);
    worker.onerror = (event) => this.#end(new CallError(event.message || 'the worker failed', false));
    this.#worker = worker;
    return worker;
  }

  #take(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    if (reply.kind === 'progress') {
      pending.onProgress?.(reply.progress);
      return;
    }
    this.#pending.delete(reply.id);
    if (reply.kind === 'answer') pending.resolve(reply.answer);
    else pending.reject(new CallError(reply.message, reply.isInput));
  }

  #end(error: Error): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
  }
}
