// What can be chosen in Replay and Compare, as the command line has it.
import { type State, stateText } from '../scenario/comparison/state.js';
import type { Codec } from './codec.js';

/** Compiler configurations of the builds. */
export const CONFIGS = ['gcc12c', 'gcc12'] as const;
/** Forms of the patch. */
export const VARIANTS = ['rfc', 'pred', 'predkey', 'predflag', 'rfcnohint', 'rfcfaultonly', 'base'] as const;
export const DEFAULT_KERNEL = 'nvhe-4.x';
export const DEFAULT_CORE = 'cortex-a53';
/** What a fault finds, for choices; links take any number of guest cycles. */
export const STATES: readonly State[] = [
  { kind: 'guest', cycles: 10_000 },
  { kind: 'guest', cycles: 100_000 },
  { kind: 'warm' },
  { kind: 'cold' },
];

const GUEST_MAX = 1_000_000_000;

/** `cold`, `warm` or `guest:CYCLES`. */
export const STATE: Codec<State> = {
  parse: (text, what) => {
    if (text === 'cold' || text === 'warm') return { kind: text };
    const cycles = Number(/^guest:(\d{1,10})$/.exec(text)?.[1]);
    if (cycles >= 1 && cycles <= GUEST_MAX) return { kind: 'guest', cycles };
    const found = JSON.stringify(text.slice(0, 40));
    throw new Error(`${what}: found ${found}, expected cold, warm or guest:CYCLES`);
  },
  format: stateText,
};

/** A state in words. */
export function stateWords(state: State): string {
  switch (state.kind) {
    case 'cold':
      return 'cold: nothing in caches and predictors';
    case 'warm':
      return 'warm: as the last fault left it';
    default:
      return `after ${state.cycles.toLocaleString('en-US')} cycles of guest`;
  }
}

/** The same in short, of a state as links have it, for headings and charts. */
export function stateName(text: string): string {
  const state = STATE.parse(text, 'state');
  return state.kind === 'guest' ? stateWords(state) : state.kind;
}
