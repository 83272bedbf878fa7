/** A part of an address: what a level resolves, or the offset. */
export interface BitRange {
  /** Such as "level 1". */
  name: string;
  /** -1 to 3; undefined for bits that no level resolves. */
  level: number | undefined;
  /** Number of its highest bit, 0 to 63. */
  msb: number;
  /** Number of its lowest bit. */
  lsb: number;
}

/** The parts of a stage-2 input address down to `leafLevel`; empty where the registers describe no walk. */
export function addressRanges(
  regime: { valid: boolean; granuleShift: number; stride: number; startLevel: number; iaBits: number },
  leafLevel = 3,
): BitRange[] {
  if (!regime.valid) return [];
  const { granuleShift, stride, startLevel, iaBits } = regime;
  const lowest = (level: number): number => granuleShift + (3 - level) * stride;
  const ranges: BitRange[] = [];
  if (iaBits < 64) ranges.push({ name: 'beyond', level: undefined, msb: 63, lsb: iaBits });
  let msb = iaBits - 1;
  for (let level = startLevel; level <= leafLevel; level++) {
    ranges.push({ name: `level ${level}`, level, msb, lsb: lowest(level) });
    msb = lowest(level) - 1;
  }
  return [...ranges, { name: 'offset', level: undefined, msb, lsb: 0 }];
}
