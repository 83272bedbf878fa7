// Two VMs of one geometry with pages and blocks, and what a test needs to corrupt them.
import * as L from '../../src/abi/layout.js';
import { type Geometry, rootBytes, Vm } from '../../src/kvm/index.js';
import { entryAt } from '../model/check-tables.js';
import { type FullGeometry, GEOMETRIES, machineFor } from '../model/geometries.js';

export const RW = 0x7ffn;
/** Both VMs' tables and full caches. */
const POOL = 96;

/** What the machine has for two roots. */
const ROOTS = 1 << 20;

/** Of each granule, layout and start level the geometry with the most tables side by side that fit the machine. */
export const LARGEST: readonly FullGeometry[] = Object.values(
  Object.fromEntries(
    GEOMETRIES.filter((g) => 2 * rootBytes(g) <= ROOTS).map((g) => [
      `${g.granuleShift} ${g.layout} ${g.startLevel}`,
      g,
    ]),
  ),
);

export class Bench {
  readonly vm: Vm;
  readonly other: Vm;
  readonly page: bigint;
  /** Bytes of a level-2 block. */
  readonly block: bigint;

  constructor(readonly geometry: FullGeometry) {
    const machine = machineFor(geometry, POOL);
    this.vm = new Vm(machine, { geometry });
    this.other = new Vm(machine, { geometry });
    this.page = 1n << BigInt(geometry.granuleShift);
    this.block = 1n << BigInt(2 * geometry.granuleShift - 3);
    for (const { tables } of [this.vm, this.other]) {
      tables.map(0n, 4n * this.page, this.block, RW);
      if (geometry.startLevel < 3) tables.map(this.block, this.block, this.block, RW);
    }
  }

  get machine() {
    return this.vm.machine;
  }

  /** PA of the last entry of a root, which is empty. */
  lastOfRoot(vm: Vm = this.vm): bigint {
    return vm.tables.pgd + BigInt(rootBytes(this.geometry)) - 8n;
  }

  read(pa: bigint): bigint {
    return this.machine.view.u64(this.machine.ramOffset(pa) as number);
  }

  /** Changes the entry that maps `ipa`. */
  changeLeaf(ipa: bigint, change: (desc: bigint) => bigint): void {
    const { pa, desc } = entryAt(this.vm, ipa);
    this.machine.writeRam(pa, change(desc));
  }

  /** Puts a table descriptor for `table`, a page of the pool or none, into the last entry of the root. */
  link(table: bigint): void {
    this.machine.writeRam(this.lastOfRoot(), tableEntry(table, this.geometry));
  }

  /** First page of table memory under the root. */
  get table(): bigint {
    return nextTable(this.read(this.vm.tables.pgd), this.geometry);
  }

  allocate(): bigint {
    return BigInt.asUintN(64, this.machine.core.tableAlloc());
  }

  /** Two table pages set aside for a map: the first of their chain, and the second. */
  setAside(): [bigint, bigint] {
    this.vm.idmap.prepare({ ipa: 2n * this.block, size: 2n * this.block, blocks: false });
    const first = this.machine.view.u64(this.vm.idmap.reserve + L.RESERVE_HEAD);
    return [first, this.read(first)];
  }

  /** Offset of the count of a page of the pool. */
  countAt(pa: bigint): number {
    const { view } = this.machine;
    const pool = view.u64(L.HEADER_OFFSET + L.HEADER_POOL_PA);
    const page = Number((pa - pool) >> BigInt(this.machine.header(L.HEADER_POOL_SHIFT)));
    return this.machine.header(L.HEADER_POOL_REFS) + 2 * page;
  }

  setCount(pa: bigint, count: number): void {
    this.machine.view.setU16(this.countAt(pa), count);
  }

  /** The cache that the operations on tables fill. */
  get cache(): number {
    return this.vm.tables.caches[0] as number;
  }

  cached(index: number): bigint {
    return this.machine.view.u64(this.cache + L.CACHE_OBJECTS + 8 * index);
  }
}

/** A table descriptor, from the rules of the layouts alone. */
export function tableEntry(pa: bigint, { layout }: Geometry): bigint {
  if (layout === 'lpa') return (pa & 0xffff_ffff_ffffn) | ((pa >> 48n) << 12n) | 3n;
  return layout === 'lpa2' ? (pa & 0x3_ffff_ffff_ffffn) | ((pa >> 50n) << 8n) | 3n : pa | 3n;
}

function nextTable(desc: bigint, { granuleShift, layout }: Geometry): bigint {
  const low = BigInt.asUintN(layout === 'lpa2' ? 50 : 48, desc) & ~((1n << BigInt(granuleShift)) - 1n);
  if (layout === 'lpa') return low | (((desc >> 12n) & 15n) << 48n);
  return layout === 'lpa2' ? low | (((desc >> 8n) & 3n) << 50n) : low;
}
