import { Stage2Error } from '../core/error.js';

const HEX = /^0x[0-9a-f]+(_[0-9a-f]+)*$/i;
const DECIMAL = /^[0-9]+(_[0-9]+)*$/;
const SHOWN = 40;

/**
 * A 64-bit number as a person types it: hex behind `0x`, or decimal; `_` may stand between digits.
 * @throws Stage2Error EINVAL that names `what` and shows the text
 */
export function parseHex(text: string, what: string): bigint {
  const trimmed = text.trim();
  if (HEX.test(trimmed) || DECIMAL.test(trimmed)) {
    const digits = trimmed.replaceAll('_', '');
    if (significant(digits) <= 20) {
      const value = BigInt(digits);
      if (value >> 64n === 0n) return value;
    }
    throw new Stage2Error('EINVAL', `${what}: found ${shown(text)}, expected at most 64 bits`);
  }
  throw new Stage2Error(
    'EINVAL',
    `${what}: found ${shown(text)}, expected a number such as 0x4000_0000 or 1073741824`,
  );
}

/** Number of digits after the leading zeros; no 64-bit number has more than 20. */
function significant(digits: string): number {
  return digits.replace(/^0x/i, '').replace(/^0+/, '').length;
}

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}
