import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Site } from '../../src/abi/site.js';
import { branchStatistics, parseSites, siteOf, siteStatistics } from '../../src/cost/index.js';
import { BUILD_IDS, dataFile, loadBuild, SITES, walkOf } from './fixtures-cost/load.js';

describe('the site table', () => {
  test('has every site of the core', () => {
    const ids = new Set(SITES.sites.map((site) => site.id));
    expect(
      Object.keys(Site).filter((name) => Number.isNaN(Number(name)) && name !== 'COUNT' && !ids.has(name)),
    ).toEqual([]);
  });

  test('says of each site what the comment of its Site member says', () => {
    const source = readFileSync(new URL('../../src/abi/site.ts', import.meta.url), 'utf8');
    const comments = [...source.matchAll(/^ {2}\/\*\* (.*)\. \*\/\n {2}(\w+),$/gm)].map(([, text, id]) => [
      id,
      text,
    ]);
    const said = SITES.sites
      .filter(({ internal }) => !internal)
      .map((site) => {
        const notes = [site.hint === 'none' ? [] : site.hint, site.hunk === 'rfc' ? 'RFC' : []].flat();
        const end = notes.length > 0 ? ` (${notes.join(', ')})` : '';
        return [site.id, `${site.function}: ${site.condition}${end}`];
      });
    expect(comments.slice(0, -1)).toEqual(said);
  });

  test('has the lines that the mail shows, and the one that follows them, and no other', () => {
    const lines = SITES.sites.filter((site) => site.line !== 0).map((site) => [site.id, site.line]);
    expect(lines).toEqual([
      ['U2', 1313],
      ['U3', 1322],
      ['R1', 775],
      ['R2', 827],
      ['R3', 836],
      ['R5', 1936],
      ['R7', 2012],
    ]);
    expect(SITES.sites.filter((site) => site.hunk === 'rfc')).toHaveLength(6);
  });

  test.each(BUILD_IDS)('%s: tells the site of every branch, and the split ones once each', (id) => {
    const build = loadBuild(id);
    const split: string[] = [];
    for (const fn of build.functions.values()) {
      for (const block of fn.blocks.values()) {
        if (block.end.kind !== 'cond') continue;
        const site = siteOf(SITES, fn, block)?.id;
        expect(site, block.label).toBeDefined();
        if (site !== undefined && /^U1[25]/.test(site)) split.push(site);
      }
    }
    expect(split.sort()).toEqual(['U12a', 'U12b', 'U15a', 'U15b']);
  });

  test('is refused with a site missing or a hint unknown', () => {
    const file = dataFile('sites.json');
    expect(() => parseSites({ ...file, sites: file.sites.slice(1) }, 'sites.json')).toThrow(
      'sites.json: sites: site A1 is missing',
    );
    file.sites[0].hint = 'maybe';
    expect(() => parseSites(file, 'sites.json')).toThrow(
      'sites.json: sites[0].hint: found "maybe", expected likely or unlikely or none',
    );
  });
});

describe('site statistics', () => {
  test('count with and against the hint', () => {
    const isTrue = new Array<number>(Site.COUNT).fill(0);
    const isFalse = new Array<number>(Site.COUNT).fill(0);
    isTrue[Site.U2] = 1;
    isFalse[Site.U2] = 99;
    isTrue[Site.R2] = 5;
    const rows = siteStatistics(SITES, { isTrue, isFalse });
    expect(rows.find((row) => row.site === 'U2')).toEqual({
      site: 'U2',
      function: 'user_mem_abort',
      condition: 'the VM has no mm',
      hint: 'unlikely',
      true: 1,
      false: 99,
      correct: 99,
      incorrect: 1,
    });
    expect(rows.find((row) => row.site === 'R2')).toMatchObject({ correct: 5, incorrect: 0 });
    expect(rows.find((row) => row.site === 'A1')).toMatchObject({ correct: null, incorrect: null });
    expect(rows).toHaveLength(Site.COUNT);
  });
});

describe('branch statistics', () => {
  test('count taken and not taken in the layout of the build', () => {
    const rows = branchStatistics(SITES, [
      { walk: walkOf('gcc12c-rfc', 'write_anon_warm'), count: 1000 },
      { walk: walkOf('gcc12c-rfc', 'internal_vm_fault'), count: 3 },
    ]);
    expect(rows.find((row) => row.site === 'U2')).toEqual({
      function: 'kvm_handle_guest_abort',
      block: 'a27',
      textOffset: loadBuild('gcc12c-rfc').handler.textOffset + 560,
      op: 'cbz',
      tag: 'U2',
      site: 'U2',
      taken: 3,
      notTaken: 1000,
    });
    expect(rows.map((row) => row.textOffset)).toEqual(
      rows.map((row) => row.textOffset).sort((a, b) => a - b),
    );
  });

  test('leave out the branch a host died before', () => {
    const rows = branchStatistics(SITES, [{ walk: walkOf('gcc12c-base', 'internal_vm_fault'), count: 1 }]);
    expect(rows.find((row) => row.block === 'a27')).toMatchObject({ taken: 0, notTaken: 0 });
  });

  test('are refused over two builds', () => {
    const walks = ['gcc12c-base', 'gcc12c-rfc'].map((id) => ({ walk: walkOf(id, 'sea_claimed'), count: 1 }));
    expect(() => branchStatistics(SITES, walks)).toThrow('walks of gcc12c-base and gcc12c-rfc do not add up');
  });
});
