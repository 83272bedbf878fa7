// What the package answers in Node it answers in a browser, byte for byte.
import { createReadStream, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openPage } from './chromium.js';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url));
const chromium = findChromium();

/** Imports the program and the package in the page, and reads data by fetch. */
const inPage = (program: string): string => `(async () => {
  const { run } = await import('/test/browser/programs/${program}');
  const open = async (path) => (await fetch('/dist/data/' + path)).body;
  return run(await import('/dist/index.js'), open);
})()`;

async function inNode(program: string): Promise<string> {
  const { run } = await import(/* @vite-ignore */ `${PROGRAMS}/${program}`);
  return run(await import(/* @vite-ignore */ `${DIST}/index.js`), async (path: string) =>
    createReadStream(`${DIST}/data/${path}`),
  );
}

describe.skipIf(chromium === undefined)('a browser gives the same bytes as Node', () => {
  let browser: Awaited<ReturnType<typeof openPage>>;
  beforeAll(async () => {
    browser = await openPage(chromium as string);
  });
  afterAll(() => browser?.close());

  it.each(readdirSync(PROGRAMS))('for %s', async (program) => {
    const expected = await inNode(program);
    expect(expected.length).toBeGreaterThan(1000);
    expect(await browser.page.evaluate(inPage(program))).toBe(expected);
  });
});
