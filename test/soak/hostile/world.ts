// A machine in the middle of a larger memory, and what in that memory a translation may write.
import * as L from '../../../src/abi/layout.js';
import * as W from '../../../src/abi/walk.js';
import { Machine } from '../../../src/core/machine.js';
import { writeRegisters } from '../../../src/walk/regime.js';
import type { AddressMap } from './banks.js';
import { type Extent, firstDifference, outside } from './extents.js';
import { placesOf } from './places.js';
import type { Setting } from './setting.js';

/** Bytes before and behind the machine; a multiple of a wasm page. */
const GUARD = 65536;
const PATTERN = 0xa5;
export const BATCH_MOST = 320;
/** What stands behind the results of a batch. */
export const UNTOUCHED = 0x5a5a_a5a5_0f0f_f0f0n;
/** Leaves that a dump has room for. */
export const DUMP_LEAVES = 8;

/** Offsets from memoryBase of the records that the exports are given. */
interface Records {
  regime: number;
  out: number;
  ipas: number;
  results: number;
  vm: number;
  cache: number;
  visitor: number;
  reserve: number;
  leaves: number;
}

export class World {
  readonly name: string;
  readonly machine: Machine;
  readonly at: Records;
  readonly bytes: Uint8Array;
  readonly i32: Int32Array;
  readonly u64: BigUint64Array;
  /** All RAM banks, as bytes of the memory. */
  readonly ram: Extent;
  /** Addresses of RAM where a table can be, and addresses that are some kind of trap. */
  readonly tables: readonly bigint[];
  readonly traps: readonly bigint[];
  readonly #shadow: Uint8Array;
  readonly #keptByWalks: readonly Extent[];
  readonly #keptBySoftware: readonly Extent[];

  constructor(map: AddressMap) {
    this.name = map.name;
    const { machine, memory } = guardedMachine(map);
    this.machine = machine;
    this.bytes = new Uint8Array(memory.buffer);
    this.i32 = new Int32Array(memory.buffer);
    this.u64 = new BigUint64Array(memory.buffer);
    const allocate = (bytes: number) => machine.arena.allocate(bytes);
    this.at = {
      regime: allocate(W.REGIME_SIZEOF),
      out: allocate(W.TRANSLATION_SIZEOF),
      ipas: allocate(8 * BATCH_MOST),
      results: allocate(8 * (BATCH_MOST + 1)),
      vm: allocate(L.VM_SIZEOF),
      cache: allocate(L.CACHE_SIZEOF),
      visitor: allocate(L.VISITOR_SIZEOF),
      reserve: allocate(L.RESERVE_SIZEOF),
      leaves: allocate(L.LEAF_SIZEOF * DUMP_LEAVES),
    };
    this.ram = ramOf(machine);
    ({ tables: this.tables, traps: this.traps } = placesOf(machine));
    this.#shadow = this.bytes.slice();
    this.#keptByWalks = outside(this.#writtenByWalks(), this.bytes.length);
    this.#keptBySoftware = outside(this.#writtenBySoftware(), this.bytes.length);
  }

  /** Index of the 64-bit word at `offset` from memoryBase. */
  word(offset: number): number {
    return (this.machine.view.base + offset) >> 3;
  }

  /** Puts the setting's registers and descriptors in place. */
  arrange({ features, choices, paMax, registers, descriptors }: Setting): void {
    const { view, core } = this.machine;
    const { regime } = this.at;
    view.fill(regime, W.REGIME_SIZEOF);
    view.setU32(regime + W.REGIME_FEATURES, features);
    view.setU32(regime + W.REGIME_CHOICES, choices);
    view.setU32(regime + W.REGIME_PA_MAX, paMax);
    writeRegisters(view, regime, registers);
    core.regimeDecode(regime);
    this.#note(this.#extent(regime, W.REGIME_SIZEOF));
    this.#fillRam(descriptors);
  }

  /** The descriptors over and over. */
  #fillRam(descriptors: readonly bigint[]): void {
    const [start, end] = [this.ram.start >> 3, this.ram.end >> 3];
    this.u64.set(descriptors, start);
    for (let done = descriptors.length; done < end - start; done *= 2) {
      this.u64.copyWithin(start + done, start, Math.min(start + done, end - done));
    }
  }

  /** Offset of the first byte that a walk must not have written and that has changed. */
  strayOfWalks(): number | undefined {
    return firstDifference(this.bytes, this.#shadow, this.#keptByWalks);
  }

  /** The same for the software side of the tables, which also keeps the books of the pool. */
  strayOfSoftware(): number | undefined {
    return firstDifference(this.bytes, this.#shadow, this.#keptBySoftware);
  }

  /** Takes what software wrote for given. */
  acceptSoftware(): void {
    for (const extent of this.#writtenBySoftware()) this.#note(extent);
  }

  #note({ start, end }: Extent): void {
    this.#shadow.set(this.bytes.subarray(start, end), start);
  }

  #extent(offset: number, length: number): Extent {
    const start = this.machine.view.base + offset;
    return { start, end: start + length };
  }

  #writtenByWalks(): Extent[] {
    const { machine, at } = this;
    // Behind what the registers decode to, a regime holds what batches learn of its tables.
    const learnt = at.regime + W.REGIME_LAYOUT + 4;
    return [
      this.ram,
      this.#extent(learnt, at.regime + W.REGIME_KERNEL_MASKS - learnt),
      this.#extent(at.out, W.TRANSLATION_SIZEOF),
      this.#extent(at.ipas, 8 * BATCH_MOST),
      this.#extent(at.results, 8 * (BATCH_MOST + 1)),
      this.#extent(machine.header(L.HEADER_SCRATCH), W.TRANSLATION_SIZEOF + 8),
      this.#extent(machine.header(L.HEADER_CHUNKS), 8 * L.CHUNKS),
    ];
  }

  #writtenBySoftware(): Extent[] {
    const { machine, at } = this;
    const pages = machine.tablePages;
    return [
      ...this.#writtenByWalks(),
      this.#extent(at.vm, L.VM_SIZEOF),
      this.#extent(at.cache, L.CACHE_SIZEOF),
      this.#extent(at.visitor, L.VISITOR_SIZEOF),
      this.#extent(at.reserve, L.RESERVE_SIZEOF),
      this.#extent(at.leaves, L.LEAF_SIZEOF * DUMP_LEAVES),
      this.#extent(L.HEADER_OFFSET + L.HEADER_POOL_FREE, 4),
      this.#extent(L.HEADER_OFFSET + L.HEADER_POOL_BUDGET, 4),
      this.#extent(machine.header(L.HEADER_POOL_STACK), 4 * pages),
      this.#extent(machine.header(L.HEADER_POOL_REFS), 2 * pages),
    ];
  }
}

/** A machine with the guard pattern before and behind it. */
function guardedMachine({ banks, roots, tablePool }: AddressMap): {
  machine: Machine;
  memory: WebAssembly.Memory;
} {
  const options = { banks, roots, tablePool, regions: [], pageState: false, arenaBytes: 1 << 14 };
  const size = new Machine(options).view.memory.buffer.byteLength;
  const memory = new WebAssembly.Memory({ initial: (size + 2 * GUARD) / 65536 });
  new Uint8Array(memory.buffer).fill(PATTERN);
  return { machine: new Machine({ ...options, memory, memoryBase: GUARD }), memory };
}

/** The banks of RAM lie side by side. */
function ramOf(machine: Machine): Extent {
  const banks = machine.banks.filter(({ kind }) => kind === 'ram');
  const size = banks.reduce((sum, bank) => sum + Number(bank.size), 0);
  const start = machine.view.base + (machine.ramOffset(banks[0]?.pa ?? -1n) ?? -1);
  return { start, end: start + size };
}
