// Every recorded translation of this repository, run.
import { describe, expect, it } from 'vitest';
import { runVectors } from '../../src/conform/run.js';
import { conformText } from '../../src/report/conform.js';
import { loadVectors, VECTORS } from '../conform/files.js';

describe('the translation of', () => {
  it('the recorded files is tried in full', () => {
    expect(VECTORS).toHaveLength(50);
  });

  it.each(VECTORS)('%s is what was recorded, or a legal alternative', (name) => {
    const result = runVectors(loadVectors(name), 1);
    expect(result.different === 0 ? '' : conformText([result])).toBe('');
    expect(result).toMatchObject({ notApplicable: 0, queries: result.equal + result.alternative });
  });
});
