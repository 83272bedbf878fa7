import { levelShift } from '../../arm/descriptor.js';
import { Stage2Error } from '../../core/error.js';
import type { Machine } from '../../core/machine.js';
import type { PageSize } from './page-size.js';

const TABLE = 3n;
const PAGE = 3n;
const BLOCK = 1n;
const ADDRESS = (1n << 48n) - 1n;

/** RAM that tables are taken from, from its start on. */
export class TableRam {
  readonly machine: Machine;
  #next: bigint;

  constructor(machine: Machine, pa: bigint) {
    this.machine = machine;
    this.#next = pa;
  }

  allocate(bytes: number): bigint {
    const size = BigInt(bytes);
    const pa = (this.#next + size - 1n) & -size;
    this.#next = pa + size;
    return pa;
  }

  offset(pa: bigint): number {
    const at = this.machine.ramOffset(pa);
    if (at === undefined)
      throw new Stage2Error('ENOMEM', `table at 0x${pa.toString(16)}: expected one in RAM`);
    return at;
  }
}

/** Where tables of one stage begin. */
export interface TableRoot {
  granuleShift: 12 | 14 | 16;
  startLevel: number;
  /** Bytes of the tables at the start level. */
  rootBytes: number;
}

/** Tables of one stage, that give every address back as it is. */
export class PageTables {
  readonly root: bigint;
  readonly #ram: TableRam;
  readonly #of: TableRoot;
  /** Bits of a leaf besides its address and its kind. */
  readonly #attributes: bigint;

  constructor(ram: TableRam, of: TableRoot, attributes: bigint) {
    this.#ram = ram;
    this.#of = of;
    this.#attributes = attributes;
    this.root = ram.allocate(of.rootBytes);
  }

  /** Maps at least [start, start + bytes) by leaves of `size`, whose granule must be that of the tables. */
  map(start: bigint, bytes: number, size: PageSize): void {
    const leaf = BigInt(size.bytes);
    const first = start & -leaf;
    const end = start + BigInt(bytes);
    const perTable = 1 << (this.#of.granuleShift - 3);
    const { view } = this.#ram.machine;
    const kind = size.level === 3 ? PAGE : BLOCK;
    for (let address = first; address < end; ) {
      let at = this.#entry(address, size.level);
      const index = Number((address / leaf) % BigInt(perTable));
      for (let i = index; i < perTable && address < end; i++) {
        view.setU64(at, address | this.#attributes | kind);
        at += 8;
        address += leaf;
      }
    }
  }

  /** Offset in linear memory of the entry of `level` for `address`. The tables that lead to it are made. */
  #entry(address: bigint, level: number): number {
    const { granuleShift, startLevel } = this.#of;
    const { view } = this.#ram.machine;
    let at = this.#entryOf(this.root, address, startLevel);
    for (let upper = startLevel; upper < level; upper++) {
      if (view.u64(at) === 0n) view.setU64(at, this.#ram.allocate(1 << granuleShift) | TABLE);
      const table = view.u64(at) & ADDRESS & -(1n << BigInt(granuleShift));
      at = this.#entryOf(table, address, upper + 1);
    }
    return at;
  }

  #entryOf(table: bigint, address: bigint, level: number): number {
    const { granuleShift, startLevel } = this.#of;
    const index = address >> BigInt(levelShift(granuleShift, level));
    const within = level === startLevel ? index : index & ((1n << BigInt(granuleShift - 3)) - 1n);
    return this.#ram.offset(table) + Number(within) * 8;
  }
}
