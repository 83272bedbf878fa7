import { describe, expect, it } from 'vitest';
import { bytes, figure, interval, signed, table, tables, wrap } from '../../src/report/text.js';

describe('figures in reports', () => {
  it('show about three digits and group thousands', () => {
    expect([0, 1.234, 12.34, 123.4, 12345.6].map(figure)).toEqual(['0', '1.23', '12.3', '123', '12,346']);
  });

  it('never show a negative zero', () => {
    expect([-0.001, -0, 0.004].map(figure)).toEqual(['0', '0', '0']);
    expect(signed(-0.001)).toBe('0');
  });

  it('carry their range', () => {
    expect(interval({ v: 1, lo: 0.5, hi: 2 })).toBe('1.00 [0.50 - 2.00]');
    expect(interval({ v: 0, lo: 0, hi: 0 })).toBe('0');
  });

  it('give bytes in the largest whole unit', () => {
    expect([1023n, 1024n, 16n << 20n, 3n << 30n, 1n << 44n].map(bytes)).toEqual([
      '1023 B',
      '1 KiB',
      '16 MiB',
      '3 GiB',
      '16 TiB',
    ]);
  });
});

describe('text in reports', () => {
  it('is aligned in columns', () => {
    expect(
      table(
        ['', 'n'],
        [
          ['a', '1'],
          ['long', '22'],
        ],
      ),
    ).toBe('         n\n  a      1\n  long  22\n');
  });

  it('is wrapped between words', () => {
    expect(wrap('one two three', 9)).toBe('  one two\n  three\n');
  });
});

describe('a table that is wider than a report', () => {
  const header = ['core', ...Array.from({ length: 9 }, (_, i) => `state ${i}`)];
  const rows = ['cortex-a53', 'neoverse-n1'].map((core) => [
    core,
    ...header.slice(1).map(() => '1'.repeat(20)),
  ]);

  it('becomes several, each with the first column, that leave no column out', () => {
    const parts = tables(header, rows).trimEnd().split('\n\n');
    expect(parts.length).toBe(3);
    for (const part of parts) {
      const [first = '', ...others] = part.split('\n');
      expect(first).toMatch(/^ {2}core /);
      expect(others.map((line) => line.trim().split(/\s+/)[0])).toEqual(['cortex-a53', 'neoverse-n1']);
      for (const line of part.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
    }
    expect(parts.join('\n').match(/state \d/g)).toEqual(header.slice(1));
  });

  it('is one where it fits, and has at least a column beside the first', () => {
    expect(tables(['a', 'b'], [['1', '2']])).toBe(table(['a', 'b'], [['1', '2']]));
    expect(tables(['a', 'b'], [['1', '2'.repeat(200)]])).toBe(table(['a', 'b'], [['1', '2'.repeat(200)]]));
  });
});
