import {
  BTB_ENTRIES,
  BTB_ENTRY_BYTES,
  CORE_BTB_MAIN,
  CORE_BTB_MICRO,
  CORE_BTB_NANO,
  FRONT_HEADS,
  FRONT_WAY_BYTES,
} from '../abi/uarch.js';
import type { Geometry } from './geometry.js';

/** One level of the BTB of a core. */
export interface BtbLevel {
  /** The field of the core's record that points to it. */
  field: number;
  bytes: number;
  /** 0 to 2, the fastest first, as in the TAKEN events. */
  level: number;
  sets: number;
  ways: number;
  /** Whether there is none behind it: it knows the targets. */
  last: boolean;
}

const FIELDS = { nano: CORE_BTB_NANO, micro: CORE_BTB_MICRO, main: CORE_BTB_MAIN } as const;
const LEVELS = ['nano', 'micro', 'main'] as const;

/** The levels of the BTB that a core has (assembly/uarch/btb.ts). */
export function btbLevels({ btb }: Geometry): BtbLevel[] {
  const last = LEVELS.filter((name) => btb[name] !== undefined).at(-1);
  return LEVELS.flatMap((name, level) => {
    const table = btb[name];
    if (table === undefined) return [];
    const { entries, ways } = table;
    const sets = entries / ways;
    const isLast = name === last;
    const bytes = isLast
      ? BTB_ENTRIES + entries * BTB_ENTRY_BYTES
      : FRONT_HEADS + sets * 4 + entries * FRONT_WAY_BYTES;
    return [{ field: FIELDS[name], bytes, level, sets, ways, last: isLast }];
  });
}
