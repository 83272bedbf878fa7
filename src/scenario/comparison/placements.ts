import { draw } from '../../cost/index.js';

/** Where the linker put the text of the builds. */
export interface Placement {
  /** Bytes after a multiple of 64, a common line size. */
  phase: number;
  /** Bytes after the start of a 4 KiB page, the phase included. */
  pageOffset: number;
}

/** Functions are aligned to 16 bytes, so there are four phases of a 64-byte line. */
export const PHASES = [0, 16, 32, 48];
const LINE = 64;
const LINES_OF_PAGE = 4096 / LINE;

/**
 * `count` placements: the phases in turn, each at a random line of a page. The first is the start of a page. The same
 * seed gives the same placements, and more of them begin with those of fewer.
 */
export function placementsOf(count: number, seed: number): Placement[] {
  return Array.from({ length: count }, (_, i) => {
    const phase = PHASES[i % PHASES.length] as number;
    const line = i === 0 ? 0 : draw(seed, i, 'placement') % LINES_OF_PAGE;
    return { phase, pageOffset: line * LINE + phase };
  });
}
