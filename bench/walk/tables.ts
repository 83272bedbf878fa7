import { DESC_AF_LSB, DESC_MEMATTR_LSB, DESC_S2AP_LSB, DESC_SH_LSB, DESC_XN_LSB } from '../../src/abi/arm.js';
import { levelShift } from '../../src/arm/descriptor.js';
import { type Geometry, rootBytes, startLevel } from '../../src/kvm/geometry.js';
import type { Space } from './space.js';

const TABLE = 3n;
const PAGE = 3n;
const BLOCK = 1n;
const ADDRESS = (1n << 48n) - 1n;

/** Attributes of a leaf that may be read; permissions, memory type and XN differ from one leaf to the next. */
function attributes(index: number): bigint {
  const memAttr = index % 3 === 0 ? 0x1n : 0xfn;
  const s2ap = index % 2 === 0 ? 3n : 1n;
  const xn = index % 5 === 0 ? 2n : 0n;
  return (
    (memAttr << BigInt(DESC_MEMATTR_LSB)) |
    (s2ap << BigInt(DESC_S2AP_LSB)) |
    (3n << BigInt(DESC_SH_LSB)) |
    (1n << BigInt(DESC_AF_LSB)) |
    (xn << BigInt(DESC_XN_LSB))
  );
}

/** A leaf of `level` for `pa`. */
export function leafDescriptor(pa: bigint, level: number, index: number): bigint {
  return pa | attributes(index) | (level === 3 ? PAGE : BLOCK);
}

/** Stage-2 tables of one geometry, written straight into the RAM of a space. */
export class Tables {
  readonly space: Space;
  readonly geometry: Geometry;
  readonly root: bigint;
  readonly startLevel: number;

  constructor(space: Space, geometry: Geometry) {
    this.space = space;
    this.geometry = geometry;
    this.startLevel = startLevel(geometry);
    this.root = space.allocate(rootBytes(geometry));
  }

  /** Offset in linear memory of the entry of `level` for `ipa`. The tables that lead to it are made. */
  entry(ipa: bigint, level: number): number {
    const { granuleShift } = this.geometry;
    const { view } = this.space.machine;
    let at = this.#entryOf(this.root, ipa, this.startLevel);
    for (let upper = this.startLevel; upper < level; upper++) {
      if (view.u64(at) === 0n) view.setU64(at, this.space.allocate(1 << granuleShift) | TABLE);
      const table = view.u64(at) & ADDRESS & -(1n << BigInt(granuleShift));
      at = this.#entryOf(table, ipa, upper + 1);
    }
    return at;
  }

  #entryOf(table: bigint, ipa: bigint, level: number): number {
    const { granuleShift } = this.geometry;
    const index = ipa >> BigInt(levelShift(granuleShift, level));
    const within = level === this.startLevel ? index : index & ((1n << BigInt(granuleShift - 3)) - 1n);
    const at = this.space.machine.ramOffset(table);
    if (at === undefined) throw new Error(`table 0x${table.toString(16)} is not in RAM`);
    return at + Number(within) * 8;
  }

  /** Maps every `step`th leaf of `level` in [ipa, ipa + size) to the IPA and `distance`. */
  map(ipa: bigint, size: bigint, level: number, distance: bigint, step = 1): void {
    const { granuleShift } = this.geometry;
    const { view } = this.space.machine;
    const leafBytes = 1n << BigInt(levelShift(granuleShift, level));
    const perTable = 1 << (granuleShift - 3);
    const leaves = Number(size / leafBytes);
    for (let first = 0; first < leaves; first += perTable) {
      const start = ipa + BigInt(first) * leafBytes;
      const at = this.entry(start, level);
      for (let i = 0; i < Math.min(perTable, leaves - first); i += step) {
        const pa = start + BigInt(i) * leafBytes + distance;
        view.setU64(at + i * 8, leafDescriptor(pa, level, first + i));
      }
    }
  }

  /** The same translations with one level more: a root above this one. */
  withLevelAbove(geometry: Geometry): Tables {
    const upper = new Tables(this.space, geometry);
    const { view } = this.space.machine;
    const tableBytes = 1 << this.geometry.granuleShift;
    const shift = BigInt(levelShift(this.geometry.granuleShift, upper.startLevel));
    for (let done = 0; done < rootBytes(this.geometry); done += tableBytes) {
      const ipa = BigInt(done / tableBytes) << shift;
      view.setU64(upper.entry(ipa, upper.startLevel), (this.root + BigInt(done)) | TABLE);
    }
    return upper;
  }
}
