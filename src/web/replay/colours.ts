/** Groups of faults that have a colour of their own; the rest share one. */
const COLOURED = 7;

/** A group of faults as the time line shows it. */
export interface ShownGroup {
  name: string;
  faults: number;
  /** Custom property of its colour. */
  colour: string;
}

/** The groups by the number of their faults, the last one of all that have no colour. */
export function shownGroups(
  groups: readonly string[],
  group: Uint16Array,
): { shown: ShownGroup[]; of: number[] } {
  const faults = new Uint32Array(groups.length);
  for (const index of group) faults[index] = (faults[index] ?? 0) + 1;
  const order = groups.map((_, i) => i).sort((a, b) => (faults[b] ?? 0) - (faults[a] ?? 0) || a - b);
  const own = groups.length <= COLOURED + 1 ? groups.length : COLOURED;
  const shown = order.slice(0, own).map((index, i) => ({
    name: groups[index] ?? '',
    faults: faults[index] ?? 0,
    colour: `--c${i + 1}`,
  }));
  const rest = order.slice(own);
  if (rest.length > 0) {
    const sum = rest.reduce((n, index) => n + (faults[index] ?? 0), 0);
    shown.push({ name: `${rest.length} rarer classes`, faults: sum, colour: `--c${COLOURED + 1}` });
  }
  const of = groups.map((_, index) => Math.min(order.indexOf(index), own));
  return { shown, of };
}
