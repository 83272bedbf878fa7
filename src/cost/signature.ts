import {
  SIG_ALLOC_OK,
  SIG_CACHE_ROOM,
  SIG_CALLEES,
  SIG_CLASS,
  SIG_DISPOSITION_LSB,
  SIG_KNOWN,
  SIG_MAP_LINES,
  SIG_MAX,
  SIG_RET,
  SIG_VALUE,
  SIGCALL_CALLEE_LSB,
  SIGCALL_CODE_LSB,
  SIGCALL_QUANTITIES_LSB,
  SIGQ_ID_LSB,
} from '../abi/event.js';
import { Callee, type Disposition, Predicate, Quantity } from '../abi/kvm.js';
import { CostError } from './error.js';
import { outcomeName } from './outcomes.js';

/** A call whose cost depends on state, and how it ended. */
export interface CalleeOutcome {
  /** Of the function called. */
  name: string;
  /** Spelled as the build files do, such as `lru-below,found`. */
  outcome: string;
  /** Quantities by name; those left out are 0. */
  q?: Readonly<Record<string, number>>;
}

/** Everything the path of one fault through any build depends on. */
export interface WalkInput {
  /** Known predicates; a build's constants stand for those left out. */
  predicates: ReadonlyMap<string, boolean>;
  /** Quantities of the whole fault. */
  quantities: Readonly<Record<string, number>>;
  /** Outcomes in call order. A callee with one outcome needs none. */
  callees: readonly CalleeOutcome[];
}

/** A recorded signature, decoded. */
export interface FaultSignature extends WalkInput {
  /** For {@link describeClass}. */
  faultClass: number;
  /** How the fault ended, beside `ret`. */
  disposition: Disposition;
  /** What handle_exit returned. */
  ret: number;
  quantities: {
    /** Table pages that the vcpu's cache had room for when it was topped up; 0 if it was not. */
    cache_room: number;
    /** Pages that the allocator gave before it refused, ALLOC_NEVER_REFUSES if it did not; 0 without a top-up. */
    alloc_ok: number;
    /** Lines of 64 bytes cleaned for what was mapped: 64 for 4 KiB, 32768 for 2 MiB; 0 if nothing was. */
    map_lines: number;
  };
  callees: readonly (CalleeOutcome & {
    /** Number of the outcome, 16 bits, as the core packs it (src/abi/event.ts). */
    code: number;
    /** Quantities by name, those that are not 0. */
    q: Readonly<Record<string, number>>;
  })[];
}

/** Predicates are two sets of 128 bits, in words of 32. */
const PREDICATE_BITS = 128;
const WORD_BITS = 32;

/** @throws {@link CostError} for words that no core writes. */
export function decodeSignature(words: Uint32Array): FaultSignature {
  if (words.length < SIG_CALLEES || words.length > SIG_MAX) {
    throw new CostError(`a signature has ${SIG_CALLEES} to ${SIG_MAX} words, not ${words.length}`);
  }
  const first = word(words, SIG_CLASS);
  return {
    faultClass: first & ((1 << SIG_DISPOSITION_LSB) - 1),
    disposition: first >>> SIG_DISPOSITION_LSB,
    ret: word(words, SIG_RET) | 0,
    predicates: decodePredicates(words),
    quantities: {
      cache_room: word(words, SIG_CACHE_ROOM),
      alloc_ok: word(words, SIG_ALLOC_OK),
      map_lines: word(words, SIG_MAP_LINES),
    },
    callees: decodeCallees(words),
  };
}

function word(words: Uint32Array, index: number): number {
  const value = words[index];
  if (value === undefined) throw new CostError(`signature ends inside a record, at word ${index}`);
  return value;
}

function bits(value: number, lsb: number, end: number): number {
  return (value >>> lsb) & ((1 << (end - lsb)) - 1);
}

function decodePredicates(words: Uint32Array): Map<string, boolean> {
  const predicates = new Map<string, boolean>();
  for (let id = 0; id < PREDICATE_BITS; id++) {
    const at = Math.floor(id / WORD_BITS);
    const bit = id % WORD_BITS;
    if (((word(words, SIG_KNOWN + at) >>> bit) & 1) === 0) continue;
    const name = Predicate[id];
    if (name === undefined) throw new CostError(`signature sets predicate ${id}, which has no name`);
    predicates.set(name, ((word(words, SIG_VALUE + at) >>> bit) & 1) === 1);
  }
  return predicates;
}

function decodeCallees(words: Uint32Array): FaultSignature['callees'] {
  const callees = [];
  for (let at = SIG_CALLEES; at < words.length; ) {
    const record = word(words, at);
    // Signatures are padded to an even length; the record of handle_exit, all zero too, is always the first.
    if (record === 0 && at > SIG_CALLEES && at === words.length - 1) break;
    const quantities = record >>> SIGCALL_QUANTITIES_LSB;
    callees.push({ ...decodeCall(record), q: decodeQuantities(words, at + 1, quantities) });
    at += 1 + quantities;
  }
  return callees;
}

function decodeCall(record: number): { name: string; code: number; outcome: string } {
  const id = bits(record, SIGCALL_CALLEE_LSB, SIGCALL_CODE_LSB);
  const code = bits(record, SIGCALL_CODE_LSB, SIGCALL_QUANTITIES_LSB);
  const name = Callee[id];
  if (name === undefined) throw new CostError(`signature calls callee ${id}, which has no name`);
  return { name, code, outcome: outcomeName(name, code) };
}

function decodeQuantities(words: Uint32Array, start: number, count: number): Record<string, number> {
  const q: Record<string, number> = {};
  for (let at = start; at < start + count; at++) {
    const record = word(words, at);
    const id = record >>> SIGQ_ID_LSB;
    const name = Quantity[id];
    if (name === undefined) throw new CostError(`signature gives quantity ${id}, which has no name`);
    q[name] = bits(record, 0, SIGQ_ID_LSB);
  }
  return q;
}
