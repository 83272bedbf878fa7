import { isFrom, readArchVersion } from './arch-version.js';
import { type Constant, readConstant } from './constant.js';
import type { DataError } from './error.js';
import { Field } from './field.js';

/** What a method resolves on cores from one version of the architecture on. */
export interface FloorFrom {
  /** Such as `Armv8.6-A`. */
  from: string;
  /** In the unit of the method's `floor`. */
  floor: Constant;
}

/** A published way to time a fault on hardware, and the smallest difference that stands out of its noise. */
export interface Method {
  /** Such as `cntvct-once`. */
  id: string;
  /** In words: what is timed by what. */
  method: string;
  /** In ns, cycles or percent of what is timed. */
  floor: Constant;
  /** Where it is another from some version of the architecture on: ascending, the last that applies holds. */
  later: readonly FloorFrom[];
}

const FORMAT = 'stage2-resolution/2';
const UNITS = ['ns', 'cycles', 'percent'] as const;

/** The methods of src/data/resolution.json. @throws {@link DataError} naming what is wrong */
export function parseResolution(value: unknown, file: string): Method[] {
  const root = Field.root(value, file, FORMAT);
  return root
    .get('methods')
    .list()
    .map((row) => {
      const unit = row.get('floor').get('unit').oneOf(UNITS);
      return {
        id: row.get('id').text(),
        method: row.get('method').text(),
        floor: readConstant(row.get('floor'), new Map()),
        later: row.get('later').optional((later) => later.list().map((item) => readLater(item, unit))) ?? [],
      };
    });
}

function readLater(field: Field, unit: (typeof UNITS)[number]): FloorFrom {
  field.get('floor').get('unit').oneOf([unit]);
  const { v: from } = readArchVersion(field.get('from'), new Map());
  return { from, floor: readConstant(field.get('floor'), new Map()) };
}

/** What a method resolves on a core of version `arch`; of an unknown one, the range over all versions. */
export function floorOn({ floor, later }: Method, arch: string | undefined): Constant {
  if (arch !== undefined) return later.filter(({ from }) => isFrom(arch, from)).at(-1)?.floor ?? floor;
  const all = [floor, ...later.map((each) => each.floor)];
  return {
    ...floor,
    lo: Math.min(...all.map(({ lo }) => lo)),
    hi: Math.max(...all.map(({ hi }) => hi)),
    src: [...new Set(all.flatMap(({ src }) => src))],
  };
}
