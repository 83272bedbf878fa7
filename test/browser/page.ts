// The built page in Chromium, from disk: what it says of policies it broke, what it asked the network for.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { LAUNCH_ARGS } from './chromium.js';

export const PAGE_FILE = fileURLToPath(new URL('../../dist/web/stage2.html', import.meta.url));

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
