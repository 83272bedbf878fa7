import { checkInteger, U32_MOST } from '../core/check.js';
import type { AccessSyndrome } from './esr.js';

/** What an A64 load, store or atomic does to memory. */
export interface MemoryInstruction {
  /** `atomic` reads and writes at one go; a load or store exclusive is none. */
  access: 'read' | 'write' | 'atomic';
  /** Bytes of one element: what the address must be a multiple of to be aligned. */
  bytes: number;
  /** LDTR and STTR: the access is made as if at EL0. */
  unprivileged: boolean;
  /** Only for the loads and stores that a stage-2 data abort describes: see {@link decodeMemoryInstruction}. */
  syndrome?: AccessSyndrome;
}

/** Bits [high:low] of an instruction word. */
function bits(word: number, high: number, low: number): number {
  return (word >>> low) & (2 ** (high - low + 1) - 1);
}

const bit = (word: number, at: number): boolean => bits(word, at, at) === 1;
const size = (word: number): number => bits(word, 31, 30);
const isSimd = (word: number): boolean => bit(word, 26);
const registerT = (word: number): number => bits(word, 4, 0);
const WORD_64 = 3;
const ALL_ONES = 31;

/**
 * A load, store or atomic instruction of A64 (Arm ARM, "Loads and stores" of the A64 encoding index), or undefined
 * for any other 32-bit word. Not taken apart are prefetches, which never fault, and the instructions of memory
 * tagging, memory copy and 64-byte accesses. Only loads and stores of one general-purpose register have a syndrome,
 * acquire and release included, exclusives and those that write back excluded (Arm ARM, ESR_EL2.ISS.ISV).
 */
export function decodeMemoryInstruction(word: number): MemoryInstruction | undefined {
  checkInteger('word', word, -(2 ** 31), U32_MOST);
  if (!bit(word, 27) || bit(word, 25)) return undefined;
  switch (bits(word, 29, 28)) {
    case 0:
      return isSimd(word) ? structures(word) : exclusiveGroup(word);
    case 1:
      return bit(word, 24) ? releaseConsistent(word) : literal(word);
    case 2:
      return pair(word);
    default:
      return registerGroup(word);
  }
}

function plain(access: MemoryInstruction['access'], bytes: number): MemoryInstruction {
  return { access, bytes, unprivileged: false };
}

function loadOrStore(load: boolean): 'read' | 'write' {
  return load ? 'read' : 'write';
}

/** LD1 to LD4, ST1 to ST4: several structures, or one (bit 24). */
function structures(word: number): MemoryInstruction | undefined {
  const postIndex = bit(word, 23);
  if (bit(word, 31) || (!postIndex && bits(word, 20, 16) !== 0)) return undefined;
  const access = loadOrStore(bit(word, 22));
  if (bit(word, 24)) return oneStructure(word, access);
  const opcode = bits(word, 15, 12);
  // Structures of several elements need more than one of them in a register.
  const reserved = !bit(word, 30) && elementSize(word) === 3 && INTERLEAVED.has(opcode);
  const known = INTERLEAVED.has(opcode) || CONSECUTIVE.has(opcode);
  return !bit(word, 21) && known && !reserved ? plain(access, 1 << elementSize(word)) : undefined;
}

/** Opcodes of LD2 to LD4 and ST2 to ST4. */
const INTERLEAVED = new Set([0, 4, 8]);
/** Opcodes of LD1 and ST1 of one to four registers. */
const CONSECUTIVE = new Set([2, 6, 7, 10]);
const elementSize = (word: number): number => bits(word, 11, 10);

/** One lane, or one element to all lanes. */
function oneStructure(word: number, access: 'read' | 'write'): MemoryInstruction | undefined {
  const scale = bits(word, 15, 14);
  const elementBits = elementSize(word);
  if (scale === 3) {
    return access === 'read' && !bit(word, 12) ? plain(access, 1 << elementBits) : undefined;
  }
  if (scale === 0) return plain(access, 1);
  if (scale === 1) return bit(word, 10) ? undefined : plain(access, 2);
  if (elementBits === 0) return plain(access, 4);
  return elementBits === 1 && !bit(word, 12) ? plain(access, 8) : undefined;
}

/** Exclusives, compare-and-swap, and the ordered loads and stores. */
function exclusiveGroup(word: number): MemoryInstruction | undefined {
  if (bit(word, 24)) return undefined;
  const load = bit(word, 22);
  const bytes = 1 << size(word);
  const ordered = bit(word, 23);
  if (ordered && !bit(word, 21)) return single(word, { load, sas: size(word), ar: true });
  if (ordered) return bits(word, 14, 10) === ALL_ONES ? plain('atomic', bytes) : undefined;
  if (!bit(word, 21)) return plain(loadOrStore(load), bytes);
  // LDXP and STXP; the two sizes they leave free are those of CASP.
  if (bit(word, 31)) return plain(loadOrStore(load), 2 * bytes);
  const evenPairs = !bit(word, 16) && !bit(word, 0);
  return bits(word, 14, 10) === ALL_ONES && evenPairs ? plain('atomic', bit(word, 30) ? 16 : 8) : undefined;
}

/** LDAPR and STLR with an unscaled offset. */
function releaseConsistent(word: number): MemoryInstruction | undefined {
  if (isSimd(word) || bit(word, 21) || bits(word, 11, 10) !== 0) return undefined;
  const form = integerForm(word);
  return form && single(word, { ...form, ar: true });
}

/** Loads relative to the PC. */
function literal(word: number): MemoryInstruction | undefined {
  if (size(word) === 3) return undefined;
  if (isSimd(word)) return plain('read', 4 << size(word));
  const extendTo64 = size(word) === 2 ? true : undefined;
  return single(word, { load: true, sas: size(word) === 1 ? 3 : 2, extendTo64 });
}

/** Pairs of registers. */
function pair(word: number): MemoryInstruction | undefined {
  const access = loadOrStore(bit(word, 22));
  if (size(word) === 3) return undefined;
  if (isSimd(word)) return plain(access, 4 << size(word));
  if (size(word) !== 1) return plain(access, size(word) === 0 ? 4 : 8);
  const signedWord = access === 'read' && bits(word, 24, 23) !== 0;
  return signedWord ? plain(access, 4) : undefined;
}

/** One register, by the way its address is formed, and what shares these encodings. */
function registerGroup(word: number): MemoryInstruction | undefined {
  if (bit(word, 24)) return register(word, 'plain');
  const form = bits(word, 11, 10);
  if (!bit(word, 21)) return register(word, UNSCALED[form] ?? 'plain');
  if (form === 2) return bit(word, 14) ? register(word, 'plain') : undefined;
  if (isSimd(word)) return undefined;
  return form === 0 ? atomic(word) : authenticated(word);
}

type Addressing = 'plain' | 'writeback' | 'unprivileged';
/** Offset without scale, post-index, unprivileged, pre-index: bits [11:10]. */
const UNSCALED: readonly Addressing[] = ['plain', 'writeback', 'unprivileged', 'writeback'];

function register(word: number, addressing: Addressing): MemoryInstruction | undefined {
  if (isSimd(word)) return addressing === 'unprivileged' ? undefined : simdRegister(word);
  const form = integerForm(word);
  if (form === undefined) return undefined;
  if (addressing === 'writeback') return plain(loadOrStore(form.load), 1 << form.sas);
  return { ...single(word, form), unprivileged: addressing === 'unprivileged' };
}

function simdRegister(word: number): MemoryInstruction | undefined {
  const access = loadOrStore(bit(word, 22));
  if (!bit(word, 23)) return plain(access, 1 << size(word));
  return size(word) === 0 ? plain(access, 16) : undefined;
}

/** A load or store of one general-purpose register. */
interface SingleForm {
  load: boolean;
  /** log2 of the bytes. */
  sas: number;
  /** A load that extends the sign to 32 or 64 bits. */
  extendTo64?: boolean | undefined;
  ar?: boolean;
}

/** Size and opc of an integer load or store; undefined for a prefetch and for what is unallocated. */
function integerForm(word: number): SingleForm | undefined {
  const sas = size(word);
  const opc = bits(word, 23, 22);
  if (opc < 2) return { load: opc === 1, sas };
  const extendTo64 = opc === 2;
  // A sign extends to more bits than were loaded: 3 to none, 2 to 64 only.
  return sas === WORD_64 || (sas === 2 && !extendTo64) ? undefined : { load: true, sas, extendTo64 };
}

function single(word: number, { load, sas, extendTo64, ar = false }: SingleForm): MemoryInstruction {
  const syndrome = {
    sas,
    srt: registerT(word),
    sf: extendTo64 ?? sas === WORD_64,
    sse: extendTo64 !== undefined,
    ar,
  };
  return { ...plain(loadOrStore(load), 1 << sas), syndrome };
}

const ATOMIC_SWAP = 0;
const ATOMIC_LDAPR = 4;

/** LDADD to LDUMIN, SWP, and LDAPR, which has its place among them. */
function atomic(word: number): MemoryInstruction | undefined {
  const opc = bits(word, 14, 12);
  const bytes = 1 << size(word);
  if (!bit(word, 15) || opc === ATOMIC_SWAP) return plain('atomic', bytes);
  const acquireOnly = bits(word, 23, 22) === 2 && bits(word, 20, 16) === ALL_ONES;
  return opc === ATOMIC_LDAPR && acquireOnly
    ? single(word, { load: true, sas: size(word), ar: true })
    : undefined;
}

/** LDRAA and LDRAB. */
function authenticated(word: number): MemoryInstruction | undefined {
  if (size(word) !== WORD_64) return undefined;
  return bit(word, 11) ? plain('read', 8) : single(word, { load: true, sas: 3 });
}
