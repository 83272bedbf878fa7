// What the architecture leaves open, in words and in links. docs/notes/stage2-walk.md has the place of each.
import { type Choices, choiceBits, DEFAULT_CHOICES } from '../../arm/choices.js';
import type { Codec } from '../codec.js';

export type ChoiceName = keyof Choices;
export type ChoiceValue = Choices[ChoiceName];

/** When a setting counts, and what each of its values does then. */
interface ChoiceText<V extends ChoiceValue> {
  about: string;
  values: Readonly<Record<V, string>>;
}

const TEXTS: { readonly [K in ChoiceName]: ChoiceText<Choices[K]> } = {
  t0sz: {
    about: 'TxSZ out of range',
    values: { fault: 'translation fault, level 0', clamp: 'acts as the nearest legal size' },
  },
  granule: {
    about: 'TG0 or TG1 reserved, or not of this CPU',
    values: {
      smallest: 'acts as the smallest granule',
      4: 'acts as 4K, if the CPU has it',
      16: 'acts as 16K, if the CPU has it',
      64: 'acts as 64K, if the CPU has it',
    },
  },
  reservedMemAttr: {
    about: 'A reserved half of MemAttr',
    values: { WB: 'acts as write-back', WT: 'acts as write-through', NC: 'acts as non-cacheable' },
  },
  reservedShareability: {
    about: 'SH 0b01',
    values: { NSH: 'acts as non-shareable', ISH: 'acts as inner shareable', OSH: 'acts as outer shareable' },
  },
  contiguousOutput: {
    about: 'Low output bits of a contiguous leaf',
    values: { input: 'come from the input address', descriptor: 'come from the descriptor' },
  },
  contiguousBeyondInput: {
    about: 'A contiguous span larger than the input space',
    values: { ignore: 'translates', fault: 'translation fault' },
  },
  blockNt: {
    about: 'nT set in a block (FEAT_BBM)',
    values: { ignore: 'translates', fault: 'translation fault' },
  },
  accessFlagOnFault: {
    about: 'Hardware access flag, if the access then faults',
    values: { keep: 'stays clear', set: 'is set' },
  },
  accessFlagByAt: {
    about: 'Hardware access flag, for an AT instruction',
    values: { set: 'is set', keep: 'stays clear' },
  },
  executeFromDevice: {
    about: 'A fetch from device memory',
    values: { 'normal-nc': 'as from normal non-cacheable memory', fault: 'permission fault' },
  },
  cacheOpAccessFlag: {
    about: 'DC or IC by VA where the access flag is clear',
    values: { fault: 'access flag fault', ignore: 'no fault' },
  },
};

export const CHOICE_NAMES = Object.keys(TEXTS) as readonly ChoiceName[];

/** When the setting counts. */
export function choiceAbout(name: ChoiceName): string {
  return TEXTS[name].about;
}

/** The values of a setting in words, the default first. */
export function choiceValues(name: ChoiceName): { value: ChoiceValue; text: string }[] {
  const values = Object.entries(TEXTS[name].values).map(([word, text]) => ({ value: readValue(word), text }));
  return values.sort((a, b) => Number(isDefault(name, b.value)) - Number(isDefault(name, a.value)));
}

/** A granule is a number. */
function readValue(word: string): ChoiceValue {
  return (/^\d+$/.test(word) ? Number(word) : word) as ChoiceValue;
}

function isDefault(name: ChoiceName, value: ChoiceValue): boolean {
  return DEFAULT_CHOICES[name] === value;
}

/** Settings with one of them changed to the value that `word` names. @throws Stage2Error for one that is not there */
export function withChoice(choices: Choices, name: string, word: string): Choices {
  const changed = { [name]: readValue(word) };
  choiceBits(changed);
  return { ...choices, ...changed };
}

/** `SETTING:VALUE` of those that are not at their defaults, with commas. */
export const CHOICES: Codec<Choices> = {
  parse: (text) =>
    text
      .split(',')
      .filter(Boolean)
      .reduce((choices, each) => {
        const [name = '', word = ''] = each.split(':');
        return withChoice(choices, name.slice(0, 40), word.slice(0, 40));
      }, DEFAULT_CHOICES),
  format: (choices) =>
    CHOICE_NAMES.filter((name) => !isDefault(name, choices[name]))
      .map((name) => `${name}:${choices[name]}`)
      .join(','),
};
