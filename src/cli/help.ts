import type { Command } from 'commander';

/** A command line that works, and what it is for. */
export interface Example {
  line: string;
  about: string;
}

const EXAMPLES = new WeakMap<Command, readonly Example[]>();

/** Adds examples to the help of a command. */
export function addExamples(command: Command, examples: readonly Example[]): Command {
  EXAMPLES.set(command, examples);
  const lines = examples.map(({ line, about }) => `  ${line}\n      ${about}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** The examples of a command. */
export function examplesOf(command: Command): readonly Example[] {
  return EXAMPLES.get(command) ?? [];
}
