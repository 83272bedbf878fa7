import { Op } from '../abi/program.js';
import { BranchKind } from '../abi/uarch.js';
import { type Accesses, calleeTouches, nthUse, type Place } from './accesses.js';
import type { CalleeEntry } from './build-types.js';
import { after, type CodeAddress, type ProgramWriter } from './program-writer.js';
import type { Call } from './walk.js';

// A function outside the handler is known by its totals. Its code is `icacheLines` consecutive lines at the place of
// its code, those it has in common with others at theirs; its branches are spread over the lines at fixed addresses.

const LINE = 64;
const INSN = 4;
/** Instructions of a line for branches that are not taken, then as many for those that are. */
const SLOTS = (LINE / INSN - 2) / 2;
/** A stored pair of registers. */
const PAIR = 16;
/** Turns of a loop that are followed; the further ones touch the same code. */
const TURNS_MAX = 4;

/** The lines of code of a callee, its own first. */
function codeLines(accesses: Accesses, name: string, lines: number, shares: ReadonlyMap<string, number>) {
  const own: CodeAddress = { base: accesses.codeBase(name), offset: 0 };
  const shared = [...shares].flatMap(([other, n]) =>
    Array.from({ length: n }, (_, i) => ({ base: accesses.codeBase(other), offset: i * LINE })),
  );
  const mine = Math.max(1, lines - shared.length);
  return [...Array.from({ length: mine }, (_, i) => after(own, i * LINE)), ...shared];
}

/** Where the code of a callee begins. */
export function calleeEntry(accesses: Accesses, name: string): CodeAddress {
  return { base: accesses.codeBase(name), offset: 0 };
}

/** Writes the body of a call at `depth` bytes of stack, without its return. Gives the address of its return. */
export function writeCallee(
  writer: ProgramWriter,
  accesses: Accesses,
  call: Call,
  entry: CalleeEntry,
  depth: number,
): CodeAddress {
  return new CalleeWriter(writer, accesses, call, entry).write(depth);
}

class CalleeWriter {
  private readonly lines: readonly CodeAddress[];
  private readonly loads: readonly Place[];
  private readonly stores: readonly Place[];
  private readonly used = { taken: new Map<CodeAddress, number>(), not: new Map<CodeAddress, number>() };

  constructor(
    private readonly writer: ProgramWriter,
    private readonly accesses: Accesses,
    private readonly call: Call,
    private readonly entry: CalleeEntry,
  ) {
    const touches = calleeTouches(accesses, call.name, call.outcome);
    this.lines = codeLines(accesses, call.name, entry.icacheLines, touches.shares);
    this.loads = touches.loads;
    this.stores = touches.stores;
  }

  write(depth: number): CodeAddress {
    const { counts } = this.entry;
    const saved = PAIR * Math.max(0, counts.stores - this.stores.length);
    const middle = Math.floor((this.lines.length - 1) / 2);
    for (const [i, line] of this.lines.entries()) {
      this.writer.fetch(line, LINE);
      if (i === 0) this.writer.stack(Op.STORE, depth, depth + saved);
      for (const place of this.share(this.loads, i)) this.writer.load(place);
      for (const place of this.share(this.stores, i)) this.writer.store(place);
      this.branches(i, line);
      if (i === middle) this.loops(line);
    }
    for (const name of this.entry.opaque)
      writeOpaque(this.writer, this.accesses, name, this.pc(this.lastLine));
    if (saved > 0) this.writer.stack(Op.LOAD, depth, depth + saved);
    return after(this.lastLine, LINE - INSN);
  }

  private get lastLine(): CodeAddress {
    return this.lines[this.lines.length - 1] ?? calleeEntry(this.accesses, this.call.name);
  }

  /** The part of a list that falls on line `i` when it is spread evenly. */
  private share<T>(list: readonly T[], i: number): readonly T[] {
    const at = (line: number) => Math.floor((line * list.length) / this.lines.length);
    return list.slice(at(i), at(i + 1));
  }

  /** How many of `n` things fall on line `i`, and how many on those before. */
  private spread(n: number, i: number): { before: number; here: number } {
    const at = (line: number) => Math.floor((line * n) / this.lines.length);
    return { before: at(i), here: at(i + 1) - at(i) };
  }

  /** A free instruction of `line` for a branch that is taken or not. */
  private pc(line: CodeAddress, taken = true): CodeAddress {
    const used = taken ? this.used.taken : this.used.not;
    const slot = used.get(line) ?? 0;
    used.set(line, slot + 1);
    return after(line, ((slot % SLOTS) + (taken ? SLOTS : 0)) * INSN);
  }

  private branches(i: number, line: CodeAddress): void {
    const { cbr, taken, br, ibr, calls } = this.entry.counts;
    const conditional = this.spread(cbr, i);
    for (let j = conditional.before; j < conditional.before + conditional.here; j++) {
      this.conditional(line, isNth(j, Math.max(0, taken), cbr));
    }
    for (let j = 0; j < this.spread(br, i).here; j++) this.forward(BranchKind.JUMP, line);
    for (let j = 0; j < this.spread(ibr, i).here; j++) this.forward(BranchKind.INDIRECT, line);
    for (let j = 0; j < this.spread(this.innerCalls(calls), i).here; j++) this.inner(line);
  }

  /** Calls it makes of functions that its totals include. */
  private innerCalls(calls: number): number {
    return Math.max(0, calls - this.entry.opaque.length);
  }

  private conditional(line: CodeAddress, taken: boolean): void {
    const pc = this.pc(line, taken);
    this.writer.branch(BranchKind.COND, pc, taken, after(line, LINE));
  }

  private forward(kind: BranchKind.JUMP | BranchKind.INDIRECT, line: CodeAddress): void {
    this.writer.transfer(kind, this.pc(line), after(line, LINE));
  }

  /** A call of a function of its own and the return from it. */
  private inner(line: CodeAddress): void {
    const pc = this.pc(line);
    this.writer.transfer(BranchKind.CALL, pc, after(line, LINE));
    this.writer.transfer(BranchKind.RETURN, after(line, LINE - INSN), after(pc, INSN));
  }

  /** The turns of its loops, by the quantities they depend on. */
  private loops(line: CodeAddress): void {
    const per = this.accesses.callees.get(this.call.name)?.per;
    for (const [quantity, { counts }] of this.entry.slopes) {
      const turns = Math.min(this.call.q[quantity] ?? 0, TURNS_MAX);
      const places = per?.get(quantity) ?? [];
      const taken = Math.min(Math.max(0, counts.taken), Math.max(0, counts.cbr));
      const first = { taken: this.used.taken.get(line) ?? 0, not: this.used.not.get(line) ?? 0 };
      for (let turn = 0; turn < turns; turn++) {
        this.used.taken.set(line, first.taken);
        this.used.not.set(line, first.not);
        for (const place of places) this.writer.load(nthUse(place, turn));
        for (let j = 0; j < counts.cbr; j++) this.conditional(line, j < taken);
      }
      this.used.taken.set(line, first.taken + taken);
      this.used.not.set(line, first.not + Math.max(0, counts.cbr) - taken);
    }
  }
}

/** Whether thing `j` is one of `part` spread evenly among `whole`. */
function isNth(j: number, part: number, whole: number): boolean {
  return Math.floor(((j + 1) * part) / whole) > Math.floor((j * part) / whole);
}

/** A call from `pc` of a function that was not compiled: one line of code, what it touches, and the return. */
export function writeOpaque(writer: ProgramWriter, accesses: Accesses, name: string, pc: CodeAddress): void {
  const target = calleeEntry(accesses, name);
  const { source } = writer;
  writer.transfer(BranchKind.CALL, pc, target);
  writer.source = { function: name, block: 'not compiled', site: '', opaque: true };
  writer.fetch(target, LINE);
  writer.touch(calleeTouches(accesses, name, ''));
  writer.transfer(BranchKind.RETURN, after(target, LINE - INSN), after(pc, INSN));
  writer.source = source;
}
