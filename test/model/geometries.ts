// Which tables the architecture has, told from the rules of stage2-walk.md section 2 and from nothing else, and
// machines to hold them.
import { Machine } from '../../src/core/machine.js';
import type { Geometry } from '../../src/kvm/index.js';

export type FullGeometry = Required<Geometry>;

export const LAYOUTS = ['narrow', 'lpa', 'lpa2'] as const;
type Layout = (typeof LAYOUTS)[number];

/** Start levels that VTCR_EL2 encodes. */
const START_LEVELS: Record<number, Partial<Record<Layout, number[]>>> = {
  12: { narrow: [0, 1, 2, 3], lpa2: [-1, 0, 1, 2, 3] },
  14: { narrow: [1, 2, 3], lpa2: [0, 1, 2, 3] },
  16: { narrow: [1, 2, 3], lpa: [1, 2, 3] },
};

/** A start table of 2 entries at least, and of 16 tables side by side at most. */
function resolves({ granuleShift, startLevel, ipaBits }: FullGeometry): boolean {
  const stride = granuleShift - 3;
  const base = granuleShift + (3 - startLevel) * stride;
  return ipaBits >= base + 1 && ipaBits <= base + stride + 4;
}

function isLegal(geometry: FullGeometry): boolean {
  const { granuleShift, layout, startLevel, ipaBits } = geometry;
  const largestT0sz = granuleShift === 16 ? 47 : 48;
  return (
    START_LEVELS[granuleShift]?.[layout]?.includes(startLevel) === true &&
    ipaBits >= 64 - largestT0sz &&
    ipaBits <= (layout === 'narrow' ? 48 : 52) &&
    resolves(geometry)
  );
}

/** Every combination of fields in and around their ranges. */
export const CANDIDATES: readonly FullGeometry[] = ([12, 14, 16] as const).flatMap((granuleShift) =>
  LAYOUTS.flatMap((layout) =>
    Array.from({ length: 7 }, (_, i) => i - 2).flatMap((startLevel) =>
      Array.from({ length: 56 }, (_, ipaBits) => ({ granuleShift, layout, startLevel, ipaBits })),
    ),
  ),
);

/** Every geometry of the architecture. */
export const GEOMETRIES: readonly FullGeometry[] = CANDIDATES.filter(isLegal);

/** A machine whose tables lie where only all the address bits of the layout reach them. */
export function machineFor(
  { granuleShift, layout = 'narrow' }: Geometry,
  pages: number,
  accounted = false,
): Machine {
  const high = layout === 'narrow' ? 0n : 0xbn << 48n;
  return new Machine({
    roots: { pa: high + (5n << 44n), size: 1 << 20 },
    tablePool: { pa: high + (10n << 44n), pages, pageShift: granuleShift },
    pageState: false,
    arenaBytes: 1 << 20,
    accounted,
  });
}

/** Granule and address layout of all of them, as rows of a test table. */
export const FORMATS = [
  [12, 'narrow'],
  [12, 'lpa2'],
  [14, 'narrow'],
  [14, 'lpa2'],
  [16, 'narrow'],
  [16, 'lpa'],
] as const;
