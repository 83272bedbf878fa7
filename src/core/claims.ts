import { hex, Stage2Error } from './error.js';

/** The bytes [start, end) of a memory that a machine has. */
export interface Claim {
  start: number;
  end: number;
}

/**
 * What machines have of each memory, whoever made them. Keyed by the memory, it goes with it; it knows ranges alone and
 * keeps no machine alive.
 */
const claims = new WeakMap<WebAssembly.Memory, Set<Claim>>();

/** Takes [start, start + bytes) of a memory. Throws EBUSY if a machine that is not destroyed has part of it. */
export function claimRange(memory: WebAssembly.Memory, start: number, bytes: number): Claim {
  const taken = claims.get(memory) ?? new Set();
  const claim = { start, end: start + bytes };
  for (const other of taken) {
    if (claim.end <= other.start || other.end <= claim.start) continue;
    throw new Stage2Error(
      'EBUSY',
      `memory ${text(claim)}: a machine has ${text(other)} of it, expected bytes apart or that machine destroyed`,
    );
  }
  claims.set(memory, taken.add(claim));
  return claim;
}

/** Gives back what was taken. */
export function releaseRange(memory: WebAssembly.Memory, claim: Claim): void {
  claims.get(memory)?.delete(claim);
}

function text({ start, end }: Claim): string {
  return `[${hex(start)}, ${hex(end)})`;
}
