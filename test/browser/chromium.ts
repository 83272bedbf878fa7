// Real Chromium on the built package: a server of dist, and a page that imports its modules without a bundler.
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Folders the page may read: ours, and the one package that the modules import by name. */
const SERVED = ['dist', 'build', 'node_modules/valibot/dist', 'test/browser/programs', 'test/native'];
const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.html': 'text/html',
};
const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="importmap">
{"imports":{"valibot":"/node_modules/valibot/dist/index.mjs"}}</script>`;

/** A browser of this machine, or undefined after a warning that nobody misses. */
export function findChromium(): string | undefined {
  const found = CANDIDATES.find((path) => existsSync(path));
  if (found === undefined) {
    console.warn(`\nBROWSER TESTS SKIPPED: none of ${CANDIDATES.join(', ')} is installed\n`);
  }
  return found;
}

/** A page with the modules of dist at /dist, or index.html of a site of its own; close() ends browser and server. */
export async function openPage(
  executablePath: string,
  site?: string,
): Promise<{ page: Page; close(): Promise<void> }> {
  const server = await serve(site === undefined ? packagePath : (path) => sitePath(site, path));
  const browser = await launch(executablePath);
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    page,
    close: async () => {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The network of a test machine may be closed: nothing in the background asks for it. */
export const LAUNCH_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-sync',
];

function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: LAUNCH_ARGS });
}

/** The file behind a path of the page with the modules of dist. */
function packagePath(path: string): string | undefined {
  return SERVED.some((folder) => path.startsWith(`${folder}/`)) ? join(ROOT, path) : undefined;
}

function sitePath(site: string, path: string): string | undefined {
  return path.startsWith('..') ? undefined : join(site, path === '' ? 'index.html' : path);
}

function serve(fileOf: (path: string) => string | undefined): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = fileOf(normalize(decodeURIComponent(pathname)).slice(1));
    if (file !== undefined && existsSync(file)) {
      const type = TYPES[extname(file)] ?? 'application/octet-stream';
      return response.writeHead(200, { 'content-type': type }).end(readFileSync(file));
    }
    if (pathname === '/') return response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    return response.writeHead(404).end();
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
