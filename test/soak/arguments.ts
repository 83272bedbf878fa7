// The command line of `npm run soak`.

export type Arguments =
  | { mode: 'property'; seconds: number; seed: number }
  | { mode: 'hostile'; cases: number; seed: number };

/** Bad arguments: one line for people. */
export class UsageError extends Error {}

const USAGE = 'usage: npm run soak -- --seconds N [--seed S] | --hostile [--cases N] [--seed S]';
const CASES = 10_000_000;
const SEEDS = 2 ** 31;
const MOST = 1e12;
const NUMBERS = ['--seconds', '--cases', '--seed'];

/** Throws UsageError. */
export function parseArguments(args: readonly string[], randomSeed: () => number): Arguments {
  const hostile = args.includes('--hostile');
  const given = numbersOf(args);
  const seed = given.get('--seed') ?? randomSeed();
  if (seed >= SEEDS) throw new UsageError(`--seed ${seed}: expected a number below ${SEEDS}`);
  const seconds = given.get('--seconds');
  const cases = given.get('--cases');
  if (hostile) {
    if (seconds !== undefined) throw new UsageError('--seconds does not go with --hostile; it takes --cases');
    return { mode: 'hostile', cases: cases ?? CASES, seed };
  }
  if (cases !== undefined) throw new UsageError('--cases goes with --hostile');
  if (seconds === undefined) throw new UsageError(USAGE);
  return { mode: 'property', seconds, seed };
}

export const randomSeed = (): number => Math.floor(Math.random() * SEEDS);

function numbersOf(args: readonly string[]): Map<string, number> {
  const given = new Map<string, number>();
  for (let i = 0; i < args.length; i++) {
    const name = args[i] as string;
    if (name === '--hostile') continue;
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
