// The registers of every recorded answer, encoded from the fault or the translation they tell of.
import { describe, expect, it } from 'vitest';
import { compare } from '../../src/conform/compare.js';
import { echo } from './echo.js';
import { loadVectors, VECTORS } from './files.js';

describe('the reporting of a known fault or translation', () => {
  it.each(VECTORS)('gives the registers that %s records', (name) => {
    const { cases } = loadVectors(name);
    const wrong = cases.flatMap(({ name: of, queries }) =>
      queries.flatMap((query, index) => {
        const [recorded] = query.accepted;
        if (recorded === undefined) return [`${of} ${index}: nothing recorded`];
        const verdict = compare(query, echo(query, recorded));
        const ok =
          verdict.status === 'equal' || (verdict.status === 'alternative' && query.open.includes('isv_ext'));
        return ok ? [] : [`${of} ${index} ${query.op}: ${JSON.stringify(verdict)}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});
