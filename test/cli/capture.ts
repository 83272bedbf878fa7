import { Readable } from 'node:stream';
import { vi } from 'vitest';
import { createProgram, type Register, run } from '../../src/cli/program.js';

/** What a run of a command left behind. */
export interface Captured {
  stdout: string;
  stderr: string;
  exit: number;
}

/** Runs a command line of one command in this process, with `stdin` as its standard input. */
export function runCommand(
  register: Register,
  args: readonly string[],
  stdin?: Uint8Array,
): Promise<Captured> {
  return runProgram([register], args, stdin);
}

/** Runs a command line of these commands in this process. */
export async function runProgram(
  commands: readonly Register[],
  args: readonly string[],
  stdin?: Uint8Array,
): Promise<Captured> {
  const captured: Captured = { stdout: '', stderr: '', exit: 0 };
  const collect = (stream: 'stdout' | 'stderr') =>
    vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      captured[stream] += String(chunk);
      return true;
    });
  const spies = [collect('stdout'), collect('stderr')];
  if (stdin !== undefined) {
    spies.push(
      vi
        .spyOn(process, 'stdin', 'get')
        .mockReturnValue(Readable.from([stdin]) as typeof process.stdin) as never,
    );
  }
  try {
    await run(createProgram(commands), args);
    captured.exit = Number(process.exitCode ?? 0);
  } finally {
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
  }
  return captured;
}
