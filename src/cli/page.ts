import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CliError } from './errors.js';

/** What the page does with a file that it opens with. */
export type PageFileKind = 'dump' | 'trace' | 'slots';

/** A file for the page. */
export interface PageFile {
  kind: PageFileKind;
  name: string;
  /** Plain or gzip: the page reads both. */
  bytes: Uint8Array;
}

/** Where the page has room for the files that it opens with. */
const ROOM = '<!--stage2-open-->';
const GZIP_MAGIC = [0x1f, 0x8b];

/**
 * The page with these files in it: one file that needs nothing else.
 * @throws CliError if the page is not there, or is another
 */
export async function pageWith(page: string, files: readonly PageFile[]): Promise<string> {
  const html = await readFile(page, 'utf8').catch(() => {
    throw new CliError(`${page}: no such file, expected the page that npm run build makes`);
  });
  if (!html.includes(ROOM))
    throw new CliError(`${page}: found no ${ROOM}, expected the page of this version`);
  return html.replace(ROOM, () => files.map(dataBlock).join('\n'));
}

/** Bytes that the page reads from its own document; a script of no script type is not run. */
function dataBlock({ kind, name, bytes }: PageFile): string {
  const packed = GZIP_MAGIC.every((byte, i) => bytes[i] === byte) ? bytes : gzipSync(bytes);
  const text = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength).toString('base64');
  return `<script type="application/octet-stream" data-open="${kind}" data-name="${escaped(name)}">${text}</script>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '"': '&quot;', '<': '&lt;', '>': '&gt;' };

function escaped(text: string): string {
  return text.replaceAll(/[&"<>]/g, (character) => ENTITIES[character] ?? '');
}

/** Writes a page to `output`, or to a folder of its own among the temporary files. Returns where it is. */
export async function writePage(html: string, name: string, output: string | undefined): Promise<string> {
  if (output === '') throw new CliError('--output: found "", expected the name of a file');
  const refuse = (path: string) => (error: Error) => {
    throw new CliError(`${path}: cannot be written (${error.message})`);
  };
  const folder = async () => mkdtemp(join(tmpdir(), 'stage2-')).catch(refuse(tmpdir()));
  const path = output ?? join(await folder(), `${basename(name)}.html`);
  await writeFile(path, html).catch(refuse(path));
  return path;
}
