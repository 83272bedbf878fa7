// Draws what a command printed, its first lines, as an SVG for the README:
//   node dist/cli/main.js compare | node scripts/terminal-svg.mjs docs/compare.svg 'npm start'
//   ... | node scripts/terminal-svg.mjs docs/compare.svg 'npm start' --check    exits 1 if that is not what it shows
import { readFileSync, writeFileSync } from 'node:fs';

const [out, command, check, ...rest] = process.argv.slice(2);
if (
  out === undefined ||
  command === undefined ||
  !['--check', undefined].includes(check) ||
  rest.length > 0
) {
  console.error("usage: COMMAND | node scripts/terminal-svg.mjs FILE.svg 'COMMAND' [--check]");
  process.exit(2);
}

const LINES = 60;
const LINE = 17;
const CHARACTER = 7.8;
const MARGIN = 16;

const text = [`$ ${command}`, ...readFileSync(0, 'utf8').trimEnd().split('\n').slice(0, LINES)];
const columns = Math.max(...text.map((line) => line.length));
const width = Math.ceil(columns * CHARACTER + 2 * MARGIN);
const height = text.length * LINE + 2 * MARGIN;
/** @param {string} line */
const escaped = (line) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const rows = text.map((line, i) => {
  const weight = /^[A-Z]{4}|^\$/.test(line) ? ' font-weight="bold"' : '';
  return `<text x="${MARGIN}" y="${MARGIN + 12 + i * LINE}"${weight} xml:space="preserve">${escaped(line)}</text>`;
});
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Output of ${escaped(command)}">
<rect width="100%" height="100%" rx="6" fill="#10151c"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="13" fill="#d6dde6">
${rows.join('\n')}
</g>
</svg>
`;
if (check === undefined) writeFileSync(out, svg);
else if (svg !== readFileSync(out, 'utf8')) {
  console.error(`${out} does not show what "${command}" prints`);
  process.exitCode = 1;
}
