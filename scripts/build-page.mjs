// Builds the page: dist/web/stage2.html, one file that runs from a server or from disk and asks for nothing else.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { fromRoot } from './tools.mjs';

/** The capture that the page opens with: its trace stays packed, its slots are data. */
const CAPTURE = 'traces/guestA_6.1_max-vhe_kprobes';
const NOT_DATA = new Set(['targets.json', 'targets-dall.json']);
const LICENSES = 'LICENSE.md';

/**
 * Writes the page.
 * @param {string} to
 * @returns {Promise<number>} bytes of the file
 */
export async function buildPage(to) {
  const [script, worker] = await Promise.all([bundle('src/web/main.ts'), bundle('src/web/worker/main.ts')]);
  const blocks = [
    dataBlock('stage2-worker', gzipSync(worker.code, { level: 9 })),
    dataBlock('stage2-data', gzipSync(JSON.stringify(dataFiles()), { level: 9 })),
    dataBlock('stage2-trace', readFileSync(fromRoot(`src/data/${CAPTURE}.txt.gz`))),
    ...[script, worker].map(({ notices }) => noticesBlock(notices)),
  ];
  const style = readFileSync(fromRoot('src/web/style/page.css'), 'utf8').trim();
  const code = withoutTags(script.code.trim());
  const parts = {
    POLICY: policy(code, style),
    STYLE: `<style>${style}</style>`,
    DATA: blocks.join('\n'),
    SCRIPT: `<script>${code}</script>`,
  };
  const template = readFileSync(fromRoot('src/web/page.html'), 'utf8');
  const html = template.replace(/%(\w+)%/g, (_, name) => parts[/** @type {keyof typeof parts} */ (name)]);
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, html);
  return Buffer.byteLength(html);
}

/**
 * One classic script of an entry and everything it imports, with the licences of what is not ours: a page opened from a
 * file may load no modules.
 * @param {string} entry
 * @returns {Promise<{ code: string, notices: string }>}
 */
async function bundle(entry) {
  const result = await build({
    configFile: false,
    root: fromRoot('.'),
    logLevel: 'warn',
    publicDir: false,
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target: 'es2022',
      license: { fileName: LICENSES },
      lib: { entry: fromRoot(entry), formats: ['iife'], name: 'stage2', fileName: 'bundle' },
    },
  });
  const [output] = /** @type {import('vite').Rolldown.RolldownOutput[]} */ ([result].flat());
  const files = output?.output ?? [];
  const [chunk, ...others] = files.filter(({ type }) => type === 'chunk');
  if (chunk?.type !== 'chunk' || others.length > 0) throw new Error(`${entry}: expected one script`);
  const notices = files.find(({ fileName }) => fileName === LICENSES);
  return { code: chunk.code, notices: notices?.type === 'asset' ? String(notices.source) : '' };
}

/** @param {string} notices */
function noticesBlock(notices) {
  return `<script type="text/markdown">${withoutTags(notices)}</script>`;
}

/** What the worker reads of src/data, by path. */
function dataFiles() {
  const files = ['', 'builds'].flatMap((folder) =>
    readdirSync(fromRoot(join('src/data', folder)), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.json') && !NOT_DATA.has(entry.name))
      .map((entry) => join(folder, entry.name)),
  );
  const all = [...files, `${CAPTURE}.memslots.json`];
  return Object.fromEntries(
    all.map((file) => [file, JSON.parse(readFileSync(fromRoot(join('src/data', file)), 'utf8'))]),
  );
}

/**
 * Bytes that the page reads from its own document. A script of no script type is not run, so no policy is about it.
 * @param {string} id
 * @param {Buffer} bytes
 */
function dataBlock(id, bytes) {
  return `<script type="application/gzip" id="${id}">${bytes.toString('base64')}</script>`;
}

/**
 * A script without anything that the HTML parser takes for a tag.
 * @param {string} code
 */
function withoutTags(code) {
  return code.replace(/<(?=!--|\/?script)/gi, '\\x3c');
}

/**
 * Nothing may be loaded from anywhere; what is here may run because its hash says so.
 * @param {string} script
 * @param {string} style
 */
function policy(script, style) {
  return [
    "default-src 'none'",
    `script-src ${hashOf(script)} 'wasm-unsafe-eval'`,
    `style-src ${hashOf(style)}`,
    'worker-src blob:',
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** @param {string} text */
function hashOf(text) {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
