import type { State } from '../../scenario/comparison/state.js';
import { CONFIGS, DEFAULT_CORE, DEFAULT_KERNEL, STATE, STATES, VARIANTS } from '../choices.js';
import { numberField, type Shape, textField, wordField } from '../codec.js';

/** What Replay shows. */
export interface ReplayState {
  config: (typeof CONFIGS)[number];
  variant: (typeof VARIANTS)[number];
  core: string;
  kernel: string;
  state: State;
  seed: number;
  /** The fault that is stepped through, from 1. */
  fault: number;
}

const FAULTS_MAX = 2 ** 31;

export const REPLAY: Shape<ReplayState> = {
  config: wordField('config', CONFIGS, 'gcc12c'),
  variant: wordField('variant', VARIANTS, 'rfc'),
  core: textField('core', DEFAULT_CORE),
  kernel: textField('kernel', DEFAULT_KERNEL),
  state: { key: 'state', codec: STATE, initial: STATES[0] as State },
  seed: numberField('seed', [0, Number.MAX_SAFE_INTEGER], 1),
  fault: numberField('fault', [1, FAULTS_MAX], 1),
};
