// What the documents show as input is input.
import { readFileSync } from 'node:fs';
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
