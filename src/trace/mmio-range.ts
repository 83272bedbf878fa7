/** Guest physical addresses that an emulated device answers. */
export interface MmioRange {
  /** As the file spells it. */
  range: string;
  /** First address; null if the file gives words instead of addresses. */
  start: bigint | null;
  /** First address behind the range; null if the file does not say. */
  end: bigint | null;
  /** What answers there, in words. */
  what: string;
}

/** `0x9000000`, `0x0a000000-0x0a001000` or `0x40000000-`. */
const ADDRESSES = /^(0x[0-9a-f]{1,16})(?:-(0x[0-9a-f]{1,16})?)?$/i;

/** A range that was written as addresses, or as words. */
export function parseMmioRange(range: string, what: string): MmioRange {
  const [, start, end] = ADDRESSES.exec(range) ?? [];
  return { range, start: toAddress(start), end: toAddress(end), what };
}

function toAddress(hex: string | undefined): bigint | null {
  return hex === undefined ? null : BigInt(hex);
}
