import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openerOf } from '../../src/cli/browser.js';
import { registerOpen } from '../../src/cli/commands/open.js';
import { type PageFile, pageWith, writePage } from '../../src/cli/page.js';
import { dumpPath } from '../traces/dumps.js';
import { runCommand } from './capture.js';

let folder = '';
let page = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stage2-open-'));
  page = join(folder, 'page.html');
  await writeFile(page, '<body>\n<!--stage2-open-->\n</body>');
});
afterAll(() => rm(folder, { recursive: true }));

const text = (html: string): string => {
  const base64 = /data-open[^>]*>([^<]*)</.exec(html)?.[1] ?? '';
  return gunzipSync(Buffer.from(base64, 'base64')).toString();
};

describe('a page with files', () => {
  const file = (bytes: Uint8Array): PageFile => ({ kind: 'dump', name: 'a "b"<c>&$&.json', bytes });

  it('has them packed, under their names, where the page has room for them', async () => {
    const html = await pageWith(page, [
      file(Buffer.from('{"$&": 1}')),
      { ...file(Buffer.from('x')), kind: 'slots' },
    ]);
    expect(html).toMatch(/^<body>\n<script .*<\/script>\n<script .*<\/script>\n<\/body>$/);
    expect(html).toContain(
      '<script type="application/octet-stream" data-open="dump" data-name="a &quot;b&quot;&lt;c&gt;&amp;$&amp;.json">',
    );
    expect(text(html)).toBe('{"$&": 1}');
    expect(await pageWith(page, [])).toBe('<body>\n\n</body>');
  });

  it('has a packed file as it is', async () => {
    const packed = await readFile(dumpPath('guestA_6.1_max-vhe.d1_mixed.json.gz'));
    expect(text(await pageWith(page, [file(packed)]))).toBe(gunzipSync(packed).toString());
  });

  it('is written where it is asked for, or to a folder of its own', async () => {
    const asked = join(folder, 'asked.html');
    expect(await writePage('html', 'x', asked)).toBe(asked);
    const own = await writePage('html', '../dump.json', undefined);
    expect(own).toMatch(/stage2-[^/]+\/dump\.json\.html$/);
    expect(await readFile(own, 'utf8')).toBe('html');
    await rm(join(own, '..'), { recursive: true });
  });

  it('needs the page', async () => {
    await expect(pageWith(join(folder, 'none.html'), [])).rejects.toThrow(
      /none\.html: no such file, expected the page/,
    );
    await writeFile(join(folder, 'other.html'), '<html>');
    await expect(pageWith(join(folder, 'other.html'), [])).rejects.toThrow(/found no <!--stage2-open-->/);
    await expect(writePage('', 'x', '/no/such/folder/x.html')).rejects.toThrow(
      /^\/no\/such\/folder\/x\.html: cannot be written/,
    );
  });
});

describe('a browser', () => {
  it('is started only where there is a display', () => {
    expect(openerOf('linux', {})).toBeUndefined();
    expect(openerOf('linux', { DISPLAY: '' })).toBeUndefined();
    expect(openerOf('linux', { DISPLAY: ':0' })).toEqual(['xdg-open']);
    expect(openerOf('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual(['xdg-open']);
    expect(openerOf('darwin', {})).toEqual(['open']);
    expect(openerOf('win32', {})).toEqual(['cmd', '/c', 'start', '']);
  });
});

describe('stage2 open refuses, in one line and with exit 2,', () => {
  it.each<[string, string, string[], RegExp]>([
    ['a dump that is none', '{"name": 1}', [], /input: found no table dump, expected /],
    ['the same behind a byte order mark', '\ufeff{"name": 1}', [], /^stage2: .*: found no table dump/],
    ['slots with a dump', '{}', ['--slots', 'x'], /--slots: not with .*, which is a table dump/],
    ['a trace without slots', '# tracer: nop', [], /its memory slots are missing/],
  ])('%s', async (_, content, args, message) => {
    const path = join(folder, 'input');
    await writeFile(path, content);
    const { exit, stdout, stderr } = await runCommand(registerOpen, ['open', path, '--no-browser', ...args]);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('slots without a trace', async () => {
    const { stderr } = await runCommand(registerOpen, ['open', '--slots', 'x']);
    expect(stderr).toBe('stage2: --slots without a trace\n');
  });
});
