// Snapshots that somebody made by hand: parts changed, the checksum right.
import * as S from '../../src/abi/snapshot.js';
import { crc32 } from '../../src/snapshot/crc.js';
import { decodeFile, encodeFile } from '../../src/snapshot/file.js';

/** The bytes with another word in the header. */
export function withWord(bytes: Uint8Array, field: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(field, value, true);
  return signed(copy);
}

/** Gives bytes the checksum they should have. */
export function signed(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - S.SNAPSHOT_CHECKSUM_BYTES;
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(end, crc32(bytes.subarray(0, end)), true);
  return bytes;
}

/** The host table as plain JSON, for a test to change. */
// biome-ignore lint/suspicious/noExplicitAny: a test breaks the table in every way
export type Table = any;

/** The snapshot with a changed host table. */
export function withTable(bytes: Uint8Array, change: (table: Table) => unknown): Uint8Array {
  const file = decodeFile(bytes, 'test');
  const table = JSON.parse(file.host);
  change(table);
  return encodeFile({ ...file, host: JSON.stringify(table) });
}

/** The snapshot with one byte of the machine's memory changed; undefined if no page holds it. */
export function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array | undefined {
  const file = decodeFile(bytes, 'test');
  const content = file.pages.get(Math.floor(at / S.SNAPSHOT_PAGE_BYTES))?.slice();
  if (content === undefined) return undefined;
  content[at % S.SNAPSHOT_PAGE_BYTES] = value;
  return encodeFile({
    ...file,
    pages: new Map(file.pages).set(Math.floor(at / S.SNAPSHOT_PAGE_BYTES), content),
  });
}

/** The snapshot with a word of the machine's memory changed, in a page of its own if none holds it. */
export function withMemory(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const file = decodeFile(bytes, 'test');
  const page = Math.floor(at / S.SNAPSHOT_PAGE_BYTES);
  const content = file.pages.get(page)?.slice() ?? new Uint8Array(S.SNAPSHOT_PAGE_BYTES);
  new DataView(content.buffer).setUint32(at % S.SNAPSHOT_PAGE_BYTES, value, true);
  const pages = [...file.pages, [page, content] as const].sort((a, b) => a[0] - b[0]);
  return encodeFile({ ...file, pages: new Map(pages) });
}
