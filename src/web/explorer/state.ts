import { ACCESS_KINDS, type AccessKind } from '../../arm/access.js';
import { type Choices, DEFAULT_CHOICES } from '../../arm/choices.js';
import { CPU_PRESETS } from '../../arm/cpu.js';
import { encodeParFault } from '../../arm/par.js';
import { parseHex } from '../../arm/parse.js';
import {
  type Codec,
  flagField,
  hexField,
  hexText,
  listField,
  type Shape,
  textField,
  wordField,
} from '../codec.js';
import { CHOICES } from './choices.js';
import { EXAMPLE_ACCESSES, EXAMPLE_REGISTERS } from './example.js';
import { featuresOf } from './features.js';

/** A descriptor that stands in place of the one of the tables: address and value. */
export type Edit = readonly [bigint, bigint];

/** What the Explorer shows. */
export interface ExplorerState {
  /** `example`, or the name of the dump that has to be loaded. */
  tables: string;
  /** Name of a core, or its features: see featuresOf. */
  cpu: string;
  /** What the architecture leaves open. */
  choices: Choices;
  vtcr: bigint;
  vttbr: bigint;
  hcr: bigint;
  sctlrEl2: bigint;
  sctlrEl1: bigint;
  tcrEl1: bigint;
  ttbr0El1: bigint;
  ttbr1El1: bigint;
  mairEl1: bigint;
  mode: 'ipa' | 'va';
  address: bigint;
  access: AccessKind;
  el: '0' | '1';
  edits: readonly Edit[];
  /** Registers of the decoder. */
  esr: bigint;
  hpfar: bigint;
  far: bigint;
  par: bigint;
  /** The decoder shows the registers of the walk's fault. */
  follow: boolean;
}

const EDIT: Codec<Edit> = {
  parse: (text, what) => {
    const [pa = '', value] = text.split(':');
    if (value === undefined) {
      throw new Error(`${what}: found ${JSON.stringify(text.slice(0, 40))}, expected ADDRESS:DESCRIPTOR`);
    }
    return [parseHex(pa, what), parseHex(value, what)];
  },
  format: ([pa, value]) => `${hexText(pa)}:${hexText(value)}`,
};

const CPU: Codec<string> = {
  parse: (text, what) => {
    featuresOf(text, what);
    return text;
  },
  format: (value) => value,
};

const [FIRST] = EXAMPLE_ACCESSES;
const R = EXAMPLE_REGISTERS;

export const EXPLORER: Shape<ExplorerState> = {
  tables: textField('tables', 'example'),
  cpu: { key: 'cpu', codec: CPU, initial: Object.keys(CPU_PRESETS).at(-1) ?? '' },
  choices: { key: 'choices', codec: CHOICES, initial: DEFAULT_CHOICES },
  vtcr: hexField('vtcr', R.vtcr),
  vttbr: hexField('vttbr', R.vttbr),
  hcr: hexField('hcr', R.hcr),
  sctlrEl2: hexField('sctlr2', R.sctlrEl2),
  sctlrEl1: hexField('sctlr1', R.sctlrEl1),
  tcrEl1: hexField('tcr', R.tcrEl1),
  ttbr0El1: hexField('ttbr0', R.ttbr0El1),
  ttbr1El1: hexField('ttbr1', R.ttbr1El1),
  mairEl1: hexField('mair', R.mairEl1),
  mode: wordField('mode', ['ipa', 'va'], 'ipa'),
  address: hexField('at', FIRST?.address ?? 0n),
  access: wordField('access', ACCESS_KINDS, 'read'),
  el: wordField('el', ['0', '1'], '1'),
  edits: listField('edit', EDIT, []),
  esr: hexField('esr', 0x9380_0047n),
  hpfar: hexField('hpfar', 0x40_0050n),
  far: hexField('far', 0x40_3010n),
  par: hexField('par', encodeParFault(7)),
  follow: flagField('follow', true),
};
