import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PREDICATES } from '../../src/cost/names.js';
import { checkOf, parseChecks } from '../../src/scenario/check.js';
import { verifyPaths } from '../../src/scenario/verify.js';
import { buildIds, loadTestBuild } from './verify-files.js';

const ALL = 45;
/** What the syndrome and the host say is known whatever comes of the fault. */
const ALWAYS_COMPARED = [
  'is_write',
  'type_perm',
  'guest_aarch32',
  'slot_found',
  'l1_empty',
  'host_at_el2',
  'vm_has_mm',
];

const variants = new URL('../../src/data/variants.json', import.meta.url);
const checks = parseChecks(JSON.parse(readFileSync(variants, 'utf8')), 'variants.json');

describe('the recorded scenarios of every build in the package', () => {
  it.each(buildIds())('are reproduced exactly: %s', (id) => {
    const build = loadTestBuild(id);
    const reports = verifyPaths(build, build.paths.values(), checkOf(build));
    expect(reports.filter(({ equal }) => equal).length).toBe(ALL);
    expect(reports.flatMap(({ differences }) => differences)).toEqual([]);
  });

  it.each(buildIds())('make the test of their variant at site U2: %s', (id) => {
    const build = loadTestBuild(id);
    expect(checkOf(build)).toBe(checks.get(build.variant));
  });

  it('leave nothing uncompared that is decided before the fault, and name what they do leave', () => {
    const build = loadTestBuild('gcc12c-rfc');
    for (const { notReached } of verifyPaths(build, build.paths.values(), 'mm')) {
      expect(notReached.filter((name) => ALWAYS_COMPARED.includes(name))).toEqual([]);
      expect(notReached.filter((name) => !PREDICATES.has(name) && name !== 'map_lines')).toEqual([]);
    }
  });

  it('compare every value of a fault that maps a page', () => {
    const build = loadTestBuild('gcc12c-rfc');
    const mapping = [...build.paths.values()].filter(({ name }) => name.startsWith('write_'));
    expect(mapping.length).toBeGreaterThan(10);
    expect(verifyPaths(build, mapping, 'mm').flatMap(({ notReached }) => notReached)).toEqual([]);
  });

  it('differ under the test of another variant', () => {
    const build = loadTestBuild('gcc12c-rfc');
    const reports = verifyPaths(build, build.paths.values(), 'none');
    const different = reports.filter(({ equal }) => !equal);
    expect(different.map(({ scenario }) => scenario)).toEqual(['internal_vm_fault']);
    expect(different[0]?.differences[0]).toBe('ret: expected 1, got null');
  });
});
