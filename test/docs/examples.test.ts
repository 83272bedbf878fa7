// What the documents show as input is input, and their benchmark figures are those of the results.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseMemslots } from '../../src/trace/index.js';

/** The blocks of a document that are in one language. */
function blocks(document: string, language: string): string[] {
  const text = readFileSync(new URL(`../../docs/${document}`, import.meta.url), 'utf8');
  return [...text.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, code = '']) => code);
}

it('the slots file of docs/traces.md is one', () => {
  const [file = ''] = blocks('traces.md', 'json');
  expect(parseMemslots(file, 'docs/traces.md').slots).toHaveLength(1);
});

it('the benchmark tables have the figures of bench/results', () => {
  const script = fileURLToPath(new URL('../../scripts/bench-figures.mjs', import.meta.url));
  const { stderr, status } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
});
