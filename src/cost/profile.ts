import { ColdRule, WalkStorage } from '../abi/uarch.js';
import { type Citations, type Constant, readCitations, readConstant, readOrigin } from './constant.js';
import {
  type BtbProfile,
  type CacheProfile,
  readBtb,
  readCache,
  readTable,
  readWhole,
  type TableProfile,
} from './core-structures.js';
import { type DataError, show } from './error.js';
import { Field } from './field.js';
import { memberNames } from './names.js';
import { type EntrySizes, readEntrySizes } from './tlb-sizes.js';

const FORMAT = 'stage2-profiles/1';
/** Names go into tables and file names. */
const NAME = /^[\w.-]{1,40}$/;
const ORDERS = ['in-order', 'out-of-order'] as const;
/** System costs that every profile has, in cycles. */
export const SYSTEM_COSTS = [
  'exc_entry',
  'exc_return',
  'isb',
  'dsb_empty',
  'tlbi_va_local',
  'mrs',
  'msr',
] as const;
/** Largest number of two-bit counters of a direction predictor, as a power of two. */
const INDEX_BITS_MAX = 20;
const RETURNS_MAX = 256;
/** With these, and no constant above {@link readConstant}'s most, every price is a whole number of microcycles. */
const GHZ_MAX = 100;
const SCALE_MAX = 100;

/** A choice between named rules, with where it comes from. */
export interface Choice<T> extends Pick<Constant, 'conf' | 'src'> {
  /** The rule chosen. */
  v: T;
}

/** One core: its structures, and what they and its system operations cost. Cycles, if nothing else is said. */
export interface CoreProfile {
  /** Its key in the file: up to 40 letters, digits, `_`, `.` and `-`. */
  name: string;
  /** Blocks of code do not overlap: their steady cycles add up. */
  inOrder: boolean;
  /** GHz. */
  clock: Constant;
  /** Of the first level, for code. */
  l1i: CacheProfile;
  /** Of the first level, for data and for the table walker. */
  l1d: CacheProfile;
  /** Of the second level, for both. */
  l2: CacheProfile;
  /** Undefined without one: what misses the L2 is in DRAM. */
  l3: CacheProfile | undefined;
  /** Load to use by where the line is. */
  latency: {
    /** In the L1D. */
    l1: Constant;
    /** In the L2. */
    l2: Constant;
    /** In the L3; undefined without one. */
    l3: Constant | undefined;
    /** In memory. */
    dram: Constant;
    /** In another cpu's cache. */
    remote: Constant;
  };
  /** Part of a miss that the core waits for, 0 to 1. */
  exposed: {
    /** Of a load that missed the L1D. */
    load: Constant;
    /** Of a store that missed the L1D. */
    store: Constant;
    /** Of a fetch that missed the L1I. */
    fetch: Constant;
  };
  /** Its TLBs and walk caches. */
  tlb: TlbProfile;
  /** Its branch prediction. */
  branches: BranchProfile;
  /** What code costs, caches and branches apart. */
  issue: {
    /** The core whose static model prices it: one of src/data/path-cycles.json. */
    model: Choice<string>;
    /** Cycles of this core for a cycle of that; at most 100. */
    scale: Constant;
  };
  /** System costs by their names in the file: exc_entry, isb, mrs, ... */
  system: ReadonlyMap<string, Constant>;
  /** Every number and every choice of the file by its place, such as `lat.l2`. */
  leaves: ReadonlyMap<string, Constant | Choice<string>>;
}

/** The TLBs and walk caches of a core; latencies in cycles. */
export interface TlbProfile {
  /** First level, for fetches. */
  itlb: TableProfile;
  /** First level, for data. */
  dtlb: TableProfile;
  /** Second level, for both. */
  stlb: TableProfile;
  /** Sizes of the entries of the second level; undefined where the profile does not say. */
  stlbSizes: EntrySizes | undefined;
  /** A first-level miss that hits the second level. */
  stlbHit: Constant;
  /** Whether walks keep partial results apart from the second level or in it. */
  storage: Choice<WalkStorage>;
  /** With separate storage only. */
  walkCache: TableProfile | undefined;
  /** IPA -> PA entries; with separate storage only. */
  ipaCache: TableProfile | undefined;
  /** A walk, besides what it looks up and reads. */
  walkOverhead: Constant;
  /** Looking up a partial result. */
  walkLookup: Constant;
}

/** The branch prediction of a core; latencies in cycles. */
export interface BranchProfile {
  /** Of any branch; also the unit of `eretRefills`. */
  mispredict: Constant;
  /** The fastest level of the BTB; undefined where the core has none. */
  nano: BtbProfile | undefined;
  /** The level behind it; undefined where the core has none. */
  micro: BtbProfile | undefined;
  /** The largest level; undefined where the core has none. */
  main: BtbProfile | undefined;
  /** Lost for a taken direct branch that no level of the BTB holds. */
  decodedBubble: Constant;
  /** log2 of the two-bit counters of the direction predictor, 1 to 20. */
  indexBits: Constant;
  /** Bits of global history in the index, 0 to `indexBits`. */
  historyBits: Constant;
  /** Entries, 1 to 256. */
  returnStack: Constant;
  /** What is predicted of a conditional branch that the BTB does not hold. */
  coldRule: Choice<ColdRule>;
  /** Front-end refills of an exception return on top of its cost. */
  eretRefills: Constant;
}

/**
 * The cores of a profile file, the package's or a user's, by name. The form: src/data/README.md.
 * @throws {@link DataError} naming the field that is wrong.
 */
export function parseProfiles(value: unknown, file: string): ReadonlyMap<string, CoreProfile> {
  const root = Field.root(value, file, FORMAT);
  const cited = readCitations(root.get('sources'));
  const cores = root.get('cores');
  if (cores.entries().length === 0) cores.expected('at least one core');
  return cores.map((core, name) => readProfile(checkName(name, core), core, cited));
}

function checkName(name: string, field: Field): string {
  return NAME.test(name) ? name : field.fail('expected a name of letters, digits, dots and dashes');
}

function readProfile(name: string, field: Field, cited: Citations): CoreProfile {
  const constant = (at: Field) => readConstant(at, cited);
  const l3 = field.get('l3').optional((at) => readCache(at, cited));
  const lat = field.get('lat');
  const exposed = field.get('exposed');
  return {
    name,
    inOrder: field.get('order').oneOf(ORDERS) === 'in-order',
    clock: positive(field.get('clock_ghz'), cited, GHZ_MAX),
    l1i: readCache(field.get('l1i'), cited),
    l1d: readCache(field.get('l1d'), cited),
    l2: readCache(field.get('l2'), cited),
    l3,
    latency: {
      l1: constant(lat.get('l1')),
      l2: constant(lat.get('l2')),
      l3: l3 === undefined ? undefined : constant(lat.get('l3')),
      dram: constant(lat.get('dram')),
      remote: constant(lat.get('remote')),
    },
    exposed: {
      load: part(exposed.get('load'), cited),
      store: part(exposed.get('store'), cited),
      fetch: part(exposed.get('fetch'), cited),
    },
    tlb: readTlb(field.get('tlb'), cited),
    branches: readBranches(field.get('bp'), cited),
    issue: {
      model: readChoice(field.get('issue').get('model'), cited),
      scale: atMost(field.get('issue').get('scale'), cited, SCALE_MAX),
    },
    system: readSystem(field.get('sys'), cited),
    leaves: new Map(leavesOf(field, '', cited)),
  };
}

function readTlb(field: Field, cited: Citations): TlbProfile {
  const table = (name: string) => readTable(field.get(name), field.get(`${name}_ways`), cited);
  const storage = readEnum(field.get('walk_storage'), WalkStorage, cited);
  const separate = storage.v === WalkStorage.SEPARATE;
  return {
    itlb: table('itlb'),
    dtlb: table('dtlb'),
    stlb: table('l2tlb'),
    stlbSizes: field.get('l2tlb_sizes').optional((at) => readEntrySizes(at, cited)),
    stlbHit: readConstant(field.get('l2tlb_hit_extra'), cited),
    storage,
    walkCache: separate ? table('walk_cache') : undefined,
    ipaCache: separate ? table('ipa_cache') : undefined,
    walkOverhead: readConstant(field.get('walk_overhead'), cited),
    walkLookup: readConstant(field.get('walk_lookup'), cited),
  };
}

function readBranches(field: Field, cited: Citations): BranchProfile {
  const btb = (name: string) => field.get(name).optional((at) => readBtb(at, cited));
  const indexBits = readWhole(field.get('direction_index_bits'), cited, 1, INDEX_BITS_MAX);
  return {
    mispredict: readConstant(field.get('mispredict'), cited),
    nano: btb('btb_nano'),
    micro: btb('btb_micro'),
    main: btb('btb_main'),
    decodedBubble: readConstant(field.get('decoded_bubble'), cited),
    indexBits,
    historyBits: readWhole(field.get('direction_history_bits'), cited, 0, indexBits.v),
    returnStack: readWhole(field.get('return_stack'), cited, 1, RETURNS_MAX),
    coldRule: readEnum(field.get('cold_rule'), ColdRule, cited),
    eretRefills: readConstant(field.get('eret_refills'), cited),
  };
}

function readSystem(field: Field, cited: Citations): ReadonlyMap<string, Constant> {
  for (const name of SYSTEM_COSTS) readConstant(field.get(name), cited);
  return field.map((item) => readConstant(item, cited));
}

function atMost(field: Field, cited: Citations, max: number): Constant {
  const constant = readConstant(field, cited);
  return constant.hi <= max ? constant : field.fail(`found ${constant.hi}, expected at most ${max}`);
}

function positive(field: Field, cited: Citations, max: number): Constant {
  const constant = atMost(field, cited, max);
  return constant.lo > 0 ? constant : field.fail(`found ${constant.lo}, expected a range above 0`);
}

/** A part of a whole, from 0 to 1. */
function part(field: Field, cited: Citations): Constant {
  const constant = readConstant(field, cited);
  return constant.hi <= 1 ? constant : field.fail(`found ${constant.hi}, expected a range from 0 to 1`);
}

function readChoice(field: Field, cited: Citations): Choice<string> {
  return { v: field.get('v').text(), ...readOrigin(field, cited) };
}

/** A member of the enum `of` by its name. */
function readEnum<T extends number>(
  field: Field,
  of: Record<string, string | T>,
  cited: Citations,
): Choice<T> {
  const { v, ...origin } = readChoice(field, cited);
  const names = memberNames(of);
  if (!names.includes(v)) field.get('v').fail(`found ${show(v)}, expected ${names.join(' or ')}`);
  return { v: of[v] as T, ...origin };
}

/** Objects with a value, and those below objects without. */
function* leavesOf(
  field: Field,
  path: string,
  cited: Citations,
): Generator<[string, Constant | Choice<string>]> {
  const { value } = field;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  if (field.get('v').present) {
    const isText = typeof field.get('v').value === 'string';
    yield [path, isText ? readChoice(field, cited) : readConstant(field, cited)];
    return;
  }
  for (const [key, item] of field.entries()) {
    yield* leavesOf(item, path === '' ? key : `${path}.${key}`, cited);
  }
}

/** Whether nothing of what the core's system operations cost is documented or measured. */
export function hasEstimatedSystem({ system }: CoreProfile): boolean {
  return [...system.values()].every(({ conf }) => conf === 'E' || conf === 'R');
}

/** The line that every report on such a core carries; undefined for the others. */
export function estimatedSystemText(profile: CoreProfile): string | undefined {
  if (!hasEstimatedSystem(profile)) return undefined;
  return `system costs of ${profile.name} are only estimated: exception entry and return, barriers, system registers, TLBI`;
}
