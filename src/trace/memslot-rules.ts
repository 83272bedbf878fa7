import { TraceError } from './error.js';
import type { CapturedSlot } from './memslot-types.js';

const IPA_LIMIT = 1n << 52n;

/** @throws TraceError on the first slot that KVM would not have taken, or on two that cannot both be there */
export function checkSlots(slots: readonly CapturedSlot[], pageSize: number, file: string): void {
  for (const [index, slot] of slots.entries()) checkSlot(slot, BigInt(pageSize), file, `slots[${index}]`);
  checkPairs(slots, file);
}

function checkSlot(slot: CapturedSlot, pageSize: bigint, file: string, path: string): void {
  for (const key of ['gpa', 'size', 'hva'] as const) {
    if (slot[key] % pageSize === 0n) continue;
    throw new TraceError(
      { file, field: `${path}.${key}` },
      `found ${hex(slot[key])}, expected a multiple of ${pageSize}`,
    );
  }
  if (slot.size === 0n)
    throw new TraceError({ file, field: `${path}.size` }, 'found 0, expected a size above 0');
  if (slot.gpa + slot.size > IPA_LIMIT) {
    const problem = `found a slot that ends at ${hex(slot.gpa + slot.size)}, expected an end of at most ${hex(IPA_LIMIT)}`;
    throw new TraceError({ file, field: `${path}.gpa` }, problem);
  }
  if (slot.untilLine !== null && slot.untilLine < slot.fromLine) {
    const problem = `found ${slot.untilLine}, expected a line from ${slot.fromLine} (from_line) on`;
    throw new TraceError({ file, field: `${path}.until_line` }, problem);
  }
}

/** Compares each slot only with those that begin before it ends, so a long capture is not compared pair by pair. */
function checkPairs(slots: readonly CapturedSlot[], file: string): void {
  const byLine = [...slots.entries()].sort(([, a], [, b]) => a.fromLine - b.fromLine);
  let inForce: [number, CapturedSlot][] = [];
  for (const [index, slot] of byLine) {
    inForce = inForce.filter(([, earlier]) => isInForce(earlier, slot.fromLine));
    for (const [earlierIndex, earlier] of inForce) checkPair(earlier, earlierIndex, slot, index, file);
    inForce.push([index, slot]);
  }
}

function checkPair(a: CapturedSlot, aIndex: number, b: CapturedSlot, bIndex: number, file: string): void {
  if (a.vm !== b.vm) return;
  const [first, firstIndex, second, secondIndex] =
    aIndex < bIndex ? [a, aIndex, b, bIndex] : [b, bIndex, a, aIndex];
  const place = { file, field: `slots[${secondIndex}]` };
  const other = `slots[${firstIndex}] (${describe(first)})`;
  if (overlaps(a, b)) {
    throw new TraceError(
      place,
      `found ${describe(second)}, expected no overlap with ${other} of the same VM`,
    );
  }
  if (a.slot === b.slot) {
    throw new TraceError(
      place,
      `found ${describe(second)}, expected another slot number than ${other} of the same VM`,
    );
  }
}

function isInForce(slot: CapturedSlot, line: number): boolean {
  return slot.untilLine === null || line < slot.untilLine;
}

function overlaps(a: CapturedSlot, b: CapturedSlot): boolean {
  return a.gpa < b.gpa + b.size && b.gpa < a.gpa + a.size;
}

function describe(slot: CapturedSlot): string {
  const until = slot.untilLine === null ? 'the end' : String(slot.untilLine);
  return `slot ${slot.slot} at ${hex(slot.gpa)} size ${hex(slot.size)} lines ${slot.fromLine} to ${until}`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
