// Cores to test, and what they count.
import { ColdRule, MicroEvent, WalkStorage } from '../../src/abi/uarch.js';
import { Machine } from '../../src/core/machine.js';
import type { Geometry } from '../../src/uarch/geometry.js';
import { Microarch, microBytes } from '../../src/uarch/microarch.js';

/** A small core with every structure. */
export const SMALL: Geometry = {
  l1i: { sets: 4, ways: 2, lineBytes: 64 },
  l1d: { sets: 4, ways: 2, lineBytes: 64 },
  l2: { sets: 8, ways: 4, lineBytes: 64 },
  l3: { sets: 16, ways: 8, lineBytes: 64 },
  itlb: { entries: 4, ways: 4 },
  dtlb: { entries: 4, ways: 4 },
  stlb: { entries: 16, ways: 4 },
  walkStorage: WalkStorage.UNIFIED,
  btb: { nano: { entries: 2, ways: 2 }, micro: { entries: 8, ways: 2 }, main: { entries: 32, ways: 4 } },
  direction: { indexBits: 10, historyBits: 0 },
  returnStack: 4,
  coldRule: ColdRule.FALL_THROUGH,
};

export function small(changes: Partial<Geometry> = {}): Microarch {
  return coreOf({ ...SMALL, ...changes });
}

/** A core in a machine of its own. */
export function coreOf(geometry: Geometry): Microarch {
  const arenaBytes = microBytes(geometry);
  const machine = new Machine({
    accounted: true,
    arenaBytes,
    pageState: false,
    tablePool: { pa: 1n << 40n, pages: 1 },
    roots: { pa: 1n << 41n, size: 4096 },
  });
  return new Microarch(machine, geometry);
}

/** What `act` makes the core count, by name. */
export function counted(core: Microarch, act: () => void): Record<string, number> {
  core.resetCounts();
  act();
  const counts = core.counts().map((n, event) => [MicroEvent[event] as string, Number(n)] as const);
  return Object.fromEntries(counts.filter(([, n]) => n !== 0));
}

/** The events that `act` makes the core count. */
export function eventsOf(core: Microarch, act: () => void): MicroEvent[] {
  core.resetCounts();
  act();
  return core.counts().flatMap((n, event) => Array.from({ length: Number(n) }, () => event as MicroEvent));
}
