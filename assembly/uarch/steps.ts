// Programs with the addresses of a placement: what a run follows. Branches change nothing in the caches and TLBs, and
// accesses nothing in the branch prediction, so that a program is two lists, each in its order: its accesses, then its
// branches.
import * as P from "../../src/abi/program";
import { cacheAt, lineOf } from "./cache";
import { MicroCore } from "./core";
import { BLOCK_SHIFT, NONE } from "./host_access";

/** A program as the host loads it; its operations follow, then its accesses. */
@unmanaged
@final
export class Loaded {
  operations: u32;
  generation: u32;
  /** From here to the first of the branches. */
  branches: u32;
  /** From here to the first access to data. */
  data: u32;
}

export enum AccessCode {
  END,
  LOAD,
  STORE,
  /** Lines of code, the first of them in the block of 2 MiB of the line before, or not. */
  FETCH_NEAR,
  FETCH,
}

@unmanaged
@final
export class AccessStep {
  code: AccessCode;
  /** Number of the operation. */
  source: u32;
  /** The operand, or the place of code. */
  place: u32;
  /** Offset from the operand, or lines to fetch. */
  amount: u32;
  /** Of the first line. */
  address: u64;
  /** Start of the second line; or bytes from here to the next access to data. */
  next: u64;
}

/** `kind` of the end of the branches. */
export const NO_BRANCH: u32 = ~0;

@unmanaged
@final
export class BranchStep {
  pc: u64;
  target: u64;
  kind: u32;
  taken: u32;
  /** Number of the operation. */
  source: u32;
  private pad: u32;
}

const OP_BYTES: usize = <usize>P.OP_WORDS << 2;

// While a program is written: the line and the block fetched last.
let line: u64 = NONE;
let block: u64 = NONE;

// @ts-ignore: decorator
@inline
function codeOf(at: usize): P.Op {
  return <P.Op>(load<u32>(at) & ((1 << P.OP_CODE_WIDTH) - 1));
}

// @ts-ignore: decorator
@inline
export function accessesOf(program: Loaded): usize {
  return changetype<usize>(program) + P.LOADED_HEADER + <usize>program.operations * OP_BYTES;
}

// @ts-ignore: decorator
@inline
export function branchesOf(program: Loaded): usize {
  return changetype<usize>(program) + program.branches;
}

/** The first access to data; `next` leads on. */
// @ts-ignore: decorator
@inline
export function dataOf(program: Loaded): usize {
  return changetype<usize>(program) + program.data;
}

/** Gives the program its addresses, unless it has those of the generation. */
export function placeProgram(core: MicroCore, program: Loaded, placement: usize, generation: u32): void {
  if (program.generation == generation) return;
  program.generation = generation;
  placeAccesses(core, program, placement);
  placeBranches(program, placement);
}

function placeAccesses(core: MicroCore, program: Loaded, placement: usize): void {
  line = NONE;
  block = NONE;
  let out = accessesOf(program);
  // The link to the first access to data, then those of the accesses to data.
  let link = changetype<usize>(program) + offsetof<Loaded>("data");
  let from = changetype<usize>(program);
  let at = changetype<usize>(program) + P.LOADED_HEADER;
  for (let i: u32 = 0; i < program.operations; i++, at += OP_BYTES) {
    const op = codeOf(at);
    if (op == P.Op.BRANCH) continue;
    const step = changetype<AccessStep>(out);
    step.source = i;
    if (op == P.Op.FETCH) {
      if (placeFetch(core, step, at, placement)) out += P.STEP_BYTES;
      continue;
    }
    placeData(step, at, op);
    store<u32>(link, <u32>(out - from));
    link = out + offsetof<AccessStep>("next");
    from = out;
    out += P.STEP_BYTES;
  }
  program.branches = <u32>(out - changetype<usize>(program));
}

// @ts-ignore: decorator
@inline
function placeData(step: AccessStep, at: usize, op: P.Op): void {
  step.code = op == P.Op.END ? AccessCode.END : op == P.Op.LOAD ? AccessCode.LOAD : AccessCode.STORE;
  step.place = load<u32>(at, 4);
  step.amount = load<u32>(at, 8);
  step.next = 0;
}

// @ts-ignore: decorator
@inline
function codeAddress(placement: usize, place: u32, offset: u32): u64 {
  return load<u64>(placement + (<usize>place << 3), P.PLACEMENT_CODE) + offset;
}

/** False if there is nothing to fetch: to fetch the line again that was fetched last is no event. */
function placeFetch(core: MicroCore, step: AccessStep, at: usize, placement: usize): bool {
  const cache = cacheAt(core.l1i);
  const place = load<u32>(at, 4);
  let address = codeAddress(placement, place, load<u32>(at, 8));
  const last = lineOf(cache, address + load<u32>(at, 12) - 1);
  let first = lineOf(cache, address);
  if (first == line && address >> BLOCK_SHIFT == block) address = ++first * cache.lineBytes;
  if (first > last) return false;
  const start = first == last ? address : last * cache.lineBytes;
  const near = address >> BLOCK_SHIFT == block && start >> BLOCK_SHIFT == block;
  step.code = near ? AccessCode.FETCH_NEAR : AccessCode.FETCH;
  step.place = place;
  step.amount = <u32>(last - first) + 1;
  step.address = address;
  step.next = (first + 1) * cache.lineBytes;
  line = last;
  block = start >> BLOCK_SHIFT;
  return true;
}

function placeBranches(program: Loaded, placement: usize): void {
  let out = branchesOf(program);
  let at = changetype<usize>(program) + P.LOADED_HEADER;
  for (let i: u32 = 0; i < program.operations; i++, at += OP_BYTES) {
    if (codeOf(at) != P.Op.BRANCH) continue;
    placeBranch(changetype<BranchStep>(out), at, i, placement);
    out += P.STEP_BYTES;
  }
  changetype<BranchStep>(out).kind = NO_BRANCH;
}

// @ts-ignore: decorator
@inline
function placeBranch(step: BranchStep, at: usize, source: u32, placement: usize): void {
  const first = load<u32>(at);
  const bases = load<u32>(at, 4);
  step.pc = codeAddress(placement, bases & ((1 << P.OP_TARGET_BASE_LSB) - 1), load<u32>(at, 8));
  step.target = codeAddress(placement, bases >> P.OP_TARGET_BASE_LSB, load<u32>(at, 12));
  step.kind = (first >> P.OP_KIND_LSB) & ((1 << P.OP_KIND_WIDTH) - 1);
  step.taken = (first >> P.OP_TAKEN_LSB) & 1;
  step.source = source;
}

/** Compile-time only: every offset that the host uses is where the class has it. */
export function checkStepLayout(): void {
  if (offsetof<Loaded>("operations") != P.LOADED_OPERATIONS) ERROR("a structure disagrees with src/abi/program.ts");
  if (offsetof<Loaded>("generation") != P.LOADED_GENERATION) ERROR("a structure disagrees with src/abi/program.ts");
  if (offsetof<Loaded>() != P.LOADED_HEADER) ERROR("a structure disagrees with src/abi/program.ts");
  if (offsetof<AccessStep>() != P.STEP_BYTES) ERROR("a structure disagrees with src/abi/program.ts");
  if (offsetof<BranchStep>() != P.STEP_BYTES) ERROR("a structure disagrees with src/abi/program.ts");
}
