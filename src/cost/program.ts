import { Op, TEXT_BASE } from '../abi/program.js';
import { BranchKind } from '../abi/uarch.js';
import { type Accesses, type BlockPoint, nthUse, type Place, type Touches } from './accesses.js';
import type { Block, Build, BuildFunction } from './build-types.js';
import { CostError } from './error.js';
import { calleeEntry, writeCallee, writeOpaque } from './program-callee.js';
import { type PathCounts, staticCounts } from './program-counts.js';
import { after, type CodeAddress, type OpSource, ProgramWriter } from './program-writer.js';
import type { Call, Step, Walk } from './walk.js';

/** The path of one signature through one build, ready for a modelled core. */
export interface Program {
  /** Operations, laid out as src/abi/program.ts says. */
  words: Uint32Array;
  /** Where each operation comes from, in their order. */
  sources: readonly OpSource[];
  /** What its path counts besides what the modelled core does. */
  counts: PathCounts;
}

const INSN = 4;
const PAIR = 16;
/** The code that calls handle_exit. */
const RUN_LOOP = 'kvm_arch_vcpu_ioctl_run';

/**
 * Compiles a walk of a whole fault.
 * @throws {@link CostError} for a walk that does not begin with handle_exit, or needs more than a program holds.
 */
export function compileProgram(walk: Walk, accesses: Accesses): Program {
  const writer = new ProgramWriter();
  new Compiler(walk, accesses, writer).run();
  return { words: writer.words(), sources: writer.sources, counts: staticCounts(walk) };
}

/** A function under way: its frame, and where it returns to. */
interface Frame {
  /** Bytes of stack above it, its saved registers and its variables. */
  depth: number;
  saved: number;
  locals: number;
  caller: CodeAddress;
}

class Compiler {
  private readonly build: Build;
  private nextStep = 0;
  private nextCall = 0;
  private readonly uses = new Map<string, number>();

  constructor(
    private readonly walk: Walk,
    private readonly accesses: Accesses,
    private readonly writer: ProgramWriter,
  ) {
    this.build = walk.build;
  }

  run(): void {
    const call = this.walk.callees[this.nextCall++];
    if (call === undefined || this.walk.steps[0]?.block.functionName !== this.build.handler.name) {
      throw new CostError('a walk that does not begin with handle_exit and the handler is none of a fault');
    }
    const loop = calleeEntry(this.accesses, RUN_LOOP);
    const entry = calleeEntry(this.accesses, call.name);
    this.from(call.name, call.outcome, '');
    this.writer.transfer(BranchKind.CALL, loop, entry);
    const end = this.calleeBody(call, 0);
    const pc = after(end, -INSN);
    this.writer.transfer(BranchKind.INDIRECT_CALL, pc, this.start(this.build.handler));
    if (!this.function(this.build.handler, 2 * PAIR, after(pc, INSN))) return;
    this.from(call.name, call.outcome, '');
    this.writer.transfer(BranchKind.RETURN, end, after(loop, INSN));
  }

  private from(name: string, block: string, site: string): void {
    this.writer.source = { function: name, block, site, opaque: false };
  }

  private start(fn: BuildFunction): CodeAddress {
    const block = fn.blocks.get(fn.entry);
    return { base: TEXT_BASE, offset: block?.textOffset ?? fn.textOffset };
  }

  /** Follows a function of the handler; false if the host died in it. */
  private function(fn: BuildFunction, depth: number, caller: CodeAddress): boolean {
    const locals = this.accesses.locals.get(fn.name) ?? 0;
    const frame: Frame = { depth, saved: 0, locals, caller };
    for (let first = true; ; first = false) {
      const step = this.walk.steps[this.nextStep++];
      if (step === undefined || step.block.functionName !== fn.name) return false;
      if (first) frame.saved = PAIR * step.block.counts.stores;
      if (!this.block(step, frame, first)) return false;
      const { kind } = step.block.end;
      if (kind === 'ret' || kind === 'tailcall') return true;
    }
  }

  private block(step: Step, frame: Frame, first: boolean): boolean {
    const { block } = step;
    const label = block.label;
    const site = block.end.kind === 'cond' ? block.end.site : '';
    const source = () => this.from(block.functionName, label, site);
    source();
    let done = 0;
    const named = { loads: 0, stores: 0 };
    const at = (point: BlockPoint, name = '') => this.touch(block, point, name, named);
    const runTo = (offset: number) => {
      if (offset > done)
        this.writer.fetch({ base: TEXT_BASE, offset: block.textOffset + done }, offset - done);
      done = offset;
    };
    const depth = frame.depth + frame.saved + frame.locals;
    for (const [k, name] of block.calls.entries()) {
      const offset = callOffset(block, k);
      runTo(offset + INSN);
      if (k === 0 && first) this.prologue(frame, at);
      at('call', name);
      if (!this.call(name, { base: TEXT_BASE, offset: block.textOffset + offset }, depth, block, k, frame)) {
        return false;
      }
      source();
    }
    if (!step.completed) return false;
    runTo(block.bytes);
    if (first && block.calls.length === 0) this.prologue(frame, at);
    if (site !== '') at('site', site);
    if (block.end.kind === 'ret') at('return');
    this.unnamed(block, named, frame, first);
    this.terminator(step, frame);
    return true;
  }

  private prologue(frame: Frame, at: (point: BlockPoint) => void): void {
    this.writer.stack(Op.STORE, frame.depth + frame.locals, frame.depth + frame.locals + frame.saved);
    at('entry');
  }

  /** What the data say that this block touches at `point`. */
  private touch(
    block: Block,
    point: BlockPoint,
    name: string,
    named: { loads: number; stores: number },
  ): void {
    for (const rule of this.accesses.blocks.get(block.functionName) ?? []) {
      if (rule.at !== point || rule.name !== name) continue;
      const touches: Touches = { loads: rule.loads.map(this.use), stores: rule.stores.map(this.use) };
      this.writer.touch(touches);
      named.loads += touches.loads.length;
      named.stores += touches.stores.length;
    }
  }

  /** The next use of a place that a loop of the handler steps through. */
  private readonly use = (place: Place): Place => {
    if (place.step === 0) return place;
    const k = this.uses.get(place.field) ?? 0;
    this.uses.set(place.field, k + 1);
    return nthUse(place, k);
  };

  /** Loads and stores that no rule names: registers restored at a return, else variables on the stack. */
  private unnamed(
    block: Block,
    named: { loads: number; stores: number },
    frame: Frame,
    first: boolean,
  ): void {
    const { depth, saved, locals } = frame;
    const loads = block.counts.loads - named.loads > 0;
    const stores = !first && block.counts.stores - named.stores > 0;
    if (block.end.kind === 'ret') {
      if (loads) this.writer.stack(Op.LOAD, depth + locals, depth + locals + saved);
      return;
    }
    const top = depth + locals;
    if (stores) this.writer.stack(Op.STORE, top - INSN * 2, top);
    if (loads) this.writer.stack(Op.LOAD, top - INSN * 2, top);
  }

  private call(name: string, pc: CodeAddress, depth: number, block: Block, k: number, frame: Frame): boolean {
    const tail = block.end.kind === 'tailcall' && k === block.calls.length - 1;
    const kind = tail ? BranchKind.JUMP : BranchKind.CALL;
    const caller = tail ? frame.caller : after(pc, INSN);
    const below = tail ? frame.depth : depth;
    const fn = this.build.functions.get(name);
    if (fn !== undefined) {
      this.writer.transfer(kind, pc, this.start(fn));
      return this.function(fn, below, caller);
    }
    if (!this.build.callees.has(name)) {
      writeOpaque(this.writer, this.accesses, name, pc);
      return true;
    }
    const call = this.walk.callees[this.nextCall++];
    if (call === undefined) return false;
    this.writer.transfer(kind, pc, calleeEntry(this.accesses, name));
    this.from(call.name, call.outcome, '');
    const end = this.calleeBody(call, below);
    if (this.walk.oops === name) return false;
    this.writer.transfer(BranchKind.RETURN, end, caller);
    return true;
  }

  private calleeBody(call: Call, depth: number): CodeAddress {
    const entry = this.build.callees.get(call.name)?.get(call.outcome);
    if (entry === undefined)
      throw new CostError(`the build has no outcome "${call.outcome}" of ${call.name}`);
    return writeCallee(this.writer, this.accesses, call, entry, depth);
  }

  private terminator({ block, taken }: Step, frame: Frame): void {
    const { end } = block;
    const pc = { base: TEXT_BASE, offset: block.textOffset + block.bytes - INSN };
    if (end.kind === 'ret') this.writer.transfer(BranchKind.RETURN, pc, frame.caller);
    if (end.kind === 'jump') this.writer.transfer(BranchKind.JUMP, pc, this.blockStart(block, end.taken));
    if (end.kind !== 'cond') return;
    const target = this.blockStart(block, end.taken);
    if (!end.isKey) this.writer.branch(BranchKind.COND, pc, taken === true, target);
    else if (taken) this.writer.transfer(BranchKind.JUMP, pc, target);
  }

  private blockStart(block: Block, id: string): CodeAddress {
    const target = this.build.functions.get(block.functionName)?.blocks.get(id);
    return { base: TEXT_BASE, offset: target?.textOffset ?? block.textOffset };
  }
}

/** Offset in the block of the `k`-th of its calls: the file gives their order only, so they are spread evenly. */
function callOffset(block: Block, k: number): number {
  const insns = Math.floor(block.bytes / INSN);
  const last = block.end.kind === 'tailcall' && k === block.calls.length - 1;
  if (last) return block.bytes - INSN;
  return INSN * Math.min(insns - 1, Math.floor((insns * (k + 1)) / (block.calls.length + 1)));
}
