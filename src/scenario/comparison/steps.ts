import { OP_CODE_WIDTH, OP_KIND_LSB, OP_KIND_WIDTH, OP_WORDS, Op } from '../../abi/program.js';
import { BranchKind, MicroEvent } from '../../abi/uarch.js';
import { type EventCounts, microEvents, type Program, sumEvents } from '../../cost/index.js';

/** Operations of a program in a row that one block, or one function without blocks, makes. */
export interface Segment {
  /** Functions, the outermost first. */
  frames: readonly string[];
  /** Label of the block, or outcome of the call. */
  block: string;
  site: string;
  opaque: boolean;
  events: EventCounts;
}

/** What the operations of one fault counted, by the blocks and functions they come from. `counted` is of PathRunner.trace. */
export function segmentsOf({ words, sources }: Program, counted: BigUint64Array): Segment[] {
  const segments: (Segment & { all: EventCounts[] })[] = [];
  const stack = new CallStack();
  let last: (Segment & { all: EventCounts[] }) | undefined;
  sources.forEach((source, i) => {
    const frames = stack.at(source.function);
    const events = eventsOf(counted, i);
    if (last !== undefined && last.block === source.block && sameFrames(last.frames, frames)) {
      last.all.push(events);
    } else {
      const { block, site, opaque } = source;
      last = { frames, block, site, opaque, events, all: [events] };
      segments.push(last);
    }
    stack.after(words[i * OP_WORDS] as number);
  });
  return segments.map(({ all, ...segment }) => ({ ...segment, events: sumEvents(all) }));
}

function eventsOf(counted: BigUint64Array, operation: number): EventCounts {
  const row = counted.subarray(operation * MicroEvent.COUNT, (operation + 1) * MicroEvent.COUNT);
  return microEvents([...row]);
}

function sameFrames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

/** The functions under way, from the calls and returns that were made. */
class CallStack {
  #frames: readonly string[] = [];
  #last: BranchKind | undefined;

  /** The stack when an operation of function `name` is made. */
  at(name: string): readonly string[] {
    if (this.#frames.at(-1) === name) return this.#frames;
    const known = this.#frames.lastIndexOf(name);
    const called = this.#last === BranchKind.CALL || this.#last === BranchKind.INDIRECT_CALL;
    if (!called && known >= 0) this.#frames = this.#frames.slice(0, known + 1);
    // A tail call takes the place of its caller.
    else if (this.#last === BranchKind.JUMP) this.#frames = [...this.#frames.slice(0, -1), name];
    else this.#frames = [...this.#frames, name];
    return this.#frames;
  }

  /** What the first word of the operation says it was. */
  after(word: number): void {
    const isBranch = (word & ((1 << OP_CODE_WIDTH) - 1)) === Op.BRANCH;
    this.#last = isBranch ? (word >>> OP_KIND_LSB) & ((1 << OP_KIND_WIDTH) - 1) : undefined;
  }
}
