import { DESC_AF_LSB, DESC_MEMATTR_LSB, DESC_S2AP_LSB, DESC_SH_LSB, DESC_XN_LSB } from '../abi/arm.js';
import { ENOMEM } from '../abi/kvm.js';
import * as L from '../abi/layout.js';
import { levelShift } from '../arm/descriptor.js';
import { hex, Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import { leavesOf, type TableLeaf } from '../walk/leaves.js';
import { startLevel } from './geometry.js';
import type { Vm } from './vm.js';

const S2AP_WRITE = 2n << BigInt(DESC_S2AP_LSB);
const AF = 1n << BigInt(DESC_AF_LSB);
/** PAGE_S2_DEVICE of v4.13: Device-nGnRE, readable, inner shareable, AF, execute-never. */
const PAGE_S2_DEVICE =
  3n |
  (1n << BigInt(DESC_MEMATTR_LSB)) |
  (1n << BigInt(DESC_S2AP_LSB)) |
  (3n << BigInt(DESC_SH_LSB)) |
  AF |
  (2n << BigInt(DESC_XN_LSB));
const GIB = 1n << 30n;
const OUTPUT_LIMIT = 1n << 48n;

/** The software side of a VM's stage-2 tables: map, unmap, write-protect, age, flush, dump. */
export class Stage2Tables {
  readonly #machine: Machine;
  readonly #vm: Vm;
  readonly pgd: bigint;
  readonly #visitor: number;
  readonly #cache: number;
  readonly #idmapCache: number;

  constructor(vm: Vm, pgd: bigint) {
    this.#vm = vm;
    this.#machine = vm.machine;
    this.pgd = pgd;
    this.#visitor = this.#machine.arena.allocate(L.VISITOR_SIZEOF);
    this.#cache = this.#machine.arena.allocate(L.CACHE_SIZEOF);
    this.#idmapCache = this.#machine.arena.allocate(L.CACHE_SIZEOF);
    this.#machine.view.fill(this.#cache, L.CACHE_SIZEOF);
  }

  /** Runs `body` with a visitor of zeroes: as an attribute visitor it sets and clears nothing. */
  withVisitor<T>(body: (visitor: number) => T): T {
    this.#machine.view.fill(this.#visitor, L.VISITOR_SIZEOF);
    return body(this.#visitor);
  }

  /**
   * Maps [ipa, ipa + size) to [pa, ...) with the largest entries that fit; `attributes` are those of a page.
   * 0 or -ENOMEM. Live entries that differ are replaced by break-before-make. Throws EINVAL for addresses that are
   * no multiples of the granule or leave their space.
   */
  map(ipa: bigint, size: bigint, pa: bigint, attributes: bigint): number {
    const { view, core } = this.#machine;
    this.#checkRange(ipa, size);
    checkAligned(ipa | size | pa, this.#vm.geometry.granuleShift);
    if (pa < 0n || pa + size > OUTPUT_LIMIT)
      throw new Stage2Error('EINVAL', `output ${hex(pa)}+${hex(size)}: expected an address below 2^48`);
    // One top-up carries what lies below one level-2 entry, or a gigabyte with pages at its two ends only.
    const block = 1n << BigInt(levelShift(this.#vm.geometry.granuleShift, 2));
    const reach = ((ipa ^ pa) & (block - 1n)) === 0n && block < GIB ? GIB : block;
    for (let done = 0n; done < size; ) {
      const chunk = min(size - done, reach - ((ipa + done) & (reach - 1n)));
      if (core.cacheTopup(this.#cache, 4 - startLevel(this.#vm.geometry)) < 0) return -ENOMEM;
      this.withVisitor((visitor) => {
        view.setU64(visitor + L.MAP_VISITOR_IPA, ipa + done);
        view.setU64(visitor + L.MAP_VISITOR_PA, pa + done);
        view.setU64(visitor + L.MAP_VISITOR_ATTRIBUTES, attributes);
        view.setU32(visitor + L.MAP_VISITOR_CACHE, view.base + this.#cache);
      });
      const ret = core.stage2Map(this.#vm.offset, ipa + done, chunk, this.#visitor);
      if (ret < 0) return ret;
      done += chunk;
    }
    return 0;
  }

  /**
   * internal_vm_prep_mem as posted: maps the range one to one, page by page. 0, or -ENOMEM with what was mapped
   * left in place. The pages its local cache still holds at the end are lost.
   */
  idmapAsPosted(ipa: bigint, size: bigint): number {
    return this.#machine.core.idmapAsPosted(this.#vm.offset, this.#idmapCache, ipa, ipa + size);
  }

  /** kvm_phys_addr_ioremap: device pages one by one; the cache is freed at the end. 0 or -errno. */
  mapDevicePages(ipa: bigint, pa: bigint, size: bigint, writable: boolean): number {
    const { core } = this.#machine;
    const attributes = PAGE_S2_DEVICE | (writable ? S2AP_WRITE : 0n);
    const step = 1n << BigInt(this.#vm.geometry.granuleShift);
    let ret = 0;
    for (let done = 0n; done < size && ret === 0; done += step) {
      ret = core.cacheTopup(this.#cache, 3 - startLevel(this.#vm.geometry));
      if (ret === 0)
        ret = core.stage2SetPte(this.#vm.offset, this.#cache, ipa + done, (pa + done) | attributes, 1, 0);
    }
    core.cacheFree(this.#cache);
    return ret;
  }

  /** Unmaps the range; a block partly in it goes as a whole; empty tables are freed. */
  unmap(ipa: bigint, size: bigint): void {
    this.#checkRange(ipa, size);
    this.#machine.core.stage2Unmap(this.#vm.offset, ipa, size);
  }

  /** Sets and clears bits in every valid leaf of the range. Returns how many changed. */
  changeAttributes(ipa: bigint, size: bigint, set: bigint, clear: bigint): bigint {
    this.#checkRange(ipa, size);
    return this.withVisitor((visitor) => {
      this.#machine.view.setU64(visitor + L.ATTRIBUTE_VISITOR_SET, set);
      this.#machine.view.setU64(visitor + L.ATTRIBUTE_VISITOR_CLEAR, clear);
      this.#machine.core.stage2Attributes(this.#vm.offset, ipa, size, visitor);
      return this.#machine.view.u64(visitor + L.ATTRIBUTE_VISITOR_CHANGED);
    });
  }

  writeProtect(ipa: bigint, size: bigint): bigint {
    return this.changeAttributes(ipa, size, 0n, S2AP_WRITE);
  }

  /** Clears the access flag of every leaf of the range. */
  age(ipa: bigint, size: bigint): bigint {
    return this.changeAttributes(ipa, size, 0n, AF);
  }

  /** Cleans the memory behind every present leaf of the range. */
  flush(ipa: bigint, size: bigint): void {
    this.#checkRange(ipa, size);
    this.#machine.core.stage2Flush(this.#vm.offset, ipa, size);
  }

  /** Every valid leaf by ascending IPA. */
  leaves(): Generator<TableLeaf> {
    const { granuleShift, ipaBits } = this.#vm.geometry;
    return leavesOf(this.#machine, this.#vm.offset, granuleShift, ipaBits);
  }

  /** Throws EINVAL unless the range lies in the IPA space: the walk would leave the root table. */
  #checkRange(ipa: bigint, size: bigint): void {
    const { ipaBits } = this.#vm.geometry;
    if (ipa >= 0n && size >= 0n && ipa + size <= 1n << BigInt(ipaBits)) return;
    throw new Stage2Error('EINVAL', `range ${hex(ipa)}+${hex(size)}: expected one below 2^${ipaBits}`);
  }

  destroy(): void {
    this.unmap(0n, 1n << BigInt(this.#vm.geometry.ipaBits));
    this.#machine.core.cacheFree(this.#cache);
    this.#machine.arena.release(this.#visitor);
    this.#machine.arena.release(this.#cache);
    this.#machine.arena.release(this.#idmapCache);
  }
}

function checkAligned(addresses: bigint, granuleShift: number): void {
  if ((addresses & ((1n << BigInt(granuleShift)) - 1n)) === 0n) return;
  throw new Stage2Error('EINVAL', `map: expected multiples of the granule, 2^${granuleShift} bytes`);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
