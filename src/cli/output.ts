import { once } from 'node:events';
import { type CommandName, type Documents, schemaOf } from './documents.js';
import { Exit, isInputError } from './errors.js';
import { jsonPieces, toJson } from './json.js';

/** A document whose lists may be made while they are written. */
type Streamed<T> = { [K in keyof T]: T[K] extends readonly (infer Item)[] ? Iterable<Item> : T[K] };

/** What a command gives back: the text for people, the document for `--json`, and the exit code. */
export interface CommandResult<Name extends CommandName> {
  /** Text in pieces is printed as they come. */
  text: string | AsyncIterable<string>;
  /** Absent only where an option that excludes `--json` was given. */
  json?: Streamed<Documents[Name]>;
  exit: Exit;
}

/** Prints the result of `run`, or its error as one line (or one JSON document), and sets the exit code. */
export async function finish<Name extends CommandName>(
  command: Name,
  json: boolean,
  run: () => Promise<CommandResult<Name>>,
): Promise<void> {
  try {
    const result = await run();
    if (json) await printJoined(jsonPieces({ $schema: schemaOf(command), ...result.json }));
    else if (typeof result.text === 'string') await write(printable(result.text));
    else for await (const piece of result.text) await write(printable(piece));
    process.exitCode = result.exit;
  } catch (error) {
    reportError(error, json);
  }
}

/** Characters that are written at once. */
const WRITTEN = 1 << 16;

/** Control characters but line ends and tabs, and colours, which are let through. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal's colours begin with
const CONTROL_OR_COLOUR = /\u001b\[[\d;]*m|[^\P{Cc}\n\t]/gu;

/** A text with nothing in it that moves the cursor of a terminal: files of others may have names and lines that do. */
function printable(text: string): string {
  return text.replaceAll(CONTROL_OR_COLOUR, (found) => (found.length > 1 ? found : '\ufffd'));
}

/** Writes small pieces many at a time. */
async function printJoined(pieces: Iterable<string>): Promise<void> {
  let waiting = '';
  for (const piece of pieces) {
    waiting += piece;
    if (waiting.length < WRITTEN) continue;
    await write(waiting);
    waiting = '';
  }
  await write(waiting);
}

/** No faster than it is taken. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

const CONTROL = /\p{Cc}/gu;

/** One clear line for bad input (exit 2); a stack trace only for a bug of ours (exit 70). */
export function reportError(error: unknown, json: boolean): void {
  const input = isInputError(error);
  // Names of files and what was found in them stay on the line.
  const message = (error instanceof Error ? error.message : String(error)).replaceAll(CONTROL, ' ');
  if (json) {
    const document = { $schema: schemaOf('error'), error: { code: input ? error.code : 'EBUG', message } };
    process.stdout.write(`${toJson(document)}\n`);
  } else process.stderr.write(`stage2: ${message}\n`);
  if (!input && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = input ? Exit.INPUT : Exit.BUG;
}
