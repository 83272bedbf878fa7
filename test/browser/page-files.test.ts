// Files that people bring to the page: captures, table dumps, core profiles.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from './chromium.js';
import { dropFiles, launchPage, type Opened, openAt, SLOW, text, writeCopy } from './page.js';

const chromium = findChromium();
const read = (path: string): Buffer => readFileSync(new URL(`../${path}`, import.meta.url));
const DUMP = read('traces/tables/guestA-ipa_6.1_max.ipa40.json.gz');
const TRACE = read('traces/captures/guestB_6.1_max_thp.txt.gz');
const SLOTS = read('traces/captures/guestB_6.1_max_thp.memslots.json');

/** A file with one core of a name of its own. */
function ownProfile(): Buffer {
  const { format, sources, cores } = JSON.parse(String(read('../src/data/profiles.json')));
  return Buffer.from(JSON.stringify({ format, sources, cores: { mine: cores['cortex-a53'] } }));
}

let browser: Browser;
let opened: Opened;
let folder: string;

async function at(hash: string, file?: string): Promise<Page> {
  opened = await openAt(browser, hash, file);
  return opened.page;
}

const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/octet-stream', buffer });

describe.skipIf(chromium === undefined)('files on the page', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    browser = await launchPage(chromium as string);
    folder = mkdtempSync(join(tmpdir(), 'stage2-page-'));
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    expect(opened.complaints).toEqual([]);
    await opened.page.close();
  });

  it('a dump is walked where it is dropped, and stays when the next file is none', async () => {
    const page = await at('');
    await page.locator('stage2-walk [role=status]').waitFor();
    await dropFiles(page, { 'd.json.gz': DUMP });
    await expect.poll(() => page.evaluate(() => location.hash), SLOW).toContain('e.tables=ipa40');
    await expect.poll(() => text(page.locator('stage2-mappings p')), SLOW).toContain('ipa40');
    const before = await text(page.locator('stage2-mappings p'));
    const chooser = page.locator('stage2-explorer stage2-drop input[type=file]');
    await chooser.setInputFiles(file('bad.json', Buffer.from('{"a":')));
    await expect.poll(() => text(page.locator('stage2-drop [role=alert]')), SLOW).toMatch(/^bad\.json: /);
    expect(await text(page.locator('stage2-mappings p'))).toBe(before);
  });

  it('a dump that a copy of the page was made with is opened, at what its link is about', async () => {
    const copy = join(folder, 'dump.html');
    writeCopy(copy, [['dump', 'd.json.gz', DUMP]]);
    const page = await at('', copy);
    await expect.poll(() => page.evaluate(() => location.hash), SLOW).toContain('e.tables=ipa40');
    const link = `${await page.evaluate(() => location.hash)}&e.access=write&e.el=0`;
    await page.close();
    const again = await at(link, copy);
    await expect.poll(() => again.locator('stage2-walk li').count(), SLOW).toBeGreaterThan(0);
    expect(await again.evaluate(() => location.hash)).toBe(link);
  });

  it('a trace with its slots that a copy of the page was made with is replayed at once', async () => {
    const copy = join(folder, 'trace.html');
    writeCopy(copy, [
      ['trace', 'b.txt.gz', TRACE],
      ['slots', 'b.memslots.json', SLOTS],
    ]);
    const page = await at('', copy);
    expect(await page.getByRole('tab', { name: 'Replay' }).getAttribute('aria-selected')).toBe('true');
    await expect.poll(() => text(page.locator('stage2-replay-summary p')), SLOW).toMatch(/^b\.txt\.gz, /);
    expect(await page.locator('stage2-replay [role=alert]').count()).toBe(0);
  });

  it('a capture is replayed where it is dropped, stays when a bad one follows, and a lone trace lacks its slots', async () => {
    const page = await at('#v=1&view=replay&r.state=warm');
    await page.locator('stage2-replay').waitFor();
    await dropFiles(page, { 'b.txt.gz': TRACE, 'b.memslots.json': SLOTS });
    const summary = page.locator('stage2-replay-summary p');
    await expect.poll(() => text(summary), SLOW).toContain('b.txt.gz');
    const drop = page.locator('stage2-replay stage2-drop', { hasText: 'Open a capture' });
    const chooser = drop.locator('input[type=file]');
    await chooser.setInputFiles([
      file('c.txt', Buffer.from('no trace at all\n')),
      file('c.memslots.json', SLOTS),
    ]);
    await expect
      .poll(() => text(drop.locator('[role=alert]')), SLOW)
      .toMatch(/^c\.txt:1: found a damaged line/);
    expect(await text(summary)).toContain('b.txt.gz');
    await chooser.setInputFiles(file('d.txt', Buffer.from('x')));
    await expect
      .poll(() => text(drop.locator('[role=alert]')))
      .toBe('d.txt: its memory slots are missing: drop NAME.memslots.json too');
  });

  it('core profiles are compared and named, stay when a bad file follows, and a link says which to open', async () => {
    const page = await at(
      '#v=1&view=compare&profile=my.json&c.cores=mine&c.placements=4&c.samples=10&c.states=warm&c.faults=40&c.mib=1&c.policies=blocks',
    );
    const profile = page.locator('stage2-compare stage2-profile');
    await expect
      .poll(() => text(profile.locator('[role=alert]')), SLOW)
      .toBe('This link is about cores of my.json, which is not in it: open that file of core profiles.');
    await dropFiles(page, { 'my.json': ownProfile() });
    await expect.poll(() => text(profile.locator('[role=status]')), SLOW).toContain('From my.json: mine.');
    const row = page.getByRole('region', { name: 'Cycles added', exact: true }).locator('tbody tr');
    await expect.poll(() => text(row), SLOW).toContain('rfc mine of my.json');
    const result = await text(row);
    await profile.locator('input[type=file]').setInputFiles(file('bad.json', Buffer.from('{"format":')));
    await expect.poll(() => text(profile.locator('[role=alert]')), SLOW).toMatch(/^bad\.json: /);
    expect(await text(profile.locator('[role=status]'))).toContain('From my.json: mine.');
    expect(await text(row)).toBe(result);
    await profile.getByRole('button', { name: 'Only the bundled cores' }).click();
    await expect.poll(() => page.evaluate(() => location.hash), SLOW).not.toContain('my.json');
    const cores = page.getByRole('group', { name: 'Cores' }).getByRole('checkbox');
    await expect.poll(() => cores.count()).toBe(10);
  });
});
