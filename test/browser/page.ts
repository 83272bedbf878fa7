// The built page in Chromium, from disk: what it says of policies it broke, what it asked the network for.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { LAUNCH_ARGS } from './chromium.js';

export const PAGE_FILE = fileURLToPath(new URL('../../dist/web/stage2.html', import.meta.url));

/** Long enough for a machine that does much else. */
export const SLOW = { timeout: 50_000 };

export interface Opened {
  page: Page;
  /** Errors, broken policies and requests beyond the page itself; none is expected. */
  complaints: string[];
}

export function launchPage(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: LAUNCH_ARGS });
}

/** Opens the page, or a copy of it, at a link. */
export async function openAt(browser: Browser, hash = '', file = PAGE_FILE): Promise<Opened> {
  const pageUrl = pathToFileURL(file).href;
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(pageUrl) && !url.startsWith('data:') && !url.startsWith('blob:'))
      complaints.push(`request: ${url}`);
  });
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  await page.goto(pageUrl + hash);
  return { page, complaints };
}

/** True if nothing but boxes that scroll by themselves is wider than the window. */
export function fitsWidth(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
}

export const text = async (locator: Locator): Promise<string> =>
  (await locator.first().innerText()).replaceAll(/\s+/g, ' ');

/** Drops files of these names and bytes on the header: a place that has no use for files of its own. */
export async function dropFiles(page: Page, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    (named) => {
      const transfer = new DataTransfer();
      for (const [name, base64] of named) {
        transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
      }
      return transfer;
    },
    Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')] as const),
  );
  await page.locator('stage2-page header').dispatchEvent('drop', { dataTransfer });
}

/** Writes a copy of the page that opens with these files, as stage2 open makes one. */
export function writeCopy(
  path: string,
  files: readonly (readonly [kind: string, name: string, bytes: Buffer])[],
): void {
  const parts = files.map(
    ([kind, name, bytes]) =>
      `<script type="application/octet-stream" data-open="${kind}" data-name="${name}">${bytes.toString('base64')}</script>`,
  );
  const page = readFileSync(PAGE_FILE, 'utf8');
  writeFileSync(
    path,
    page.replace('<!--stage2-open-->', () => parts.join('')),
  );
}
