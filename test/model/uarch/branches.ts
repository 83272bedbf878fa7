// The branch prediction, written from what it is to do and not from the core. Like the core's, a level of the BTB
// is a cache of instructions, here without a target: one map knows the targets of what the last level holds.
import { BranchKind, ColdRule, MicroEvent } from '../../../src/abi/uarch.js';
import type { Geometry, TableGeometry } from '../../../src/uarch/geometry.js';

/** One taken or not taken branch. */
export interface Branch {
  kind: BranchKind;
  pc: bigint;
  taken: boolean;
  target: bigint;
}

const LEVELS = ['nano', 'micro', 'main'] as const;

class Level {
  readonly name: (typeof LEVELS)[number];
  readonly #sets: bigint[][];
  readonly #ways: number;

  constructor(name: (typeof LEVELS)[number], { entries, ways }: TableGeometry) {
    this.name = name;
    this.#ways = ways;
    this.#sets = Array.from({ length: entries / ways }, () => []);
  }

  #setOf(pc: bigint): bigint[] {
    return this.#sets[Number((pc / 4n) % BigInt(this.#sets.length))] as bigint[];
  }

  has(pc: bigint): boolean {
    return this.#setOf(pc).includes(pc);
  }

  remove(pc: bigint): void {
    const set = this.#setOf(pc);
    if (set.includes(pc)) set.splice(set.indexOf(pc), 1);
  }

  /** Puts the branch in front; gives the one that it replaced. */
  use(pc: bigint): bigint | undefined {
    this.remove(pc);
    const set = this.#setOf(pc);
    set.unshift(pc);
    return set.length > this.#ways ? set.pop() : undefined;
  }
}

type Counted = 'NANO' | 'MICRO' | 'MAIN' | 'DECODED';

export class ModelPredictor {
  readonly #geometry: Geometry;
  readonly #levels: Level[];
  readonly #targets = new Map<bigint, bigint>();
  #counters = new Map<number, number>();
  #history: boolean[] = [];
  #returns: bigint[] = [];

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.#levels = LEVELS.flatMap((name) => {
      const table = geometry.btb[name];
      return table === undefined ? [] : [new Level(name, table)];
    });
  }

  /** The event that the branch counts, if any. */
  branch(branch: Branch): MicroEvent | undefined {
    switch (branch.kind) {
      case BranchKind.COND:
        return this.#conditional(branch);
      case BranchKind.RETURN:
        return this.#taken(branch, () => this.#returns.shift() === branch.target, 'MISPREDICT_RETURN');
      case BranchKind.INDIRECT:
      case BranchKind.INDIRECT_CALL: {
        const event = this.#taken(branch, (known) => known === branch.target, 'MISPREDICT_INDIRECT');
        if (branch.kind === BranchKind.INDIRECT_CALL) this.#call(branch.pc);
        return event;
      }
      default:
        if (branch.kind === BranchKind.CALL) this.#call(branch.pc);
        return event(`TAKEN_${this.#direct ? this.#use(branch) : 'DECODED'}`);
    }
  }

  forget(part: 'returns' | 'history' | 'targets' | 'directions'): void {
    if (part === 'returns') this.#returns = [];
    if (part === 'history') this.#history = [];
    if (part === 'directions') this.#counters = new Map();
    if (part === 'targets') for (const pc of [...this.#targets.keys()]) this.#remove(pc);
  }

  /** Takes a branch out of every level. */
  #remove(pc: bigint): void {
    this.#targets.delete(pc);
    for (const level of this.#levels) level.remove(pc);
  }

  /** Whether the BTB is of direct branches too. */
  get #direct(): boolean {
    return this.#geometry.coldRule !== ColdRule.DIRECTION;
  }

  #conditional(branch: Branch): MicroEvent | undefined {
    const { pc, taken, target } = branch;
    const held = this.#direct && this.#targets.has(pc);
    const direction = this.#direction(pc, taken);
    const cold = this.#geometry.coldRule === ColdRule.BACKWARD_TAKEN && target < pc;
    const predicted = held || !this.#direct ? direction : cold;
    const level = taken && this.#direct ? this.#use(branch) : 'DECODED';
    if (predicted !== taken) return MicroEvent.MISPREDICT_COND;
    return taken ? event(`TAKEN_${level}`) : undefined;
  }

  /** A branch with a target that must be known: where it is found in the BTB if `right`, else a misprediction. */
  #taken(branch: Branch, right: (known?: bigint) => boolean, wrong: string): MicroEvent {
    const known = this.#targets.get(branch.pc);
    const level = this.#use(branch);
    return event(right(known) ? `TAKEN_${level}` : wrong);
  }

  #use({ pc, target }: Branch): Counted {
    const held = this.#levels.find((level) => level.has(pc));
    const replaced = this.#levels.at(-1)?.use(pc);
    if (replaced !== undefined) this.#remove(replaced);
    for (const level of this.#levels.slice(0, -1)) level.use(pc);
    if (this.#levels.length > 0) this.#targets.set(pc, target);
    return (held?.name.toUpperCase() ?? 'DECODED') as Counted;
  }

  /** What the direction predictor says; it learns `taken`. */
  #direction(pc: bigint, taken: boolean): boolean {
    const { indexBits, historyBits } = this.#geometry.direction;
    const history = this.#history
      .slice(0, historyBits)
      .reduce((bits, bit, age) => bits | (bit ? 1n << BigInt(age) : 0n), 0n);
    const index = Number(BigInt.asUintN(indexBits, (pc / 4n) ^ history));
    const counter = this.#counters.get(index) ?? 1;
    this.#counters.set(index, Math.min(3, Math.max(0, counter + (taken ? 1 : -1))));
    this.#history.unshift(taken);
    return counter >= 2;
  }

  #call(pc: bigint): void {
    this.#returns = [pc + 4n, ...this.#returns].slice(0, this.#geometry.returnStack);
  }
}

function event(name: string): MicroEvent {
  return MicroEvent[name as keyof typeof MicroEvent];
}
