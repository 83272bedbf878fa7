// docs/stage2.1.md, made of the commands themselves: their usage, arguments, options and examples.

/** @typedef {import('commander').Command} Command */
/** @typedef {import('commander').Option} Option */
/** @typedef {(command: Command) => readonly { line: string, about: string }[]} ExamplesOf */

const COMMON = `## Input

Addresses, sizes and register values are numbers of up to 64 bits: hex behind \`0x\`, or decimal; \`_\` may stand between
digits (\`0x4000_0000\`). Where an option takes a size, \`K\`, \`M\`, \`G\` and \`T\` may stand behind it.

Every file may be packed with gzip. \`-\` is standard input, which can be read once. Registers have the names of the Arm ARM.

## Output

Text is for people and may change; it is at most about 110 columns wide, and faults and differences are coloured on a terminal.
With \`--json\` a command prints exactly one JSON document, errors included: addresses, descriptors and registers are hex
strings, and \`$schema\` names the schema that the package has under that name (\`stage2/schema/*\`). The number in its name
changes when readers of the document have to.

What is wrong is one line on standard error that names the input, what was found and what was expected. Long work says on
standard error how far it has come, if that is a terminal.

## Exit status

| status | |
| --- | --- |
| 0 | answered; a guest fault is an answer |
| 1 | an expectation failed: a check, a comparison or a validation found a difference |
| 2 | the command line or an input is wrong, or the answer cannot be written |
| 70 | a bug of stage2 |

## Environment

| variable | |
| --- | --- |
| \`NO_COLOR\` | no colours, if it is set and not empty |
| \`FORCE_COLOR\` | colours in a file or pipe as well; \`0\`: none. Counts for more than \`NO_COLOR\` |
| \`TERM\` | \`dumb\`: no colours |
| \`DISPLAY\`, \`WAYLAND_DISPLAY\` | \`stage2 open\` starts a browser if one of them is set |
`;

/**
 * @param {Command} program
 * @param {ExamplesOf} examplesOf
 */
export function manPage(program, examplesOf) {
  const list = program.commands.map(
    (command) => `| [${command.name()}](#${command.name()}) | ${cell(command.description())} |`,
  );
  return `# stage2(1)

<!-- Made by \`npm run man\` from the commands themselves. -->

**stage2** - ${program.description()}

\`stage2 COMMAND [OPTION...]\`, \`stage2 COMMAND --help\`, \`stage2 --version\`

| command | |
| --- | --- |
${list.join('\n')}

${program.commands.map((command) => commandText(command, examplesOf)).join('\n')}
${COMMON}`;
}

/**
 * @param {Command} command
 * @param {ExamplesOf} examplesOf
 */
function commandText(command, examplesOf) {
  const args = command.registeredArguments.map(
    (argument) => `| \`${usageOf(argument)}\` | ${cell(argument.description)}${choices(argument)} |`,
  );
  const options = command.options.map(
    (option) => `| \`${option.flags}\` | ${cell(option.description)}${choices(option)}${standard(option)} |`,
  );
  const examples = examplesOf(command).map(({ line, about }) => `${line}\n    # ${about}`);
  return `## ${command.name()}

\`stage2 ${[command.name(), '[options]', ...command.registeredArguments.map(usageOf)].join(' ')}\`

${sentence(command.description())}

| | |
| --- | --- |
${[...args, ...options].join('\n')}

\`\`\`sh
${examples.join('\n')}
\`\`\`
`;
}

/** @param {import('commander').Argument} argument */
function usageOf(argument) {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** @param {{ argChoices?: readonly string[] }} taken */
function choices({ argChoices }) {
  return argChoices === undefined ? '' : `: ${argChoices.join(', ')}`;
}

/** What an option has if it is not given. @param {Option} option */
function standard({ defaultValue, defaultValueDescription, negate }) {
  const text = defaultValueDescription ?? defaultValue;
  const isSaid = typeof text === 'string' || typeof text === 'number';
  return isSaid && !negate ? ` (default: ${text})` : '';
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

/** @param {string} text */
function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
