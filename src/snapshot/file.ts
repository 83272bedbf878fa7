import { ABI_VERSION } from '../abi/layout.js';
import * as S from '../abi/snapshot.js';
import { TraceError } from '../trace/error.js';
import { crc32 } from './crc.js';

/** What a file holds, its parts checked against each other and against the checksum. */
export interface SnapshotFile {
  accounted: boolean;
  /** Bytes of the machine. */
  machineBytes: number;
  /** JSON. */
  host: string;
  /** Bytes of each page that is not zero, by its number in ascending order: at most SNAPSHOT_PAGE_BYTES. */
  pages: ReadonlyMap<number, Uint8Array>;
}

const MACHINE_BYTES_MOST = 2 ** 32;

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** Where the parts of a file lie. */
function placesOf(hostBytes: number, pages: number) {
  const numbers = S.SNAPSHOT_HEADER_SIZEOF + aligned(hostBytes);
  const data = numbers + aligned(pages * 4);
  const checksum = data + pages * S.SNAPSHOT_PAGE_BYTES;
  return {
    host: S.SNAPSHOT_HEADER_SIZEOF,
    numbers,
    data,
    checksum,
    end: checksum + S.SNAPSHOT_CHECKSUM_BYTES,
  };
}

/** The bytes of a file. */
export function encodeFile({ accounted, machineBytes, host, pages }: SnapshotFile): Uint8Array {
  const text = new TextEncoder().encode(host);
  const at = placesOf(text.length, pages.size);
  const bytes = new Uint8Array(at.end);
  const data = new DataView(bytes.buffer);
  data.setUint32(S.SNAPSHOT_MAGIC, S.SNAPSHOT_MAGIC_LOW, true);
  data.setUint32(S.SNAPSHOT_MAGIC + 4, S.SNAPSHOT_MAGIC_HIGH, true);
  data.setUint32(S.SNAPSHOT_FILE_VERSION, S.SNAPSHOT_VERSION, true);
  data.setUint32(S.SNAPSHOT_ABI, ABI_VERSION, true);
  data.setUint32(S.SNAPSHOT_ACCOUNTED, Number(accounted), true);
  data.setUint32(S.SNAPSHOT_HOST_BYTES, text.length, true);
  data.setBigUint64(S.SNAPSHOT_MACHINE_BYTES, BigInt(machineBytes), true);
  data.setUint32(S.SNAPSHOT_PAGES, pages.size, true);
  bytes.set(text, at.host);
  for (const [index, [page, content]] of [...pages].entries()) {
    data.setUint32(at.numbers + index * 4, page, true);
    bytes.set(content, at.data + index * S.SNAPSHOT_PAGE_BYTES);
  }
  data.setUint32(at.checksum, crc32(bytes.subarray(0, at.checksum)), true);
  return bytes;
}

/**
 * The parts of the file `name`; the pages are views of `bytes`.
 * @throws TraceError for a file of another kind or version, and for a damaged one
 */
export function decodeFile(bytes: Uint8Array, name: string): SnapshotFile {
  const refuse = (problem: string): never => {
    throw new TraceError({ file: name }, problem);
  };
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isSnapshot(data)) refuse(`found ${foundIn(bytes)}, expected a snapshot of stage2`);
  if (bytes.length < S.SNAPSHOT_HEADER_SIZEOF) refuse(`found ${bytes.length} bytes, expected a whole header`);
  const word = (field: number): number => data.getUint32(field, true);
  const version = word(S.SNAPSHOT_FILE_VERSION);
  if (version !== S.SNAPSHOT_VERSION) refuse(`found version ${version}, expected ${S.SNAPSHOT_VERSION}`);
  const at = placesOf(word(S.SNAPSHOT_HOST_BYTES), word(S.SNAPSHOT_PAGES));
  if (bytes.length !== at.end)
    refuse(`found ${bytes.length} bytes, expected the ${at.end} its header tells of`);
  if (word(at.checksum) !== crc32(bytes.subarray(0, at.checksum)))
    refuse('found damaged bytes: the checksum is another one');
  const abi = word(S.SNAPSHOT_ABI);
  if (abi !== ABI_VERSION) refuse(`found records of ABI version ${abi}, expected ${ABI_VERSION}`);
  const accounted = word(S.SNAPSHOT_ACCOUNTED);
  if (accounted > 1) refuse(`found core ${accounted}, expected 0 or 1`);
  const machineBytes = Number(data.getBigUint64(S.SNAPSHOT_MACHINE_BYTES, true));
  if (machineBytes > MACHINE_BYTES_MOST)
    refuse(`found a machine of ${machineBytes} bytes, expected at most 2^32`);
  const host = decodeText(bytes.subarray(at.host, at.host + word(S.SNAPSHOT_HOST_BYTES)), refuse);
  const used = [
    S.SNAPSHOT_PAGES + 4,
    S.SNAPSHOT_HEADER_SIZEOF,
    at.host + word(S.SNAPSHOT_HOST_BYTES),
    at.numbers,
    at.numbers + word(S.SNAPSHOT_PAGES) * 4,
    at.data,
  ];
  for (let i = 0; i < used.length; i += 2)
    if (bytes.subarray(used[i], used[i + 1]).some((byte) => byte !== 0))
      refuse('found bytes where none are used');
  return {
    accounted: accounted === 1,
    machineBytes,
    host,
    pages: pagesOf(bytes, data, at, machineBytes, refuse),
  };
}

function isSnapshot(data: DataView): boolean {
  return (
    data.byteLength >= 8 &&
    data.getUint32(S.SNAPSHOT_MAGIC, true) === S.SNAPSHOT_MAGIC_LOW &&
    data.getUint32(S.SNAPSHOT_MAGIC + 4, true) === S.SNAPSHOT_MAGIC_HIGH
  );
}

/** How a file of another kind begins. */
function foundIn(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'no bytes';
  const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? 'gzip data' : `bytes that begin ${start}`;
}

function decodeText(bytes: Uint8Array, refuse: (problem: string) => never): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('found a host table that is not UTF-8');
  }
}

function pagesOf(
  bytes: Uint8Array,
  data: DataView,
  at: ReturnType<typeof placesOf>,
  machineBytes: number,
  refuse: (problem: string) => never,
): Map<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  const count = data.getUint32(S.SNAPSHOT_PAGES, true);
  let next = 0;
  for (let i = 0; i < count; i++) {
    const page = data.getUint32(at.numbers + i * 4, true);
    const room = Math.min(machineBytes - page * S.SNAPSHOT_PAGE_BYTES, S.SNAPSHOT_PAGE_BYTES);
    if (page < next || room <= 0) refuse(`found page ${page}, expected ascending ones of the machine`);
    next = page + 1;
    const start = at.data + i * S.SNAPSHOT_PAGE_BYTES;
    const rest = bytes.subarray(start + room, start + S.SNAPSHOT_PAGE_BYTES);
    if (rest.some((byte) => byte !== 0))
      refuse(`found page ${page} with bytes behind the end of the machine`);
    pages.set(page, bytes.subarray(start, start + room));
  }
  return pages;
}
