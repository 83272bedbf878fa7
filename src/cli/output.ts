import { Exit, isInputError } from './errors.js';

/** JSON with bigints as 0x-prefixed hex strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `0x${v.toString(16)}` : v), 2);
}

/** What a command gives back: the text for people, the document for `--json`, and the exit code. */
export interface CommandResult {
  text: string;
  json: object;
  exit: Exit;
}

/** Prints the result of `run`, or its error as one line (or one JSON document), and sets the exit code. */
export async function finish(json: boolean, run: () => Promise<CommandResult>): Promise<void> {
  try {
    const result = await run();
    process.stdout.write(json ? `${toJson(result.json)}\n` : result.text);
    process.exitCode = result.exit;
  } catch (error) {
    reportError(error, json);
  }
}

/** One clear line for bad input (exit 2); a stack trace only for a bug of ours (exit 70). */
export function reportError(error: unknown, json: boolean): void {
  const input = isInputError(error);
  const message = error instanceof Error ? error.message : String(error);
  if (json) process.stdout.write(`${toJson({ error: { code: input ? error.code : 'EBUG', message } })}\n`);
  else process.stderr.write(`stage2: ${message}\n`);
  if (!input && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = input ? Exit.INPUT : Exit.BUG;
}
