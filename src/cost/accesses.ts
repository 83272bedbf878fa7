import { CODE_BASES, OFFSET_END, Operand, TEXT_BASE } from '../abi/program.js';
import { CostError, DataError, show } from './error.js';
import { Field } from './field.js';

/** A field of a structure of the kernel. */
export interface Place {
  /** Such as `kvm.mmu_lock`. */
  field: string;
  /** The structure it is in. */
  operand: Operand;
  /** Bytes from where the operand points, below 2^20. */
  offset: number;
  /** Added for each further use in a loop. */
  step: number;
}

/** Structures read and written. */
export interface Touches {
  /** In the order they are read, before the stores. */
  loads: readonly Place[];
  /** In the order they are written. */
  stores: readonly Place[];
}

/** What the outcomes that have all `words` touch, and the code they have in common with other functions. */
export interface OutcomeTouches extends Touches {
  /** Parts of an outcome's name, between its commas; none: every outcome of the function. */
  words: readonly string[];
  /** Lines of code by the name of the function they belong to. */
  shares: ReadonlyMap<string, number>;
}

/** What a function outside mmu.o touches, by its outcomes. */
export interface CalleeTouches {
  /** What an outcome touches is all entries that apply to it, one after another. */
  entries: readonly OutcomeTouches[];
  /** What each unit of a quantity reads more. */
  per: ReadonlyMap<string, readonly Place[]>;
}

/** Where in a function a block lies: see {@link BlockTouches}. */
export type BlockPoint = 'entry' | 'call' | 'site' | 'return';

/** What blocks of a function of the handler touch: the first, those that call `name`, end in site `name`, or return. */
export interface BlockTouches extends Touches {
  /** Which blocks, and when in them. */
  at: BlockPoint;
  /** A callee for `call`, the tag of a site for `site`; empty for `entry` and `return`. */
  name: string;
}

/** Which structures of the kernel the path touches: src/data/accesses.json. */
export interface Accesses {
  /** By name of the function outside mmu.o; those that are not named touch nothing known. */
  callees: ReadonlyMap<string, CalleeTouches>;
  /** By function of the handler. */
  blocks: ReadonlyMap<string, readonly BlockTouches[]>;
  /** Bytes of local variables by function of the handler. */
  locals: ReadonlyMap<string, number>;
  /** Number of the place of the code of a function outside the handler (CODE_BASES of src/abi/program.ts). */
  codeBase(name: string): number;
}

const FORMAT = 'stage2-accesses/1';
const POINTS = ['entry', 'call', 'site', 'return'] as const;
const FRAME_MAX = 4096;
const SHARED_LINES_MAX = 32;

/** Reads src/data/accesses.json. @throws {@link DataError} naming what is wrong. */
export function parseAccesses(value: unknown, file: string): Accesses {
  const root = Field.root(value, file, FORMAT);
  const places = readStructures(root.get('structures'));
  const callees = root.get('callees').map((field) => readCallee(field, places));
  const code = root.get('code').get('names');
  return {
    callees,
    blocks: readBlocks(root.get('blocks'), places),
    locals: root
      .get('frames')
      .get('bytes')
      .map((bytes) => bounded(bytes, FRAME_MAX)),
    codeBase: codeBases(code, [...callees.keys(), ...code.texts()]),
  };
}

type Places = ReadonlyMap<string, Place>;

function bounded(field: Field, most: number): number {
  return field.integer(0) <= most ? field.integer(0) : field.expected(`a whole number from 0 to ${most}`);
}

function readStructures(field: Field): Places {
  const places = new Map<string, Place>();
  for (const [name, structure] of field.entries()) {
    const operand = Operand[structure.get('operand').text() as keyof typeof Operand];
    if (operand === undefined || operand === Operand.COUNT) {
      structure.get('operand').expected('a member of enum Operand');
    }
    const step = structure.get('step');
    for (const [key, offset] of structure.get('fields').entries()) {
      const path = `${name}.${key}`;
      const place = { field: path, operand, offset: bounded(offset, OFFSET_END - 1) };
      places.set(path, { ...place, step: step.optional((bytes) => bytes.integer()) ?? 0 });
    }
  }
  return places;
}

function readPlaces(field: Field, places: Places): Place[] {
  const names = field.optional((list) => list.list()) ?? [];
  return names.map((item) => places.get(item.text()) ?? item.expected('a field of a structure'));
}

function readTouches(field: Field, places: Places): Touches {
  return { loads: readPlaces(field.get('loads'), places), stores: readPlaces(field.get('stores'), places) };
}

function readCallee(field: Field, places: Places): CalleeTouches {
  const entries = field
    .get('entries')
    .list()
    .map((entry) => ({
      words: entry.get('words').optional((words) => words.texts()) ?? [],
      ...readTouches(entry, places),
      shares: readShares(entry.get('shares')),
    }));
  const per = field.get('per').optional((lists) => lists.map((list) => readPlaces(list, places)));
  return { entries, per: per ?? new Map() };
}

function readShares(field: Field): ReadonlyMap<string, number> {
  const shares = field.optional((names) => names.map((lines) => bounded(lines, SHARED_LINES_MAX)));
  return shares ?? new Map();
}

function readBlocks(field: Field, places: Places): ReadonlyMap<string, readonly BlockTouches[]> {
  const blocks = new Map<string, BlockTouches[]>();
  for (const item of field.list()) {
    const at = item.get('at').oneOf(POINTS);
    const named = at === 'call' || at === 'site';
    const rule = { at, name: named ? item.get('name').text() : '', ...readTouches(item, places) };
    const name = item.get('function').text();
    const list = blocks.get(name);
    if (list === undefined) blocks.set(name, [rule]);
    else list.push(rule);
  }
  return blocks;
}

/** Known functions in their order, then a few places for functions that only a user's build names. */
function codeBases(field: Field, names: readonly string[]): (name: string) => number {
  const first = TEXT_BASE + 1;
  if (new Set(names).size < names.length) field.fail('a function is named twice');
  if (first + names.length >= CODE_BASES) field.fail(`more than ${CODE_BASES - 2} functions`);
  const known = new Map(names.map((name, i) => [name, first + i]));
  const rest = CODE_BASES - first - names.length;
  return (name) => known.get(name) ?? first + names.length + (hash(name) % rest);
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return h;
}

/** What a call of `callee` that ended in `outcome` touches; nothing for a function that the data do not name. */
export function calleeTouches(accesses: Accesses, callee: string, outcome: string): OutcomeTouches {
  const words = outcome.split(',');
  const entries = (accesses.callees.get(callee)?.entries ?? []).filter((entry) =>
    entry.words.every((word) => words.includes(word)),
  );
  return {
    words,
    loads: entries.flatMap((entry) => entry.loads),
    stores: entries.flatMap((entry) => entry.stores),
    shares: new Map(entries.flatMap((entry) => [...entry.shares])),
  };
}

/** The `k`-th use of a place in a loop, from 0. @throws {@link CostError} beyond what an operation can name. */
export function nthUse(place: Place, k: number): Place {
  const offset = place.offset + place.step * k;
  if (offset < 0 || offset >= OFFSET_END) {
    throw new CostError(`use ${show(k)} of ${place.field} is at offset ${offset}, outside the structure`);
  }
  return { ...place, offset };
}
