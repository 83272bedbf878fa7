// The package as it is published: what is in it, and that every kind of user can take it up.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openPage } from '../browser/chromium.js';
import { type Installed, installPackage } from './installed.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'node_modules/.bin');
const ANSWER = { pa: '4040001234', fault: 'permission', disposition: 'MAPPED_PAGE', leaves: 1, findings: 0 };

let installed: Installed;
beforeAll(() => {
  installed = installPackage();
}, 60_000);
afterAll(() => installed?.remove());

/** One of the programs with the package in it, as one file, minified. */
async function bundle(program: string): Promise<string> {
  const { outputFiles, warnings } = await build({
    absWorkingDir: installed.folder,
    entryPoints: [program],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  expect(warnings).toEqual([]);
  return outputFiles[0]?.text as string;
}

describe('the tarball', () => {
  it('has the build, its sources for debuggers, the documents and what they read, and no tests', () => {
    const top = new Set(installed.files.map((path) => path.split('/')[0]));
    const folders = ['dist', 'docs', 'examples', 'schemas', 'src', 'test'];
    const files = ['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'package.json'];
    expect([...top].sort()).toEqual([...files, ...folders].sort());
    expect(
      installed.files.filter((path) => path.startsWith('test/') && !path.startsWith('test/traces/')),
    ).toEqual([]);
    expect(installed.files.filter((path) => /\.test\.|\.generated\.ts$|\.tsbuildinfo$/.test(path))).toEqual(
      [],
    );
  });

  it('has what its documents link to', () => {
    const documents = installed.files.filter((path) => path.endsWith('.md'));
    const dead = documents.flatMap((document) => {
      const at = join(installed.folder, 'node_modules/stage2', document);
      const links = [...readFileSync(at, 'utf8').matchAll(/\]\((?![a-z]+:|#)([^)#]+)/g)].map(
        ([, to = '']) => to,
      );
      return links.filter((to) => !existsSync(join(dirname(at), to))).map((to) => `${document}: ${to}`);
    });
    expect(dead).toEqual([]);
  });

  it('has nothing that publint warns of', async () => {
    const { messages } = await publint({ pkgDir: ROOT, pack: false, level: 'warning' });
    expect(messages).toEqual([]);
  });

  it('names every export in a file that is there', () => {
    const read = (path: string) => readFileSync(join(installed.folder, 'node_modules/stage2', path));
    expect(WebAssembly.validate(read('dist/core/stage2.wasm'))).toBe(true);
    expect(JSON.parse(read('dist/data/profiles.json').toString())).toBeTypeOf('object');
  });
});

describe('from Node', () => {
  it('gives its answer', () => {
    expect(JSON.parse(installed.run(process.execPath, 'print.mjs'))).toEqual(ANSWER);
  });

  it('resolves the data, the raw core and the schema of a document by name', () => {
    const names = ['data/profiles.json', 'schema/walk-1.json', 'core.wasm', 'elements', 'package.json'];
    const program = `for (const name of ${JSON.stringify(names.map((name) => `stage2/${name}`))})
      console.log(import.meta.resolve(name))`;
    const resolved = installed.run(process.execPath, '--input-type=module', '-e', program);
    expect(resolved.trim().split('\n')).toHaveLength(names.length);
  });

  it('has the command', () => {
    const walked = installed.run(join(installed.folder, 'node_modules/.bin/stage2'), 'profiles', '--json');
    expect(JSON.parse(walked)).toBeTypeOf('object');
  });
});

describe('from TypeScript', () => {
  it.each(['nodenext', 'bundler'])('has types with module resolution %s', (resolution) => {
    const module = resolution === 'nodenext' ? 'nodenext' : 'esnext';
    const config = {
      compilerOptions: {
        module,
        moduleResolution: resolution,
        target: 'es2022',
        lib: ['es2022', 'dom'],
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        types: [],
      },
      files: ['types.ts', 'elements-types.ts'],
    };
    writeFileSync(join(installed.folder, 'tsconfig.json'), JSON.stringify(config));
    expect(installed.run(join(BIN, 'tsc'), '-p', 'tsconfig.json')).toBe('');
  });
});

describe('bundled', () => {
  it('by esbuild gives the same answer from one file', async () => {
    writeFileSync(join(installed.folder, 'bundle.mjs'), await bundle('print.mjs'));
    expect(JSON.parse(installed.run(process.execPath, 'bundle.mjs'))).toEqual(ANSWER);
  });

  it('leaves out what is not used: a codec brings neither a core nor a parser', async () => {
    const text = await bundle('codec.mjs');
    expect(text.length).toBeLessThan(20_000);
    expect(text).not.toContain('AGFzbQ');
  });

  it('by esbuild has the elements without a core, for the name alone', async () => {
    writeFileSync(join(installed.folder, 'name.mjs'), "import 'stage2/elements';");
    const text = await bundle('name.mjs');
    expect(text).toContain('stage2-walk');
    expect(text).not.toContain('AGFzbQ');
  });
});

const chromium = findChromium();
describe.skipIf(chromium === undefined)('bundled by vite, in Chromium', () => {
  let opened: Awaited<ReturnType<typeof openPage>>;
  beforeAll(async () => {
    const html =
      '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="page.mjs"></script>';
    writeFileSync(join(installed.folder, 'index.html'), html);
    installed.run(join(BIN, 'vite'), 'build', '--base', './', '--logLevel', 'error');
    opened = await openPage(chromium as string, join(installed.folder, 'dist'));
  }, 60_000);
  afterAll(() => opened?.close());

  it('gives the same answer in a page and in a worker', async () => {
    const { page } = opened;
    await page.waitForFunction('globalThis.inPage');
    expect(JSON.parse(await page.evaluate('inPage'))).toEqual(ANSWER);
    expect(JSON.parse(await page.evaluate('inWorker'))).toEqual(ANSWER);
  });

  it('shows a walk and its address by the elements, and the walk again when a descriptor was changed', async () => {
    const { page } = opened;
    const end = page.locator('stage2-walk [role=status]');
    await expect.poll(() => end.innerText()).toContain('PA 0x4040001234');
    expect(await end.innerText()).toContain('1G block: R,');
    expect(await page.locator('stage2-walk li').count()).toBe(1);
    expect(await page.locator('stage2-bits li').allInnerTexts()).toEqual([
      expect.stringContaining('beyond 63:39 0x0'),
      expect.stringContaining('level 1 38:30 0x1'),
      expect.stringContaining('offset 29:0 0x1234'),
    ]);
    const descriptor = page.locator('stage2-walk').getByLabel('Descriptor', { exact: true });
    await descriptor.fill('0x0');
    await descriptor.press('Enter');
    await expect.poll(() => end.innerText()).toContain('Translation fault, level 1');
  });
});
