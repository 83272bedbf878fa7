import * as L from '../abi/layout.js';
import { checkFlag, checkKeys, gone } from '../core/check.js';
import { Stage2Error } from '../core/error.js';
import { PAGE_S2, S2AP_WRITE } from './attributes.js';
import { checkAligned, checkIpaRange } from './geometry.js';
import type { Vm } from './vm.js';

/** A one-to-one map: PA equal to IPA, normal write-back memory, executable. */
export interface IdmapRequest {
  /** First IPA, a multiple of the granule. */
  ipa: bigint;
  /** Bytes, a multiple of the granule. */
  size: bigint;
  /** The largest blocks that fit; pages alone otherwise. */
  blocks: boolean;
  /** The contiguous hint where a whole set is mapped. Default false. */
  contiguous?: boolean;
  /** Device registers become Device-nGnRE and execute-never. Default false: they are mapped as memory. */
  byKind?: boolean;
  /** Default true. */
  writable?: boolean;
  /** A range that is unmapped between prepare and commit, with the tables that this empties. */
  unmappedFirst?: {
    /** First IPA. */
    ipa: bigint;
    /** Bytes. */
    size: bigint;
  };
}

/**
 * Maps one to one in two steps. `prepare` counts the table pages and sets all of them aside: it may fail, and then
 * nothing has changed. `commit` writes the entries and cannot fail.
 */
export class Idmap {
  /** Offset of the chain of table pages that `prepare` set aside. */
  readonly reserve: number;
  readonly #vm: Vm;
  readonly #visitor: number;
  #prepared = false;

  /** Of its VM, which makes it. */
  constructor(vm: Vm) {
    this.#vm = vm;
    const { arena, view } = vm.machine;
    this.#visitor = arena.allocate(L.VISITOR_SIZEOF);
    this.reserve = arena.allocate(L.RESERVE_SIZEOF);
    view.fill(this.#visitor, L.VISITOR_SIZEOF);
    view.fill(this.reserve, L.RESERVE_SIZEOF);
  }

  /** Places in the arena of what the constructor allocates, in its order; their VM releases them. */
  get places(): readonly number[] {
    return [this.#visitor, this.reserve];
  }

  /** Between prepare and commit. */
  get prepared(): boolean {
    return this.#prepared;
  }

  /**
   * Goes on with the record as it lies in memory, where a map is prepared or not. Throws EINVAL for one of no range
   * that `prepare` takes.
   */
  resume(prepared: boolean): void {
    this.#checkAlive();
    checkFlag('prepared', prepared);
    const { view } = this.#vm.machine;
    const word = (field: number): bigint => view.u64(this.#visitor + field);
    const [ipa, gone] = [word(L.MAP_VISITOR_IPA), word(L.PLAN_VISITOR_GONE_START)];
    if (prepared) {
      this.#check(ipa, word(L.MAP_VISITOR_END) - ipa);
      checkIpaRange(this.#vm.geometry, gone, word(L.PLAN_VISITOR_GONE_END) - gone);
    }
    view.setU32(this.#visitor + L.MAP_VISITOR_RESERVE, view.base + this.reserve);
    this.#prepared = prepared;
  }

  /** Table pages that the map prepared last takes: no more and no fewer. */
  get tablePages(): number {
    this.#checkAlive();
    return Number(this.#vm.machine.view.u64(this.#visitor + L.PLAN_VISITOR_TABLES));
  }

  /**
   * Makes ready for `commit`. 0, or -ENOMEM with nothing changed. Throws EINVAL for a range that leaves the IPA space
   * or is no multiple of the granule, EBUSY between prepare and commit.
   */
  prepare(request: IdmapRequest): number {
    this.#checkAlive();
    checkRequest(request);
    if (this.#prepared) throw new Stage2Error('EBUSY', 'a map is prepared already: commit it first');
    const { ipa, size, unmappedFirst: gone = { ipa: 0n, size: 0n } } = request;
    this.#check(ipa, size);
    checkIpaRange(this.#vm.geometry, gone.ipa, gone.size);
    this.#write(request, gone);
    const ret = this.#vm.machine.core.idmapPrepare(this.#vm.offset, this.#visitor);
    this.#prepared = ret === 0;
    return ret;
  }

  #checkAlive(): void {
    if (this.#vm.destroyed) throw gone('VM');
  }

  #check(ipa: bigint, size: bigint): void {
    checkIpaRange(this.#vm.geometry, ipa, size);
    checkAligned(ipa | size, this.#vm.geometry.granuleShift);
  }

  #write(request: IdmapRequest, gone: { ipa: bigint; size: bigint }): void {
    const { view } = this.#vm.machine;
    const at = this.#visitor;
    const flags =
      (request.blocks ? 0 : L.MAP_PAGES_ONLY) |
      (request.contiguous ? L.MAP_CONTIGUOUS : 0) |
      (request.byKind ? L.MAP_BY_KIND : 0);
    view.fill(at, L.VISITOR_SIZEOF);
    view.setU64(at + L.MAP_VISITOR_IPA, request.ipa);
    view.setU64(at + L.MAP_VISITOR_PA, request.ipa);
    view.setU64(at + L.MAP_VISITOR_END, request.ipa + request.size);
    view.setU64(at + L.MAP_VISITOR_ATTRIBUTES, PAGE_S2 | ((request.writable ?? true) ? S2AP_WRITE : 0n));
    view.setU32(at + L.MAP_VISITOR_RESERVE, view.base + this.reserve);
    view.setU32(at + L.MAP_VISITOR_FLAGS, flags);
    view.setU64(at + L.PLAN_VISITOR_GONE_START, gone.ipa);
    view.setU64(at + L.PLAN_VISITOR_GONE_END, gone.ipa + gone.size);
  }

  /**
   * Makes the map that was prepared. Throws EINVAL if none was, or if the tables were changed in between other than by
   * the unmap that the request names.
   */
  commit(): void {
    this.#checkAlive();
    if (!this.#prepared) throw new Stage2Error('EINVAL', 'no map is prepared');
    this.#prepared = false;
    if (this.#vm.machine.core.idmapCommit(this.#vm.offset, this.#visitor) === 0) return;
    throw new Stage2Error('EINVAL', 'the tables are not those that the map was prepared for');
  }

  /** Gives back what `prepare` set aside; the map is not made. Nothing to do if none is prepared. */
  cancel(): void {
    this.#checkAlive();
    this.#prepared = false;
    this.#vm.machine.core.reserveRelease(this.reserve);
  }
}

const FLAGS = ['blocks', 'contiguous', 'byKind', 'writable'] as const;

function checkRequest(request: IdmapRequest): void {
  const { unmappedFirst } = checkKeys('request', request, ['ipa', 'size', 'unmappedFirst', ...FLAGS]);
  for (const name of FLAGS) checkFlag(name, request[name] ?? (name === 'blocks' ? undefined : false));
  if (unmappedFirst !== undefined) checkKeys('unmappedFirst', unmappedFirst, ['ipa', 'size']);
}
