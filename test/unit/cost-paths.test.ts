import { describe, expect, test } from 'vitest';
import { BuildError, nonZero, parsePaths, walkBuild } from '../../src/cost/index.js';
import { dataFile, loadBuild } from './fixtures-cost/load.js';

const { write_perm, no_vma } = dataFile('builds/gcc12c-base.json').paths;

describe('a file of further paths', () => {
  test.each([
    ['under paths', { format: 'stage2-paths/1', build: 'gcc12c-base', paths: { write_perm, no_vma } }],
    ['at the top', { format: 'stage2-paths/1', id: 'gcc12c-base', note: 'x', write_perm, no_vma }],
  ])('has them %s', (_, file) => {
    const { build, paths } = parsePaths(file, 'more.json');
    expect(build).toBe('gcc12c-base');
    expect([...paths.keys()]).toEqual(['write_perm', 'no_vma']);
    const path = paths.get('write_perm');
    const walk = walkBuild(loadBuild('gcc12c-base'), path?.input ?? expect.fail());
    expect(nonZero(walk.totals)).toEqual(write_perm.totals);
  });

  test('keeps what it was told to expect', () => {
    const path = parsePaths({ format: 'stage2-paths/1', paths: { no_vma } }, 'more.json').paths.get('no_vma');
    expect(path).toMatchObject({ name: 'no_vma', ret: -14, opaque: ['printk'], oops: undefined });
    expect(path?.blocks).toEqual(no_vma.blocks);
  });

  test.each([
    ['no format', { paths: {} }, 'format: found nothing, expected stage2-paths/1'],
    ['no paths', { format: 'stage2-paths/1' }, 'found an object, expected scenarios under paths'],
    [
      'a scenario at the top that is none',
      { format: 'stage2-paths/1', no_vma, other: { blocks: [] } },
      'other.predicates: found nothing, expected an object',
    ],
    [
      'a predicate that is no flag',
      { format: 'stage2-paths/1', paths: { p: { ...no_vma, predicates: { is_write: 1 } } } },
      'paths.p.predicates.is_write: found 1, expected true or false',
    ],
    [
      'a negative quantity',
      { format: 'stage2-paths/1', paths: { p: { ...no_vma, quantities: { alloc_ok: -1 } } } },
      'paths.p.quantities.alloc_ok: found -1, expected a whole number from 0 to 4294967295',
    ],
    [
      'a call without an outcome',
      { format: 'stage2-paths/1', paths: { p: { ...no_vma, callees: [{ name: 'find_vma' }] } } },
      'paths.p.callees[0].outcome: found nothing, expected a string',
    ],
  ])('is refused with %s', (_, file, problem) => {
    expect(() => parsePaths(file, 'more.json')).toThrow(BuildError);
    expect(() => parsePaths(file, 'more.json')).toThrow(`more.json: ${problem}`);
  });
});
