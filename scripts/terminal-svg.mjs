// Draws what a command printed as an SVG for the README:
//   node dist/cli/main.js compare | node scripts/terminal-svg.mjs docs/compare.svg 'npm start'
import { readFileSync, writeFileSync } from 'node:fs';

const [out, command, lines = '60'] = process.argv.slice(2);
if (out === undefined || command === undefined || !/^\d+$/.test(lines)) {
  console.error("usage: COMMAND | node scripts/terminal-svg.mjs FILE.svg 'COMMAND' [LINES]");
  process.exit(2);
}

const LINE = 17;
const CHARACTER = 7.8;
const MARGIN = 16;

const text = [`$ ${command}`, ...readFileSync(0, 'utf8').trimEnd().split('\n').slice(0, Number(lines))];
const columns = Math.max(...text.map((line) => line.length));
const width = Math.ceil(columns * CHARACTER + 2 * MARGIN);
const height = text.length * LINE + 2 * MARGIN;
/** @param {string} line */
const escaped = (line) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const rows = text.map((line, i) => {
  const weight = /^[A-Z]{4}|^\$/.test(line) ? ' font-weight="bold"' : '';
  return `<text x="${MARGIN}" y="${MARGIN + 12 + i * LINE}"${weight} xml:space="preserve">${escaped(line)}</text>`;
});
writeFileSync(
  out,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Output of ${escaped(command)}">
<rect width="100%" height="100%" rx="6" fill="#10151c"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="13" fill="#d6dde6">
${rows.join('\n')}
</g>
</svg>
`,
);
