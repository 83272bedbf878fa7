// The file of a snapshot (docs/snapshot.md). All numbers are little-endian; all offsets are in bytes.

/** The first eight bytes: 0x89 "S2SNAP" and a line feed, so that a transfer as text shows. */
export const SNAPSHOT_MAGIC_LOW = 0x53325389;
export const SNAPSHOT_MAGIC_HIGH = 0x0a50414e;
/** Of the file; the records in its pages are those of ABI_VERSION. */
export const SNAPSHOT_VERSION = 1;

// Header, followed by the host table, the page numbers, the pages and the checksum.
export const SNAPSHOT_MAGIC = 0;
export const SNAPSHOT_FILE_VERSION = 8;
export const SNAPSHOT_ABI = 12;
/** 1 of the accounted core, 0 of the functional one. */
export const SNAPSHOT_ACCOUNTED = 16;
/** Bytes of the host table: JSON, filled with zeroes up to a multiple of 8. */
export const SNAPSHOT_HOST_BYTES = 20;
/** u64: bytes of the machine. */
export const SNAPSHOT_MACHINE_BYTES = 24;
/** Pages that follow: their numbers, u32 each, ascending, filled with zeroes up to a multiple of 8; then their bytes. */
export const SNAPSHOT_PAGES = 32;
export const SNAPSHOT_HEADER_SIZEOF = 40;

/** A page holds so many bytes from its number times that on; what no page holds is zero. */
export const SNAPSHOT_PAGE_BYTES = 4096;
/** CRC-32 of everything before it, as in zlib and PNG. */
export const SNAPSHOT_CHECKSUM_BYTES = 4;
