import type uPlot from 'uplot';

/** Side of the square that stands for a fault, in CSS pixels. */
const POINT_SIZE = 3.5;

/** The faults of each of `count` shown groups, from 0 in their order; `of` has the place of each group among them. */
export function membersOf(group: Uint16Array, of: readonly number[], count: number): Uint32Array[] {
  const sizes = new Uint32Array(count);
  for (const index of group) sizes[of[index] as number] = (sizes[of[index] as number] as number) + 1;
  const members = Array.from(sizes, (size) => new Uint32Array(size));
  const next = new Uint32Array(count);
  group.forEach((index, fault) => {
    const place = of[index] as number;
    const at = next[place] as number;
    (members[place] as Uint32Array)[at] = fault;
    next[place] = at + 1;
  });
  return members;
}

/** Faults of one class, from 0 in their order, and the cycles of all faults. */
export interface Points {
  faults: Uint32Array;
  cycles: Float64Array;
  colour: string;
}

/**
 * Draws those of a class that the scale of x shows. Points on the same pixel are one picture and drawn once, so that no
 * trace takes longer than the pixels there are.
 */
export function drawPoints(
  { ctx, bbox, scales, valToPos }: Pick<uPlot, 'ctx' | 'bbox' | 'scales' | 'valToPos'>,
  { faults, cycles, colour }: Points,
  pixelRatio: number = devicePixelRatio,
): void {
  const side = Math.round(POINT_SIZE * pixelRatio);
  const stride = bbox.width + 1;
  const drawn = new Uint8Array(stride * (bbox.height + 1));
  const [first, last] = [scales.x?.min ?? 0, scales.x?.max ?? 0];
  const [left, across] = lineThrough([first, last], (x) => valToPos(x, 'x', true));
  const logs = [scales.y?.min ?? 1, scales.y?.max ?? 1].map(Math.log) as [number, number];
  const [top, down] = lineThrough(logs, (log) => valToPos(Math.exp(log), 'y', true));
  ctx.save();
  ctx.fillStyle = colour;
  for (let i = firstFrom(faults, first - 1); i < faults.length; i++) {
    const fault = faults[i] as number;
    if (fault + 1 > last) break;
    const x = Math.round(left + across * (fault + 1));
    const y = Math.round(top + down * Math.log(cycles[fault] as number));
    const pixel = (y - bbox.top) * stride + x - bbox.left;
    if (drawn[pixel] === 1) continue;
    drawn[pixel] = 1;
    ctx.fillRect(x - (side >> 1), y - (side >> 1), side, side);
  }
  ctx.restore();
}

/** Where a straight line is at 0, and how steep, from where it is at two places. */
function lineThrough([a, b]: readonly [number, number], at: (x: number) => number): [number, number] {
  const slope = a === b ? 0 : (at(b) - at(a)) / (b - a);
  return [at(a) - slope * a, slope];
}

/** Place of the first of `faults`, which ascend, that is not below `least`. */
function firstFrom(faults: Uint32Array, least: number): number {
  let [low, high] = [0, faults.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((faults[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
