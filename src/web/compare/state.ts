import type { State } from '../../scenario/comparison/state.js';
import { IDMAP_POLICIES, type IdmapPolicy } from '../../scenario/idmap-policy.js';
import { CONFIGS, DEFAULT_CORE, DEFAULT_KERNEL, STATE, VARIANTS } from '../choices.js';
import {
  flagField,
  listField,
  namesField,
  numberField,
  type Shape,
  textField,
  wordField,
  wordsField,
} from '../codec.js';

/** What Compare shows. */
export interface CompareState {
  config: (typeof CONFIGS)[number];
  variants: readonly (typeof VARIANTS)[number][];
  cores: readonly string[];
  kernel: string;
  states: readonly State[];
  placements: number;
  samples: number;
  /** Faults followed at each placement, in place of all. */
  faults: number;
  /** Probability that another vcpu took the line of mmu_lock before a fault. */
  contention: number;
  seed: number;
  /** The variant and the core that are shown in full, `rfc cortex-a53`; empty: the first. */
  shown: string;
  /** Faults a second of the break-even, as a power of ten. */
  rate: number;
  /** Cycles of a fault of the break-even, as a power of ten; 0: what the base takes. */
  cost: number;
  /** Internal VMs that are mapped. */
  mebibytes: readonly string[];
  policies: readonly IdmapPolicy[];
  granule: '4' | '16' | '64';
  /** The time to map with what cleaning the caches takes, or without. */
  clean: boolean;
}

const DEFAULT_STATES: readonly State[] = [
  { kind: 'guest', cycles: 10_000 },
  { kind: 'warm' },
  { kind: 'cold' },
];
/** As many as the emulator has room for: 512 GiB. */
const MEBIBYTES_MAX = 1 << 19;

export const COMPARE: Shape<CompareState> = {
  config: wordField('config', CONFIGS, 'gcc12c'),
  variants: wordsField('variants', VARIANTS, [VARIANTS[0]]),
  cores: namesField('cores', [DEFAULT_CORE, 'neoverse-n1']),
  kernel: textField('kernel', DEFAULT_KERNEL),
  states: listField('states', STATE, DEFAULT_STATES),
  placements: numberField('placements', [4, 4096], 64),
  samples: numberField('samples', [1, 10_000], 200),
  faults: numberField('faults', [1, 2 ** 31], 192),
  contention: numberField('contention', [0, 1], 0, false),
  seed: numberField('seed', [0, Number.MAX_SAFE_INTEGER], 1),
  shown: textField('shown', ''),
  rate: numberField('rate', [0, 8], 4, false),
  cost: numberField('cost', [0, 8], 0, false),
  mebibytes: listField(
    'mib',
    {
      parse: (text, what) => {
        const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
        if (value >= 1 && value <= MEBIBYTES_MAX) return String(value);
        throw new Error(
          `${what}: found ${JSON.stringify(text.slice(0, 20))}, expected MiB from 1 to ${MEBIBYTES_MAX}`,
        );
      },
      format: (value) => value,
    },
    ['16', '256', '1024', '16384'],
  ),
  policies: wordsField('policies', IDMAP_POLICIES, IDMAP_POLICIES),
  granule: wordField('granule', ['4', '16', '64'], '4'),
  clean: flagField('clean', false),
};
