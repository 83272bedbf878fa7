import * as v from 'valibot';
import { arrayOf, hex64, objectOf, text, wholeNumber } from '../trace/schema.js';
import { FORMATS } from './file.js';

const flag = v.boolean('true or false');

/** An object with these fields and no others: what an unknown one stands for would be missed. */
function onlyObjectOf<Entries extends v.ObjectEntries>(entries: Entries) {
  const names = Object.keys(entries).join(', ');
  return v.strictObject(entries, ({ expected }) => (expected === 'never' ? `one of ${names}` : 'an object'));
}

const features = onlyObjectOf({
  pa_bits: wholeNumber(32, 56),
  lpa: flag,
  granules: arrayOf(v.picklist([4, 16, 64], '4, 16 or 64')),
  lpa2: arrayOf(v.picklist([4, 16], '4 or 16')),
  ttst: flag,
  xnx: flag,
  haf: flag,
  hdbs: flag,
  fwb: flag,
  ras: flag,
  bbm: v.picklist([0, 1, 2], '0, 1 or 2'),
});

/** What both formats have around their cases. */
export const fileSchema = objectOf({
  format: v.picklist(FORMATS, FORMATS.join(' or ')),
  features,
  ram: arrayOf(v.strictTuple([hex64, hex64], 'a base and a size')),
  cases: arrayOf(v.looseObject({ name: text }, 'an object')),
});

const registers = onlyObjectOf({
  vtcr_el2: hex64,
  vttbr_el2: hex64,
  hcr_el2: hex64,
  sctlr_el2: v.optional(hex64),
  sctlr_el1: v.optional(hex64),
  tcr_el1: v.optional(hex64),
  ttbr0_el1: v.optional(hex64),
  ttbr1_el1: v.optional(hex64),
  mair_el1: v.optional(hex64),
});

function caseOf<Query extends v.GenericSchema>(query: Query) {
  return objectOf({
    name: text,
    registers,
    memory: arrayOf(objectOf({ pa: hex64, u64: arrayOf(hex64) })),
    queries: arrayOf(query),
  });
}

const el = v.picklist([0, 1], '0 or 1');
const overrides = {
  vtcr_el2: v.optional(hex64),
  vttbr_el2: v.optional(hex64),
  hcr_el2: v.optional(hex64),
};
const updates = v.optional(arrayOf(v.strictTuple([hex64, hex64], 'a PA and a descriptor')));

const recordedQuery = objectOf({
  op: text,
  ipa: hex64,
  ...overrides,
  el: v.optional(el),
  insn: v.optional(hex64),
  par: v.optional(hex64),
  esr: v.optional(hex64),
  far: v.optional(hex64),
  hpfar: v.optional(hex64),
  esr_el1: v.optional(hex64),
  far_el1: v.optional(hex64),
  pa: v.optional(hex64),
  upd: updates,
  alt: v.optional(
    arrayOf(
      objectOf({
        par: v.optional(hex64),
        esr: v.optional(hex64),
        ok: v.optional(v.unknown()),
        upd: updates,
      }),
    ),
  ),
  cu: v.optional(arrayOf(text)),
});
export type RecordedQuery = v.InferOutput<typeof recordedQuery>;

/** A case of `a64-s2-oracle/1`. */
export const recordedCase = caseOf(recordedQuery);

const specUpdates = v.optional(arrayOf(v.strictTuple([hex64, hex64, hex64], 'a PA, an old and a new word')));
const sh = v.picklist([0, 1, 2, 3], '0 to 3');
const ATTR = 'an attribute byte such as "0xff"';
const attr = v.pipe(
  v.string(ATTR),
  v.regex(/^0x[0-9a-f]{1,2}$/i, ATTR),
  v.transform((digits) => Number(digits)),
);

const specOk = objectOf({ pa: hex64, attr, sh, upd: specUpdates });
const specFault = objectOf({
  fault: v.picklist(
    ['Translation', 'AddressSize', 'AccessFlag', 'Permission', 'Alignment', 'SyncExternalOnWalk'],
    'a fault such as Translation or Permission',
  ),
  level: wholeNumber(-1, 3),
  stage: v.picklist([1, 2], '1 or 2'),
  s1ptw: flag,
  ipa: v.optional(hex64),
  write: flag,
  esr: hex64,
  hpfar: v.optional(hex64),
  upd: specUpdates,
});
export type SpecOutcome = v.InferOutput<typeof specOk> | v.InferOutput<typeof specFault>;

const isFault = (input: unknown): boolean => typeof input === 'object' && input !== null && 'fault' in input;

const specQuery = objectOf({
  op: text,
  acc: v.optional(text),
  el,
  ipa: hex64,
  ...overrides,
  mair: v.optional(attr),
  sh: v.optional(sh),
  unaligned: v.optional(flag),
  spec: v.lazy((input): v.GenericSchema<unknown, SpecOutcome> => (isFault(input) ? specFault : specOk)),
});
export type SpecQuery = v.InferOutput<typeof specQuery>;

/** A case of `a64-s2-spec/1`. */
export const specCase = caseOf(specQuery);

export type RawFile = v.InferOutput<typeof fileSchema>;
export type RawFeatures = v.InferOutput<typeof features>;
export type RawRegisters = v.InferOutput<typeof registers>;
export type RawMemory = v.InferOutput<typeof recordedCase>['memory'];
