// docs/glossary.md is the list of terms that the page has.
import { describe, expect, it } from 'vitest';
import { glossaryMarkdown, TERM_GROUPS } from '../../src/web/terms/list.js';

describe('the glossary', () => {
  it('is what the page shows behind "Terms"', async () => {
    await expect(glossaryMarkdown()).toMatchFileSnapshot('../../docs/glossary.md');
  });

  it('has each term once, with sentences and with a place that defines it', () => {
    const all = TERM_GROUPS.flatMap(({ terms }) => [...terms]);
    expect(new Set(all.map(({ name }) => name.toLowerCase())).size).toBe(all.length);
    for (const { name, text, where } of all) {
      expect(text, name).toMatch(/^\S.{20,}\.$/);
      expect(where, name).toMatch(/^(Arm ARM|Linux v4\.13|docs\/\w+\.md|src\/data\/\w+\.(json|md))/);
    }
  });
});
