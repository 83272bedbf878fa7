// The page as people get it: one file, opened from disk, without a network.
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from './chromium.js';
import { fitsWidth, launchPage, type Opened, openAt, PAGE_FILE, SLOW, text } from './page.js';

const chromium = findChromium();

let browser: Browser;
let opened: Opened;

async function at(hash: string): Promise<Page> {
  opened = await openAt(browser, hash);
  return opened.page;
}

/** In a window of 360 pixels nothing has to be scrolled sideways but boxes that do so by themselves. */
async function expectToFit(page: Page): Promise<void> {
  await page.setViewportSize({ width: 360, height: 800 });
  await expect.poll(() => fitsWidth(page)).toBe(true);
}

describe.skipIf(chromium === undefined)('the page', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    browser = await launchPage(chromium as string);
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    // Whatever a test did: nothing asked for, no policy broken, no error.
    expect(opened.complaints).toEqual([]);
    await opened.page.close();
  });

  it('is one file that may load nothing: its policy begins with nothing and names hashes', async () => {
    const html = readFileSync(PAGE_FILE, 'utf8');
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+' 'wasm-unsafe-eval'; style-src 'sha256-/,
    );
    expect(policy).not.toContain('unsafe-inline');
    expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)="(?!data:)/);
    await at('');
  });

  describe('in Explorer', () => {
    it('shows a walk at once, changes it with a descriptor, and puts that into the link', async () => {
      const page = await at('');
      const result = page.locator('stage2-walk [role=status]');
      await expect.poll(() => text(result), SLOW).toContain('PA 0x90002abc');
      expect(await page.locator('stage2-walk li').count()).toBe(3);
      expect(await text(page.locator('stage2-bits li').last())).toContain('offset 11:0 0xabc');
      const descriptor = page.locator('stage2-walk li').nth(2).getByLabel('Descriptor', { exact: true });
      await descriptor.fill('0x0');
      await descriptor.press('Enter');
      await expect.poll(() => text(result), SLOW).toContain('Translation fault, level 3');
      await expect.poll(() => page.evaluate(() => location.hash)).toContain('e.edit=0x80005010:0x0');
      const link = await page.evaluate(() => location.hash);
      await page.close();
      const again = await at(link);
      await expect
        .poll(() => text(again.locator('stage2-walk [role=status]')), SLOW)
        .toContain('Translation fault, level 3');
    });

    it('says what is wrong with a number under its box, and keeps the walk', async () => {
      const page = await at('');
      await page.locator('stage2-walk [role=status]').waitFor();
      const address = page.getByLabel('IPA', { exact: true });
      await address.fill('0x4000_zz');
      await address.press('Enter');
      expect(await text(page.locator('stage2-access [role=alert]'))).toBe(
        'IPA: found "0x4000_zz", expected a number such as 0x4000_0000 or 1073741824',
      );
      expect(await text(page.locator('stage2-walk [role=status]'))).toContain('PA 0x90002abc');
      await address.fill('0x4020_1234');
      await address.press('Enter');
      await expect
        .poll(() => text(page.locator('stage2-walk [role=status]')), SLOW)
        .toContain('PA 0x90201234');
    });

    it('says what a CPU may do either way and what that makes of the walk, and keeps the choice in the link', async () => {
      // The page of 0x40002000 with the reserved shareability.
      const page = await at('#v=1&view=explorer&e.edit=0x80005010:0x900025ff');
      const choices = page.locator('stage2-open-choices');
      await expect
        .poll(() => text(choices.locator('summary')), SLOW)
        .toBe('Left open by the architecture: 1 decides this walk');
      await choices.locator('summary').click();
      expect(await choices.locator('.effect').allInnerTexts()).toEqual([
        'This walk, if “acts as inner shareable”: PA 0x90002abc, Normal WB, ISH',
        'This walk, if “acts as outer shareable”: PA 0x90002abc, Normal WB, OSH',
      ]);
      await choices.getByLabel('SH 0b01').selectOption('acts as outer shareable');
      await expect.poll(() => text(choices.locator('summary')), SLOW).toContain('1 changed, 1 decides');
      await expect
        .poll(() => page.evaluate(() => location.hash))
        .toContain('e.choices=reservedShareability:OSH');
      await expect.poll(() => text(choices.locator('.effect')), SLOW).toContain('if “acts as non-shareable”');
      await choices.getByRole('button', { name: 'Back to the defaults' }).click();
      await expect.poll(() => page.evaluate(() => location.hash)).not.toContain('e.choices');
    });

    it('draws a walk of both stages as the grid of its reads, readable in a narrow window', async () => {
      const page = await at('#v=1&view=explorer&e.mode=va&e.at=0x400123');
      await expect.poll(() => page.locator('stage2-grid td button').count(), SLOW).toBe(14);
      await page.locator('stage2-grid td button').nth(3).click();
      await expect
        .poll(() => text(page.locator('stage2-both-stages .step')))
        .toContain('Read 4: stage 1, level 1, table');
      await expectToFit(page);
    });

    it('takes a descriptor of stage 1 apart, and walks again when a field of it is changed', async () => {
      const page = await at('#v=1&view=explorer&e.mode=va&e.at=0x400123&e.access=write');
      const reads = page.locator('stage2-grid td button');
      await expect.poll(() => reads.count(), SLOW).toBe(14);
      await reads.nth(11).click();
      const step = page.locator('stage2-both-stages .step');
      await expect.poll(() => text(step)).toContain('Read 12: stage 1, level 3, page');
      expect(await text(step.locator('tr', { hasText: 'AttrIndx' }))).toContain('Normal WB');
      expect(await text(step.locator('tr', { hasText: 'AP[2:1]' }))).toContain('EL1 RW');
      const permission = step.getByLabel('stage-1 page descriptor.AP[2:1]');
      await permission.fill('2');
      await permission.press('Enter');
      const end = page.locator('stage2-both-stages [role=status]');
      await expect
        .poll(() => text(end), SLOW)
        .toContain('Permission fault, level 3 stage 1: the leaf does not let EL1 write');
      await expect.poll(() => page.evaluate(() => location.hash)).toContain('e.edit=0x90002000:0x40203783');
    });

    it('takes ESR apart and puts it together', async () => {
      const page = await at('');
      const syndrome = page.locator('stage2-syndrome .cols');
      await expect.poll(() => text(syndrome), SLOW).toContain('ESR_EL2 not written: no fault');
      await page.getByRole('button', { name: 'write to a read-only page' }).click();
      await expect.poll(() => text(syndrome), SLOW).toContain('HPFAR_EL2 UNKNOWN');
      expect(await text(syndrome)).not.toContain('Faulting IPA');
      expect(await text(page.locator('stage2-walk tr.marked'))).toMatch(
        /^S2AP ?, this field stopped the walk/,
      );
      const esr = page.locator('stage2-syndrome').getByLabel('ESR_EL2', { exact: true });
      await esr.fill('0x9200004f');
      await esr.press('Enter');
      const row = page.locator('stage2-syndrome tr', { hasText: 'DFSC' }).first();
      await expect.poll(() => text(row)).toContain('Permission fault, level 3');
      const code = page.locator('stage2-syndrome').getByLabel('ESR_EL2.DFSC');
      await code.fill('6');
      await code.press('Enter');
      await expect.poll(() => esr.inputValue()).toBe('0x92000046');
      expect(await page.getByLabel(/Show what the walk above leaves/).isChecked()).toBe(false);
    });
  });

  describe('in Replay', () => {
    it('prices the bundled capture and steps through one fault', async () => {
      const page = await at('#v=1&view=replay&r.fault=1000&r.state=warm');
      const fault = page.locator('stage2-fault');
      await expect
        .poll(() => text(fault.locator('[role=status]')), SLOW)
        .toContain('Fault 1,000: translation read: MAPPED_PAGE');
      expect(await text(page.locator('stage2-replay-summary p'))).toContain(
        '5,257 guest faults, 5,238 taken',
      );
      expect(await text(fault.locator('[role=status]'))).toMatch(
        /\[[\d,]+ - [\d,]+\] modelled cycles on cortex-a53/,
      );
      expect(await fault.getByRole('region', { name: 'Tables before and after' }).innerText()).toMatch(
        /0x0\s+invalid/,
      );
      await page.getByRole('button', { name: 'Next', exact: true }).click();
      await expect.poll(() => text(fault.locator('[role=status]')), SLOW).toContain('Fault 1,001');
      await expect.poll(() => page.evaluate(() => location.hash)).toContain('r.fault=1001');
      await expectToFit(page);
    });
  });

  describe('in Compare', () => {
    const SMALL =
      'c.placements=4&c.samples=10&c.states=warm&c.faults=40&c.cores=cortex-a53&c.mib=16&c.policies=asPosted,blocks';

    it('compares, draws and exports what a link names', async () => {
      const page = await at(`#v=1&view=compare&${SMALL}&c.variants=rfc,predkey&c.shown=predkey+cortex-a53`);
      const rows = page.getByRole('region', { name: 'Cycles added', exact: true }).locator('tbody tr');
      await expect.poll(() => rows.count(), SLOW).toBe(2);
      await expect.poll(() => text(page.locator('h2#cell')), SLOW).toBe('predkey on cortex-a53');
      for (const chart of ['stage2-intervals', 'stage2-curve', 'stage2-sensitivity', 'stage2-idmap-chart']) {
        await page.locator(`${chart} svg`).waitFor(SLOW);
      }
      await expect(text(page.locator('stage2-cell p', { hasText: 'Null run' }))).resolves.toContain(
        'at most 0 cycles a fault',
      );
      const slider = page.getByRole('slider', { name: /Faults a second/ });
      await slider.focus();
      const before = await text(page.locator('stage2-break-even output'));
      await slider.press('End');
      await expect.poll(() => text(page.locator('stage2-break-even output'))).not.toBe(before);
      const saved = async (press: () => Promise<void>): Promise<Buffer> => {
        const [download] = await Promise.all([page.waitForEvent('download'), press()]);
        return readFileSync(await download.path());
      };
      const json = JSON.parse(
        String(await saved(() => page.getByRole('button', { name: 'JSON', exact: true }).click())),
      );
      expect(json).toMatchObject({
        format: 'stage2-page-compare/2',
        run: { samples: 10 },
        cells: [{ variant: 'rfc' }, {}],
      });
      const csv = String(await saved(() => page.getByRole('button', { name: 'CSV', exact: true }).click()));
      expect(csv).toMatch(/^variant,core,state,group,/);
      const chart = page.locator('stage2-curve');
      expect(String(await saved(() => chart.getByRole('button', { name: /^SVG/ }).click()))).toMatch(
        /^<svg[^>]*>.*<path/s,
      );
      const png = await saved(() => chart.getByRole('button', { name: /^PNG/ }).click());
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      await expectToFit(page);
      const drawn = await page.locator('stage2-curve svg').getAttribute('viewBox');
      expect(Number(drawn?.split(' ')[2])).toBeLessThan(360);
    });

    it('ends what is under way when it is cancelled, and is still there', async () => {
      const page = await at('#v=1&view=compare&c.placements=4096&c.mib=16&c.policies=blocks');
      await page
        .locator('section:has(#compared) stage2-progress')
        .getByRole('button', { name: 'Cancel' })
        .click();
      await expect
        .poll(() => text(page.locator('section:has(#compared) [role=alert]')), SLOW)
        .toContain('Cancelled');
      expect(await page.getByRole('button', { name: 'Compare', exact: true }).isEnabled()).toBe(true);
    });
  });

  it('brings back all three views from one link', async () => {
    const page = await at(
      '#v=1&view=explorer&e.cpu=pa40+4k+xnx&e.at=0x80123456&e.access=write&r.core=cortex-a72&r.variant=predkey' +
        '&r.state=cold&c.variants=base&c.cores=thunderx2&c.states=cold&c.placements=5&c.mib=1&c.policies=blocks',
    );
    const chosen = (name: string) => page.getByRole('combobox', { name, exact: true }).inputValue();
    const typed = (name: string) => page.getByRole('textbox', { name, exact: true }).inputValue();
    expect(await typed('IPA')).toBe('0x80123456');
    expect([await chosen('CPU'), await chosen('PA bits'), await chosen('Access')]).toEqual([
      'other',
      '40',
      'write',
    ]);
    await page.getByRole('tab', { name: 'Replay' }).click();
    expect([await chosen('Core'), await chosen('Variant'), await chosen('A fault finds the core')]).toEqual([
      'cortex-a72',
      'predkey',
      'cold',
    ]);
    await page.getByRole('tab', { name: 'Compare' }).click();
    expect([await typed('Placements'), await typed('Sizes in MiB')]).toEqual(['5', '1']);
    const checked = page.locator('stage2-compare-settings input:checked');
    const names = await checked.evaluateAll((boxes) =>
      boxes.map((box) => box.parentElement?.innerText.trim()),
    );
    expect(names).toEqual(['base', 'thunderx2', 'cold: nothing in caches and predictors']);
    // Whatever core is chosen, all are there to be chosen.
    await expect
      .poll(() => page.getByRole('group', { name: 'Cores' }).getByRole('checkbox').count(), SLOW)
      .toBe(10);
  });

  it('can be used with the keyboard alone', async () => {
    const page = await at('');
    await page.locator('stage2-walk [role=status]').waitFor();
    await page.keyboard.press('Tab');
    const focused = () =>
      page.evaluate(() => {
        let element = document.activeElement;
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
        return element?.getAttribute('id') ?? element?.textContent?.trim() ?? '';
      });
    expect(await focused()).toBe('tab-explorer');
    await page.keyboard.press('ArrowRight');
    await expect.poll(focused).toBe('tab-replay');
    expect(await page.getByRole('tab', { name: 'Replay' }).getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(focused).toBe('tab-explorer');
    await page.getByLabel('IPA', { exact: true }).focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('0x80123456');
    await page.keyboard.press('Tab');
    await expect
      .poll(() => text(page.locator('stage2-walk [role=status]')), SLOW)
      .toContain('PA 0x100123456');
    await page.getByRole('button', { name: 'Terms' }).press('Enter');
    await page.keyboard.type('access permissions');
    await expect.poll(() => text(page.getByRole('dialog'))).toMatch(/S2AP.*bit 1 lets it write.*Arm ARM/);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    const term = page.locator('stage2-explorer stage2-term').first();
    await term.getByRole('button').press('Enter');
    await expect.poll(() => text(term.getByRole('note'))).toContain('Size of a page and of a table');
    await page.keyboard.press('Escape');
    await expect.poll(() => term.getByRole('note').isVisible()).toBe(false);
    const unnamed = await page.evaluate(() => {
      const found: string[] = [];
      const visit = (root: Document | ShadowRoot): void => {
        for (const element of root.querySelectorAll('*')) {
          if (element.shadowRoot) visit(element.shadowRoot);
          if (!element.matches('input:not([hidden]), select, button')) continue;
          const labels = (element as HTMLInputElement).labels?.length ?? 0;
          const name = element.getAttribute('aria-label') ?? element.textContent?.trim() ?? '';
          if (labels === 0 && name === '') found.push(element.outerHTML.slice(0, 80));
        }
      };
      visit(document);
      return found;
    });
    expect(unnamed).toEqual([]);
  });
});
