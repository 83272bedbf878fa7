import { FIRST_CALLEE } from './build.js';
import type { Block, Build, BuildFunction, CalleeEntry } from './build-types.js';
import { CallQueue } from './call-queue.js';
import { chargeOf } from './charge.js';
import { type Facts, isTaken } from './condition.js';
import { addCounts, COUNT_KEYS, type Counts, noCounts } from './counts.js';
import { WalkError } from './error.js';
import type { CalleeOutcome, WalkInput } from './signature.js';
import type { Call, Step, Walk, WalkLimits } from './walk.js';

const LIMITS: WalkLimits = { steps: 100_000, depth: 64 };

/**
 * Follows a fault through a build as section 5 of the build format says.
 * @throws {@link WalkError} naming the build, the block and the cause.
 */
export function walkBuild(build: Build, input: WalkInput, limits: WalkLimits = LIMITS): Walk {
  return new Cursor(build, input, limits).run();
}

/**
 * Makes `calls` one after another, functions of the build or callees, as one caller would; the caller's own
 * instructions are not part of the walk.
 * @throws {@link WalkError} naming the build, the block and the cause.
 */
export function walkCalls(
  build: Build,
  calls: readonly string[],
  input: WalkInput,
  limits: WalkLimits = LIMITS,
): Walk {
  return new Cursor(build, input, limits).runCalls(calls);
}

class Cursor {
  private readonly queue: CallQueue;
  private readonly steps: Step[] = [];
  private readonly calls: Call[] = [];
  private readonly opaque = new Map<string, number>();
  private readonly own = noCounts();
  private readonly called = noCounts();
  private readonly loops = noCounts();
  private readonly evaluations = new Map<Block, number>();
  private oops: string | undefined;
  private stepCount = 0;

  constructor(
    private readonly build: Build,
    private readonly input: WalkInput,
    private readonly limits: WalkLimits,
  ) {
    this.queue = new CallQueue(input.callees);
  }

  run(): Walk {
    this.charge(FIRST_CALLEE, 'entry');
    if (this.oops === undefined) this.enter(this.build.handler, 1);
    return this.finished();
  }

  runCalls(calls: readonly string[]): Walk {
    this.makeCalls(calls, 'entry', 0);
    return this.finished();
  }

  private finished(): Walk {
    const totals = { ...this.own };
    if (this.oops === undefined) addCounts(totals, this.called);
    this.checkTotals(totals);
    this.checkTotals(this.loops);
    return {
      build: this.build,
      blocks: this.steps.map((step) => step.block.label),
      steps: this.steps,
      callees: this.calls,
      opaque: this.opaque,
      totals,
      loops: this.loops,
      oops: this.oops,
    };
  }

  /** Runs a function of the handler to its end. */
  private enter(fn: BuildFunction, depth: number): void {
    let block = this.blockOf(fn, fn.entry);
    for (;;) {
      this.countStep(block.label);
      if (depth > this.limits.depth) this.fail(block.label, `calls nest deeper than ${this.limits.depth}`);
      const step: Step = { block, taken: undefined, completed: false };
      this.steps.push(step);
      this.makeCalls(block.calls, block.label, depth);
      if (this.oops === undefined) this.finish(step);
      if (this.oops !== undefined) return;
      const next = successor(step);
      if (next === undefined) return;
      block = this.blockOf(fn, next);
    }
  }

  private blockOf(fn: BuildFunction, id: string): Block {
    return fn.blocks.get(id) ?? this.fail(`${fn.name} ${id}`, 'there is no such block');
  }

  private makeCalls(calls: readonly string[], at: string, depth: number): void {
    for (const name of calls) {
      this.countStep(at);
      const fn = this.build.functions.get(name);
      if (fn !== undefined) this.enter(fn, depth + 1);
      else if (this.build.callees.has(name)) this.charge(name, at);
      else this.countOpaque(name);
      if (this.oops !== undefined) return;
    }
  }

  /** Charges a callee with the next outcome given for it. */
  private charge(name: string, at: string): void {
    const table = this.build.callees.get(name);
    const call = this.queue.next(name) ?? onlyOutcome(name, table?.keys());
    if (call === undefined) this.fail(at, `${name} is called, but no outcome of it is given`);
    const entry = table?.get(call.outcome);
    if (entry === undefined) this.fail(at, `the build has no outcome "${call.outcome}" of ${name}`);
    this.record(call, entry);
    for (const inner of entry.opaque) this.countOpaque(inner);
    if (entry.oops) this.oops = name;
  }

  private record(call: CalleeOutcome, entry: CalleeEntry): void {
    const q = call.q ?? {};
    const cost = chargeOf(entry, q, this.input.quantities);
    this.calls.push({ name: call.name, outcome: call.outcome, q, ...cost, cacheLoop: entry.cacheLoop });
    addCounts(entry.cacheLoop ? this.loops : this.called, cost.counts);
  }

  private countOpaque(name: string): void {
    this.opaque.set(name, (this.opaque.get(name) ?? 0) + 1);
  }

  /** Adds the block's own counts and decides its branch. */
  private finish(step: Step): void {
    const { end, counts } = step.block;
    if (end.kind === 'trap') {
      this.oops = step.block.functionName;
      return;
    }
    if (end.kind === 'cond') step.taken = isTaken(end.when, this.factsAt(step.block));
    step.completed = true;
    addCounts(this.own, counts);
    if (end.kind !== 'cond') return;
    if (!end.isKey) this.own.taken += step.taken ? 1 : 0;
    else this.own[step.taken ? 'br' : 'nop'] += 1;
  }

  private factsAt(block: Block): Facts {
    return {
      predicate: (name) => this.input.predicates.get(name) ?? this.build.constants.get(name),
      quantity: (name) => this.input.quantities[name],
      evaluation: () => {
        const i = (this.evaluations.get(block) ?? 0) + 1;
        this.evaluations.set(block, i);
        return i;
      },
      unknown: (what) => this.fail(block.label, what),
    };
  }

  private countStep(at: string): void {
    if (++this.stepCount > this.limits.steps)
      this.fail(at, `no end after ${this.limits.steps} blocks and calls`);
  }

  private checkTotals(totals: Counts): void {
    for (const key of COUNT_KEYS) {
      if (totals[key] >= 0 && Number.isSafeInteger(totals[key])) continue;
      this.fail('end', `${key} adds up to ${totals[key]}, which is no count`);
    }
  }

  private fail(block: string, problem: string): never {
    throw new WalkError(this.build.id, block, problem);
  }
}

function onlyOutcome(name: string, outcomes: Iterable<string> | undefined): CalleeOutcome | undefined {
  const [outcome, second] = outcomes ?? [];
  return outcome === undefined || second !== undefined ? undefined : { name, outcome };
}

function successor({ block: { end }, taken }: Step): string | undefined {
  if (end.kind === 'cond') return taken ? end.taken : end.fall;
  if (end.kind === 'jump') return end.taken;
  return end.kind === 'fallthrough' ? end.fall : undefined;
}
