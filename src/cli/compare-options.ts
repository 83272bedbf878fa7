import { PHASES } from '../scenario/comparison/placements.js';
import type { State } from '../scenario/comparison/state.js';
import { CliError, unknownValue } from './errors.js';
import { wholeNumber } from './numbers.js';

/** The options of `stage2 compare` as commander gives them. */
export interface CompareOptions {
  trace?: string;
  slots?: string;
  core?: string[];
  kernel: string;
  variant: string;
  config: string;
  state?: string[];
  placements: string;
  samples: string;
  seed: string;
  faults: string;
  contention: string;
  threads?: string;
  profile?: string;
  sites?: boolean;
  json?: boolean;
  csv?: boolean;
  folded?: boolean;
  traceEvent?: string;
  annotate?: boolean;
}

/** What is printed. */
export type Output =
  | { kind: 'text' | 'json' | 'csv' | 'folded' | 'annotate' | 'sites' }
  | { kind: 'traceEvent'; fault: number };

/** The options, checked. */
export interface CompareSettings {
  /** Undefined: all that there are. */
  cores: readonly string[] | undefined;
  kernel: string;
  variant: string;
  config: string;
  states: readonly State[];
  placements: number;
  samples: number;
  seed: number;
  /** Faults followed at each placement. */
  faults: number;
  /** Probability that another vcpu took the line of mmu_lock before a fault. */
  contention: number;
  threads: number | undefined;
  profile: string | undefined;
  output: Output;
}

export const CONFIGS = ['gcc12c', 'gcc12'];
const VARIANTS = ['rfc', 'pred', 'predkey', 'predflag', 'rfcnohint', 'rfcfaultonly', 'base'];
/** Kernel classes that have a short name. */
const KERNELS = new Map([
  ['nvhe', 'nvhe-4.x'],
  ['vhe', 'vhe-6.x'],
]);
const STATES_DEFAULT = ['guest:10000', 'warm', 'cold'];
const PLACEMENTS_MAX = 4096;
const SAMPLES_MAX = 10_000;
const THREADS_MAX = 256;
const GUEST_MAX = 1_000_000_000;

/** The class that a kernel of the option names. */
export function kernelName(text: string): string {
  return KERNELS.get(text) ?? text;
}

/** Values of an option that may be repeated, or be a list with commas. */
export function listOption(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), ...value.split(',')];
}

/** @throws CliError naming the option, what was found and what was expected */
export function compareSettings(options: CompareOptions): CompareSettings {
  return {
    cores: options.core === undefined ? undefined : [...new Set(options.core)],
    kernel: kernelName(options.kernel),
    variant: oneOf('--variant', options.variant, VARIANTS),
    config: oneOf('--config', options.config, CONFIGS),
    states: [...new Set(options.state ?? STATES_DEFAULT)].map(stateOf),
    placements: wholeNumber('--placements', options.placements, PHASES.length, PLACEMENTS_MAX),
    samples: wholeNumber('--samples', options.samples, 1, SAMPLES_MAX),
    seed: wholeNumber('--seed', options.seed, 0, Number.MAX_SAFE_INTEGER),
    faults: wholeNumber('--faults', options.faults, 1, 2 ** 31),
    contention: part('--contention', options.contention),
    threads:
      options.threads === undefined ? undefined : wholeNumber('--threads', options.threads, 1, THREADS_MAX),
    profile: options.profile,
    output: outputOf(options),
  };
}

function stateOf(text: string): State {
  if (text === 'cold' || text === 'warm') return { kind: text };
  const cycles = /^guest:(.+)$/.exec(text)?.[1];
  if (cycles === undefined) throw unknownValue('--state', text, ['cold', 'warm', 'guest:CYCLES']);
  return { kind: 'guest', cycles: wholeNumber('--state guest', cycles, 1, GUEST_MAX) };
}

function outputOf(options: CompareOptions): Output {
  const { traceEvent } = options;
  const asked: Output[] = [];
  for (const kind of ['json', 'csv', 'folded', 'annotate', 'sites'] as const) {
    if (options[kind]) asked.push({ kind });
  }
  if (traceEvent !== undefined) {
    asked.push({ kind: 'traceEvent', fault: wholeNumber('--trace-event', traceEvent, 1, 2 ** 31) });
  }
  if (asked.length > 1) {
    throw new CliError(
      'found several of --json, --csv, --folded, --trace-event, --annotate and --sites, expected one',
    );
  }
  return asked[0] ?? { kind: 'text' };
}

function oneOf(option: string, value: string, allowed: readonly string[]): string {
  if (allowed.includes(value)) return value;
  throw unknownValue(option, value, allowed);
}

/** A part of a whole. */
function part(option: string, text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 1) return value;
  throw new CliError(`${option}: found "${text}", expected a number from 0 to 1`);
}
