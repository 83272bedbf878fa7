import { type Constant, readConstant } from './constant.js';
import type { DataError } from './error.js';
import { Field } from './field.js';

/** What a guest does to a core: accesses for each 1000 cycles, and the bytes they are among. */
export interface GuestActivity {
  /** Accesses to lines of data per 1000 cycles of guest. */
  dataLines: Constant;
  /** Fetches of lines of code per 1000 cycles of guest. */
  codeLines: Constant;
  /** Branches per 1000 cycles of guest. */
  branches: Constant;
  /** Bytes among which the data lines are at random. */
  dataBytes: Constant;
  /** Bytes among which the code lines and branches are at random. */
  codeBytes: Constant;
}

const FORMAT = 'stage2-guest/1';
const PER_CYCLES = 1000;
/** A guest has touched all there is to touch long before. */
const ACCESSES_MOST = 1_000_000;

/** Reads src/data/guest.json. @throws {@link DataError} naming what is wrong */
export function parseGuest(value: unknown, file: string): GuestActivity {
  const root = Field.root(value, file, FORMAT);
  const constant = (name: string) => readConstant(root.get(name), new Map());
  return {
    dataLines: constant('dataLines'),
    codeLines: constant('codeLines'),
    branches: constant('branches'),
    dataBytes: constant('dataBytes'),
    codeBytes: constant('codeBytes'),
  };
}

/** What a guest does in `cycles`, as whole numbers. */
export function guestAfter(activity: GuestActivity, cycles: number): Record<keyof GuestActivity, number> {
  const often = ({ v }: Constant) => Math.min(Math.round((v * cycles) / PER_CYCLES), ACCESSES_MOST);
  return {
    dataLines: often(activity.dataLines),
    codeLines: often(activity.codeLines),
    branches: often(activity.branches),
    dataBytes: activity.dataBytes.v,
    codeBytes: activity.codeBytes.v,
  };
}
