// What a kind of input file is to these runs, and how a reading of one may end.
import { CliError } from '../../../src/cli/errors.js';
import { Stage2Error } from '../../../src/core/error.js';
import { CostError } from '../../../src/cost/error.js';
import { TraceError } from '../../../src/trace/index.js';

/** A kind of file that a command reads. */
export interface Kind {
  name: string;
  /** JSON or lines of text. */
  json: boolean;
  /** Its part of all cases, beside those of the others: more where reading is quick. */
  share: number;
  /** Files that are accepted, as text; what is mutated. */
  seeds(): readonly string[];
  /**
   * Reads the file as the command does and uses what was read. Gives a text that tells the result.
   * @throws a refusal, or {@link Wrong} if a count does not come out
   */
  use(source: AsyncIterable<Uint8Array>, name: string): Promise<string>;
  /** Arguments of the command for the file at `path`. */
  command(path: string): readonly string[];
  /** An accepted file of about so many bytes. */
  grow(bytes: number): string;
  /** One that takes as much memory for its bytes as can be thought of. */
  worst?(bytes: number): string;
  /** What the command may take besides what grows with the file, in MiB, and bytes for a byte of the file. */
  memory: {
    base: number;
    factor: number;
    /** Of an emulated machine, in MiB, where that is more: what is not used takes no memory. */
    machine?: number;
  };
}

/** A count that does not come out: accepted, and wrong. */
export class Wrong extends Error {}

export function must(holds: boolean, what: () => string): void {
  if (!holds) throw new Wrong(what());
}

/** How a case ended that ended well. */
export type Ending = { kind: 'accepted'; result: string } | { kind: 'refused'; message: string };

const REFUSALS = [TraceError, CostError, Stage2Error, CliError];
/** What messages call the file. */
export const NAME = 'hostile.in';
const MESSAGE_MAX = 1000;

/** Reads and uses `bytes`. @throws what is neither a result nor a refusal of one clear line that names the file */
export async function readAs(kind: Kind, bytes: Uint8Array, chunk = bytes.length): Promise<Ending> {
  try {
    return { kind: 'accepted', result: await kind.use(inChunks(bytes, chunk), NAME) };
  } catch (error) {
    if (!REFUSALS.some((Refusal) => error instanceof Refusal)) throw error;
    const { message } = error as Error;
    checkLine(message);
    return { kind: 'refused', message };
  }
}

/** @throws Wrong unless `message` is one line that names the file and says more than that */
export function checkLine(message: string, name = NAME): void {
  must(
    !/\p{Cc}|\u2028|\u2029/u.test(message),
    () => `the message is more than one line: ${JSON.stringify(message)}`,
  );
  must(message.includes(name), () => `the message does not name the file: ${message}`);
  must(
    message.length < MESSAGE_MAX,
    () => `the message has ${message.length} characters: ${message.slice(0, 80)}`,
  );
}

export async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** JSON with bigints, for comparing results. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `0x${v.toString(16)}` : v)) ?? '';
}
