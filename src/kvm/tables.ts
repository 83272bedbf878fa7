import { DESC_DBM_LSB, DESC_SH_LSB, DESC_SH_WIDTH } from '../abi/arm.js';
import * as L from '../abi/layout.js';
import { AddressLayout } from '../abi/walk.js';
import { fieldMask } from '../arm/fields.js';
import { checkFlag, checkInteger, checkU64, gone, refuse } from '../core/check.js';
import { hex, Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import { leavesOf, type TableLeaf } from '../walk/leaves.js';
import { AF, PAGE_S2_DEVICE, S2AP_WRITE } from './attributes.js';
import {
  addressBits,
  addressLayout,
  checkAligned,
  checkIpaRange,
  requireLevel2,
  startLevel,
} from './geometry.js';
import type { Vm } from './vm.js';

/** VALID and TABLE: the type of a page. */
const PAGE_TYPE = 3n;
const SH = fieldMask({ lsb: DESC_SH_LSB, width: DESC_SH_WIDTH });
/** What is no type and, in no layout but FEAT_LPA2's, no address bit of a page: bits 11:2 and 63:51. */
const ATTRIBUTES = 0xffcn | fieldMask({ lsb: DESC_DBM_LSB, width: 64 - DESC_DBM_LSB });

/**
 * The software side of a VM's stage-2 tables: map, dissolve, unmap, write-protect, age, flush, dump. Addresses and
 * sizes are in bytes; every operation throws EINVAL for a range that leaves the IPA space and of a destroyed VM. Tables that were overwritten
 * from outside so that they link each other end every operation, but one over a large range after a very long time.
 */
export class Stage2Tables {
  readonly #machine: Machine;
  readonly #vm: Vm;
  /** PA of the root table. */
  readonly pgd: bigint;
  readonly #visitor: number;
  readonly #cache: number;
  readonly #idmapCache: number;

  /** Of its VM, which makes it; `pgd` is the PA of the root table. */
  constructor(vm: Vm, pgd: bigint) {
    this.#vm = vm;
    this.#machine = vm.machine;
    this.pgd = pgd;
    this.#visitor = this.#machine.arena.allocate(L.VISITOR_SIZEOF);
    this.#cache = this.#machine.arena.allocate(L.CACHE_SIZEOF);
    this.#idmapCache = this.#machine.arena.allocate(L.CACHE_SIZEOF);
    for (const cache of this.caches) this.#machine.view.fill(cache, L.CACHE_SIZEOF);
  }

  /** Offsets of the caches of table pages that operations fill, beside those of the vcpus. */
  get caches(): readonly number[] {
    return [this.#cache, this.#idmapCache];
  }

  /** Places in the arena of what the constructor allocates, in its order; their VM releases them. */
  get places(): readonly number[] {
    return [this.#visitor, ...this.caches];
  }

  /** Runs `body` with a visitor of zeroes: as an attribute visitor it sets and clears nothing. */
  withVisitor<T>(body: (visitor: number) => T): T {
    this.#checkAlive();
    if (typeof body !== 'function') refuse('body', body, 'a function');
    this.#machine.view.fill(this.#visitor, L.VISITOR_SIZEOF);
    return body(this.#visitor);
  }

  /**
   * Maps [ipa, ipa + size) to [pa, ...) with the largest entries that fit; `attributes` are those of a page, of which
   * FEAT_LPA2 drops the shareability. 0, or -ENOMEM with what was mapped left in place. Live entries that differ are
   * replaced by break-before-make, a block also if it is only partly in the range: dissolve it first to keep the
   * rest. Throws EINVAL for addresses that are no multiples of the granule or leave their space, and for attributes
   * that are no page's.
   */
  map(ipa: bigint, size: bigint, pa: bigint, attributes: bigint): number {
    const { view, core } = this.#machine;
    this.#checkRange(ipa, size);
    this.#checkOutput(pa, size);
    checkAligned(ipa | size | pa, this.#vm.geometry.granuleShift);
    checkU64('attributes', attributes);
    if ((attributes & PAGE_TYPE) !== PAGE_TYPE || (attributes & ~(PAGE_TYPE | ATTRIBUTES)) !== 0n)
      throw new Stage2Error('EINVAL', `attributes ${hex(attributes)}: expected those of a page`);
    return this.withVisitor((visitor) => {
      view.setU64(visitor + L.MAP_VISITOR_IPA, ipa);
      view.setU64(visitor + L.MAP_VISITOR_PA, pa);
      view.setU64(visitor + L.MAP_VISITOR_ATTRIBUTES, attributes);
      view.setU32(visitor + L.MAP_VISITOR_CACHE, view.base + this.#cache);
      return core.stage2Map(this.#vm.offset, ipa, size, visitor);
    });
  }

  /**
   * Dissolves the blocks of the range: each that is above `level` and at least partly in it becomes a table that maps
   * the same with the same attributes, level by level down to `level` where the range goes. The entry is broken
   * before it is made again. The contiguous bit is not passed on; clear it in the neighbours of a set first.
   * 0, or -ENOMEM when there is no page for a table: what was dissolved stays so, the rest stays blocks, and every
   * IPA translates as before. Throws EINVAL for a level the tables do not have.
   */
  dissolve(ipa: bigint, size: bigint, level = 3): number {
    const { view, core } = this.#machine;
    this.#checkRange(ipa, size);
    const start = startLevel(this.#vm.geometry);
    checkInteger('level', level, start, 3);
    return this.withVisitor((visitor) => {
      view.setU32(visitor + L.DISSOLVE_VISITOR_CACHE, view.base + this.#cache);
      view.setU32(visitor + L.DISSOLVE_VISITOR_LEVEL, level);
      return core.stage2Dissolve(this.#vm.offset, ipa, size, visitor);
    });
  }

  /**
   * internal_vm_prep_mem as posted: maps the range one to one, page by page. 0, or -ENOMEM with what was mapped
   * left in place. The pages its local cache still holds at the end are lost. `byKind`: device registers become
   * Device-nGnRE and execute-never, which the RFC does not do. Throws EINVAL for tables that start at level 3.
   */
  idmapAsPosted(ipa: bigint, size: bigint, byKind = false): number {
    requireLevel2(this.#vm.geometry);
    this.#checkRange(ipa, size);
    checkFlag('byKind', byKind);
    const cache = this.#idmapCache;
    return this.#machine.core.idmapAsPosted(this.#vm.offset, cache, ipa, ipa + size, Number(byKind));
  }

  /**
   * kvm_phys_addr_ioremap: device pages one by one; the cache is freed at the end. 0 or -errno. Throws EINVAL for
   * tables that start at level 3.
   */
  mapDevicePages(ipa: bigint, pa: bigint, size: bigint, writable: boolean): number {
    requireLevel2(this.#vm.geometry);
    this.#checkRange(ipa, size);
    this.#checkOutput(pa, size);
    checkFlag('writable', writable);
    const { core } = this.#machine;
    const attributes = PAGE_S2_DEVICE | (writable ? S2AP_WRITE : 0n);
    const step = 1n << BigInt(this.#vm.geometry.granuleShift);
    let ret = 0;
    for (let done = 0n; done < size && ret === 0; done += step) {
      ret = core.cacheTopup(this.#cache, 3 - startLevel(this.#vm.geometry));
      if (ret === 0)
        ret = core.stage2SetPte(this.#vm.offset, this.#cache, ipa + done, pa + done, attributes, 1, 0);
    }
    core.cacheFree(this.#cache);
    return ret;
  }

  /**
   * Unmaps the range; a block partly in it goes as a whole; empty tables are freed. Throws EINVAL outside the IPA space.
   */
  unmap(ipa: bigint, size: bigint): void {
    this.#checkRange(ipa, size);
    this.#machine.core.stage2Unmap(this.#vm.offset, ipa, size);
  }

  /**
   * Sets and clears bits in every valid leaf of the range, a block as a whole. Returns how many leaves changed.
   * Throws EINVAL for bits that are no attributes: the type, an address, with FEAT_LPA2 the shareability.
   */
  changeAttributes(ipa: bigint, size: bigint, set: bigint, clear: bigint): bigint {
    this.#checkRange(ipa, size);
    checkU64('set', set);
    checkU64('clear', clear);
    const wide = addressLayout(this.#vm.geometry) === AddressLayout.LPA2;
    const allowed = wide ? ATTRIBUTES & ~SH : ATTRIBUTES;
    if (((set | clear) & ~allowed) !== 0n)
      throw new Stage2Error('EINVAL', `bits ${hex(set | clear)}: expected attributes, of ${hex(allowed)}`);
    return this.withVisitor((visitor) => {
      this.#machine.view.setU64(visitor + L.ATTRIBUTE_VISITOR_SET, set);
      this.#machine.view.setU64(visitor + L.ATTRIBUTE_VISITOR_CLEAR, clear);
      this.#machine.core.stage2Attributes(this.#vm.offset, ipa, size, visitor);
      return this.#machine.view.u64(visitor + L.ATTRIBUTE_VISITOR_CHANGED);
    });
  }

  /** Takes write permission from every leaf of the range. Returns how many changed. */
  writeProtect(ipa: bigint, size: bigint): bigint {
    return this.changeAttributes(ipa, size, 0n, S2AP_WRITE);
  }

  /** Clears the access flag of every leaf of the range. Returns how many changed. */
  age(ipa: bigint, size: bigint): bigint {
    return this.changeAttributes(ipa, size, 0n, AF);
  }

  /** Cleans the memory behind every present leaf of the range. Throws EINVAL outside the IPA space. */
  flush(ipa: bigint, size: bigint): void {
    this.#checkRange(ipa, size);
    this.#machine.core.stage2Flush(this.#vm.offset, ipa, size);
  }

  /** Every valid leaf by ascending IPA. */
  leaves(): Generator<TableLeaf> {
    this.#checkAlive();
    const { granuleShift, ipaBits } = this.#vm.geometry;
    return leavesOf(this.#machine, this.#vm.offset, granuleShift, ipaBits);
  }

  #checkAlive(): void {
    if (this.#vm.destroyed) throw gone('VM');
  }

  #checkRange(ipa: bigint, size: bigint): void {
    this.#checkAlive();
    checkIpaRange(this.#vm.geometry, ipa, size);
  }

  #checkOutput(pa: bigint, size: bigint): void {
    const bits = addressBits(this.#vm.geometry);
    if (checkU64('pa', pa) + size <= 1n << BigInt(bits)) return;
    throw new Stage2Error('EINVAL', `output ${hex(pa)}+${hex(size)}: expected an address below 2^${bits}`);
  }

  /** Frees every table and the pages kept for more. */
  destroy(): void {
    this.unmap(0n, 1n << BigInt(this.#vm.geometry.ipaBits));
    this.#machine.core.cacheFree(this.#cache);
  }
}
