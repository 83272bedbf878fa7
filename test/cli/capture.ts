import { Readable } from 'node:stream';
import { Command, CommanderError } from 'commander';
import { vi } from 'vitest';

/** What a run of a command left behind. */
export interface Captured {
  stdout: string;
  stderr: string;
  exit: number;
}

/** Runs one command in this process, with `stdin` as its standard input. */
export async function runCommand(
  register: (program: Command) => void,
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
  const program = new Command('stage2').exitOverride();
  register(program);
  try {
    await program.parseAsync([...args], { from: 'user' });
    captured.exit = Number(process.exitCode ?? 0);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    captured.exit = error.exitCode === 0 ? 0 : 2;
  } finally {
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
  }
  return captured;
}
