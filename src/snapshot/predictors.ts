// The branch prediction of a core as it lies in memory: whether its links and sizes can be.
import * as U from '../abi/uarch.js';
import type { View } from '../core/view.js';
import { type BtbLevel, btbLevels } from '../uarch/btb-layout.js';
import type { Microarch } from '../uarch/microarch.js';
import { Problem } from './problem.js';

// An entry of the last level: when it was used, and its way in each level in front.
const ENTRY_USED = 16;
const ENTRY_WAYS = [
  [U.CORE_BTB_NANO, 24],
  [U.CORE_BTB_MICRO, 28],
] as const;
// The last level: the clock when all was forgotten.
const LAST_CLEARED = 32;
// A way of a level in front.
const WAY_PREVIOUS = 4;
const WAY_HOLDER = 8;

/** Throws a Problem for a state that no use of the core leaves: the core follows links and indices unchecked. */
export function checkPredictors(core: Microarch): void {
  const { machine, offset, geometry } = core;
  const word = (field: number): number => machine.view.u32(offset + field);
  const size = geometry.returnStack;
  if (word(U.CORE_RETURNS_USED) > size || word(U.CORE_RETURNS_TOP) >= Math.max(size, 1))
    throw new Problem(`the return stack of ${size} entries is at ${word(U.CORE_RETURNS_TOP)}`);
  if (machine.view.u64(offset + U.CORE_RANDOM) === 0n) throw new Problem('the random numbers are all zero');
  const stolen = machine.view.u32(word(U.CORE_STOLEN));
  if (stolen > U.STOLEN_MAX) throw new Problem(`${stolen} lines are stolen, at most ${U.STOLEN_MAX} can be`);
  checkBtb(core);
}

/** Every way in front is of one live entry of the last level that names it, and the ways of a set are one ring. */
function checkBtb({ machine: { view }, offset, geometry }: Microarch): void {
  const levels = btbLevels(geometry);
  const last = levels.find((level) => level.last);
  if (last === undefined) return;
  const entries = view.u32(offset + last.field) + U.BTB_ENTRIES;
  for (const [field, way] of ENTRY_WAYS) {
    const front = levels.find((level) => level.field === field && !level.last);
    const fields = liveFields(view, entries, last, way);
    const held = front === undefined ? 0 : checkFront(view, view.u32(offset + field), front, fields);
    if (held !== fields.size) throw new Problem('a branch names a way of the BTB that is not its own');
  }
}

/** The fields of live entries that name a way in front: its offset in that level by their own. */
function liveFields(view: View, entries: number, last: BtbLevel, field: number): Map<number, number> {
  const cleared = view.u64(entries - U.BTB_ENTRIES + LAST_CLEARED);
  const fields = new Map<number, number>();
  for (let i = 0; i < last.sets * last.ways; i++) {
    const entry = entries + i * U.BTB_ENTRY_BYTES;
    const way = view.u32(entry + field);
    if (way !== 0 && view.u64(entry + ENTRY_USED) > cleared) fields.set(entry + field, way);
  }
  return fields;
}

/** The ways that are held. */
function checkFront(
  view: View,
  at: number,
  { sets, ways }: BtbLevel,
  fields: ReadonlyMap<number, number>,
): number {
  let held = 0;
  for (let set = 0; set < sets; set++) {
    const begin = U.FRONT_HEADS + sets * 4 + set * ways * U.FRONT_WAY_BYTES;
    const first = view.u32(at + U.FRONT_HEADS + set * 4);
    let way = first;
    for (let i = 0; i < ways; i++) {
      const next = isWay(way, begin, ways) ? view.u32(at + way) : 0;
      const back = isWay(next, begin, ways) ? view.u32(at + next + WAY_PREVIOUS) : 0;
      if (back !== way || back === 0 || (next === first) !== (i === ways - 1))
        throw new Problem('the BTB has a set whose ways are no ring');
      const holder = view.u32(at + way + WAY_HOLDER);
      if (holder !== 0 && fields.get(holder) !== way) throw new Problem('a way of the BTB is of no branch');
      if (holder !== 0) held++;
      way = next;
    }
  }
  return held;
}

function isWay(way: number, begin: number, ways: number): boolean {
  const from = way - begin;
  return from >= 0 && from < ways * U.FRONT_WAY_BYTES && from % U.FRONT_WAY_BYTES === 0;
}
