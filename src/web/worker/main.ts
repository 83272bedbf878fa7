// The worker of the page: everything that takes time. What it is sent is a Request, what it sends back Replies.
import { Stage2Error } from '../../core/error.js';
import { CostError } from '../../cost/index.js';
import { TraceError } from '../../trace/index.js';
import { compare } from './compare.js';
import { cores } from './cores.js';
import { fault } from './fault.js';
import { idmap } from './idmap.js';
import type { CallName, Handler, Reply, Request } from './protocol.js';
import { replay } from './replay.js';
import { tables, walk } from './tables.js';

const HANDLERS: { [K in CallName]: Handler<K> } = { walk, tables, cores, replay, fault, compare, idmap };

/** The global scope, as far as it is used: the types of a page know no dedicated workers. */
const scope = self as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(reply: Reply): void;
};

/** Calls are answered one after another: they share what they keep. */
let last: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }) => {
  last = last.then(() => answer(data));
};

async function answer<K extends CallName>({ id, name, query }: Request<K>): Promise<void> {
  try {
    const handler = HANDLERS[name] as Handler<K>;
    const found = await handler(query, (progress) => scope.postMessage({ id, kind: 'progress', progress }));
    scope.postMessage({ id, kind: 'answer', answer: found });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    scope.postMessage({ id, kind: 'error', message, isInput: isInputError(error) });
  }
}

function isInputError(error: unknown): boolean {
  return error instanceof TraceError || error instanceof Stage2Error || error instanceof CostError;
}
