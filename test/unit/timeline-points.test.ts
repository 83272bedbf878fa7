import { describe, expect, it } from 'vitest';
import { drawPoints, membersOf } from '../../src/web/replay/points.js';

const BOX = { left: 60, top: 10, width: 300, height: 200 };

/** What is drawn of `faults` of a class, by the centres of the squares, on a plot whose x goes from `min` to `max`. */
function drawn(faults: number[], cycles: readonly number[], [min, max]: readonly [number, number]): string[] {
  const squares: string[] = [];
  const y = (v: number): number => BOX.top + BOX.height * (1 - Math.log10(v / 100) / 3);
  const x = (v: number): number => BOX.left + (BOX.width * (v - min)) / (max - min);
  const ctx = {
    save: () => undefined,
    restore: () => undefined,
    fillRect: (left: number, top: number, side: number) =>
      squares.push(`${left + (side >> 1)} ${top + (side >> 1)}`),
  };
  const scales = { x: { min, max }, y: { min: 100, max: 100_000 } };
  const valToPos = (v: number, scale: string): number => (scale === 'x' ? x(v) : y(v));
  const plot = { ctx, bbox: BOX, scales, valToPos } as unknown as Parameters<typeof drawPoints>[0];
  drawPoints(plot, { faults: Uint32Array.from(faults), cycles: Float64Array.from(cycles), colour: 'red' }, 1);
  const expected = faults
    .filter((fault) => fault + 1 >= min && fault + 1 <= max)
    .map((fault) => `${Math.round(x(fault + 1))} ${Math.round(y(cycles[fault] as number))}`);
  expect(new Set(squares)).toEqual(new Set(expected));
  return squares;
}

describe('points of the time line', () => {
  const cycles = Array.from({ length: 20_000 }, (_, i) => 100 + ((i * 7919) % 90_000));
  const all = cycles.map((_, i) => i);

  it('stand at every pixel that a fault is at, once each', () => {
    const squares = drawn(all, cycles, [1, 20_000]);
    expect(new Set(squares).size).toBe(squares.length);
  });

  it('are those of all faults again where a zoom keeps them apart', () => {
    const squares = drawn(all, cycles, [5_001, 5_100]);
    expect(squares).toHaveLength(100);
  });

  it('are none of a class that has no fault where the zoom is', () => {
    expect(drawn([3, 19_000], cycles, [100, 200])).toEqual([]);
  });

  it('belong to the shown group of their class, in the order of the trace', () => {
    const members = membersOf(Uint16Array.of(2, 0, 1, 2, 3, 0), [0, 2, 1, 2], 3);
    expect(members.map((faults) => [...faults])).toEqual([
      [1, 5],
      [0, 3],
      [2, 4],
    ]);
  });
});
