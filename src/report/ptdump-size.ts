const UNITS = 'BKMGTPE';

/** Bytes in the largest unit that divides them, as the kernel's page-table dump writes sizes: 8K, 2M, 1G. */
export function formatSize(bytes: bigint): string {
  let value = bytes;
  let unit = 0;
  while (value !== 0n && value % 1024n === 0n && unit < UNITS.length - 1) {
    value /= 1024n;
    unit++;
  }
  return `${value}${UNITS[unit]}`;
}
