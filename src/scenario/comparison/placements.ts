import { draw } from '../../cost/index.js';

/** Where the linker and the allocators put the kernel's code and data: see placeCode. */
export interface Placement {
  /** Of everything that is drawn. */
  seed: number;
  /** Bytes of the handler's .text after a multiple of 64, a common line size. */
  phase: number;
}

/** Functions are aligned to 16 bytes, so there are four phases of a 64-byte line. */
export const PHASES = [0, 16, 32, 48];

/** `count` placements: the phases in turn, each drawn anew. More of a seed begin with those of fewer. */
export function placementsOf(count: number, seed: number): Placement[] {
  return Array.from({ length: count }, (_, i) => ({
    seed: draw(seed, i, 'placement'),
    phase: PHASES[i % PHASES.length] as number,
  }));
}
