import { checkU64 } from '../core/check.js';
import { hex, Stage2Error } from '../core/error.js';

/** Bits of a host PA: v4.13 has no more. */
export const PA_BITS = 48;

/** Throws EINVAL unless [start, end) is a range of host virtual addresses. */
export function checkHvaRange(start: bigint, end: bigint): void {
  checkU64('start', start);
  if (checkU64('end', end) >= start) return;
  throw new Stage2Error('EINVAL', `end: found ${hex(end)}, expected one from start ${hex(start)} up`);
}
