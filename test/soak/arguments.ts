// The command line of `npm run soak`.

export type Arguments =
  | { mode: 'property'; seconds: number; seed: number }
  | { mode: 'hostile'; cases: number; seed: number }
  | { mode: 'histories'; steps: number; seed: number }
  | { mode: 'files'; mutations: number; seed: number; kind: string | undefined; large: boolean }
  | { mode: 'replay'; file: string }
  | { mode: 'replayFile'; file: string; kind: string | undefined };

/** Bad arguments: one line for people. */
export class UsageError extends Error {}

const USAGE =
  'usage: npm run soak -- --seconds N [--seed S] | --hostile [--cases N] [--seed S] | ' +
  '--histories [--steps N] [--seed S] | --replay FILE | ' +
  '--files [--mutations N | --large] [--seed S] [--kind K] [--replay FILE]';
const CASES = 10_000_000;
const STEPS = 1_000_000;
const MUTATIONS = 100_000;
const SEEDS = 2 ** 31;
const MOST = 1e12;
const MODES = ['--hostile', '--histories', '--files'];
const NUMBERS = ['--seconds', '--cases', '--steps', '--mutations', '--seed'];
/** Which number goes with which mode. */
const GOES_WITH: Record<string, string> = {
  '--cases': '--hostile',
  '--steps': '--histories',
  '--mutations': '--files',
};

/** Throws UsageError. */
export function parseArguments(all: readonly string[], randomSeed: () => number): Arguments {
  const { args: rest, kind } = withoutKind(all);
  const args = rest.filter((arg) => arg !== '--large');
  const large = args.length < rest.length;
  if (!args.includes('--files')) {
    if (kind !== undefined) throw new UsageError('--kind goes with --files');
    if (large) throw new UsageError('--large goes with --files');
  }
  if (args.includes('--replay')) return replayArguments(args, kind);
  const modes = MODES.filter((mode) => args.includes(mode));
  if (modes.length > 1) throw new UsageError(`${modes.join(' and ')} do not go together`);
  const given = numbersOf(args);
  const seed = given.get('--seed') ?? randomSeed();
  if (seed >= SEEDS) throw new UsageError(`--seed ${seed}: expected a number below ${SEEDS}`);
  const [mode] = modes;
  checkNumbers(mode, given);
  if (mode === '--hostile') return { mode: 'hostile', cases: given.get('--cases') ?? CASES, seed };
  if (mode === '--histories') return { mode: 'histories', steps: given.get('--steps') ?? STEPS, seed };
  if (mode === '--files')
    return { mode: 'files', mutations: given.get('--mutations') ?? MUTATIONS, seed, kind, large };
  return { mode: 'property', seconds: given.get('--seconds') ?? 0, seed };
}

function checkNumbers(mode: string | undefined, given: ReadonlyMap<string, number>): void {
  for (const [number, goesWith] of Object.entries(GOES_WITH)) {
    if (given.has(number) && mode !== goesWith) throw new UsageError(`${number} goes with ${goesWith}`);
  }
  if (mode === undefined && !given.has('--seconds')) throw new UsageError(USAGE);
  if (mode === undefined || !given.has('--seconds')) return;
  const instead = Object.keys(GOES_WITH).find((number) => GOES_WITH[number] === mode);
  throw new UsageError(`--seconds does not go with ${mode}; it takes ${instead}`);
}

function replayArguments(all: readonly string[], kind: string | undefined): Arguments {
  const args = all.filter((arg) => arg !== '--files');
  const [name, file] = args;
  if (name !== '--replay' || file === undefined || args.length !== 2)
    throw new UsageError('--replay: expected one file and nothing else');
  return args.length < all.length ? { mode: 'replayFile', file, kind } : { mode: 'replay', file };
}

function withoutKind(args: readonly string[]): { args: readonly string[]; kind: string | undefined } {
  const at = args.indexOf('--kind');
  if (at < 0) return { args, kind: undefined };
  const kind = args[at + 1];
  if (kind === undefined) throw new UsageError('--kind: found nothing, expected a kind of file');
  return { args: [...args.slice(0, at), ...args.slice(at + 2)], kind };
}

export const randomSeed = (): number => Math.floor(Math.random() * SEEDS);

function numbersOf(args: readonly string[]): Map<string, number> {
  const given = new Map<string, number>();
  for (let i = 0; i < args.length; i++) {
    const name = args[i] as string;
    if (MODES.includes(name)) continue;
    if (!NUMBERS.includes(name)) throw new UsageError(`${name}: unknown; ${USAGE}`);
    given.set(name, numberOf(name, args[++i]));
  }
  return given;
}

function numberOf(name: string, text: string | undefined): number {
  const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= MOST)) throw new UsageError(`${name}: found ${text ?? 'nothing'}, expected a whole number`);
  return value;
}
