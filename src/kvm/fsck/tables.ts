import * as A from '../../abi/arm.js';
import { descriptorAddress, type EntryPlace, entryPlace, levelShift } from '../../arm/descriptor.js';
import { hex } from '../../core/error.js';
import type { Machine } from '../../core/machine.js';
import { addressBits, addressLayout, rootBytes, startLevel, stride } from '../geometry.js';
import type { Vm } from '../vm.js';
import { brokenSets, CONTIG_HIGH } from './contiguous.js';
import { DirtyLogs } from './dirty.js';
import type { Findings } from './findings.js';
import { type LeafRules, leafRules } from './leaf.js';
import { CACHED, FREE, type Parent, type PoolPages, REACHED } from './pages.js';
import type { FindingKind, FsckOptions } from './types.js';

const VALID = 1 << A.DESC_VALID_LSB;
const TABLE = 1 << A.DESC_TABLE_LSB;
const S2AP_WRITE = 2 << A.DESC_S2AP_LSB;

/** A table: where it is, and what it is for. */
interface Table {
  pa: bigint;
  level: number;
  entries: number;
  /** First IPA. */
  ipa: bigint;
}

const EXPECTED: Partial<Record<FindingKind, string>> = {
  'entry-stray': 'an entry that is empty or valid',
  'entry-reserved': 'a page, or a block where the level has blocks',
  'leaf-reserved-bits': 'RES0 bits of 0',
  'leaf-attributes': 'a MemAttr and SH that are not reserved',
};

/**
 * The tables of one VM from the root down, by the bytes in memory and the geometry alone. A page is entered once, so
 * tables that link each other end the walk like others.
 */
export class TableCheck {
  readonly #machine: Machine;
  readonly #vm: Vm;
  readonly #pages: PoolPages;
  readonly #findings: Findings;
  readonly #rules: LeafRules;
  readonly #dirty: DirtyLogs;
  readonly #places: readonly EntryPlace[];
  readonly #paBits: number;
  /** One past the last IPA the guest has. */
  readonly #ipaEnd: bigint;

  constructor(vm: Vm, pages: PoolPages, findings: Findings, options: FsckOptions) {
    const { geometry } = vm;
    this.#machine = vm.machine;
    this.#vm = vm;
    this.#pages = pages;
    this.#findings = findings;
    this.#paBits = options.paBits ?? addressBits(geometry);
    this.#rules = leafRules(geometry, this.#paBits);
    this.#dirty = new DirtyLogs(vm, findings);
    const format = { granuleShift: geometry.granuleShift, layout: addressLayout(geometry) };
    this.#places = [-1, 0, 1, 2, 3].map((level) => entryPlace(format, level));
    this.#ipaEnd = 1n << BigInt(options.ipaBits ?? geometry.ipaBits);
  }

  run(): void {
    const { geometry, tables } = this.#vm;
    const entries = rootBytes(geometry) / 8;
    this.#enter({ pa: tables.pgd, level: startLevel(geometry), entries, ipa: 0n });
  }

  /** Checks the entries of a table and what is below them; how many are live. */
  #enter(table: Table): number {
    const words = this.#wordsOf(table);
    const { level, entries } = table;
    const eachLeaf = !this.#dirty.isEmpty || this.#endOf(table) > this.#ipaEnd;
    let live = 0;
    let contiguous = false;
    for (let i = 0; i < entries; i++) {
      const low = words[2 * i] as number;
      const high = words[2 * i + 1] as number;
      if ((low | high) === 0) continue;
      live++;
      if ((low & VALID) === 0) this.#entry('entry-stray', table, i);
      else if (level < 3 && (low & TABLE) !== 0) this.#follow(table, i);
      else {
        const problem = this.#rules.problem(low, high, level);
        if (problem !== undefined) this.#entry(problem, table, i);
        if (eachLeaf) this.#leaf(table, i, (low & S2AP_WRITE) !== 0);
        contiguous ||= (high & CONTIG_HIGH) !== 0;
      }
    }
    if (contiguous) this.#checkContiguous(table);
    return live;
  }

  /** The table's entries where they are, two words each. */
  #wordsOf({ pa, entries }: Table): Uint32Array {
    const at = this.#machine.ramOffset(pa) as number;
    const bytes = this.#machine.view.bytes(at, entries * 8);
    return new Uint32Array(bytes.buffer, bytes.byteOffset, entries * 2);
  }

  /** A table descriptor. */
  #follow(table: Table, index: number): void {
    const level = table.level + 1;
    const pa = descriptorAddress(this.#read(table, index), this.#places[level] as EntryPlace);
    const ipa = this.#ipaOf(table, index);
    const below: Table = { pa, level, entries: 2 ** stride(this.#vm.geometry), ipa };
    const entry = entryOf(table, index);
    const page = this.#pages.at(pa);
    if (page < 0)
      this.#table('table-misplaced', below, 'a page of the pool', `one under the entry at ${hex(entry)}`);
    if (page < 0 || !this.#isOwn(page, below, entry)) return;
    this.#pages.reach(page, entry, this.#vm.offset);
    this.#checkCount(page, below, this.#enter(below));
  }

  /** Whether a page is this entry's alone to lead to, and so to be entered. */
  #isOwn(page: number, below: Table, entry: bigint): boolean {
    const flags = this.#pages.flags(page);
    const found = `one under the entry at ${hex(entry)}`;
    if (flags & FREE) this.#table('table-free', below, 'an allocated page', found);
    else if (flags & REACHED) this.#shared(page, below, found);
    else if (flags & CACHED) this.#table('table-cached', below, 'a page in no cache', found);
    return (flags & (FREE | REACHED)) === 0;
  }

  #shared(page: number, { pa, ipa, level }: Table, found: string): void {
    const first = this.#pages.parent(page) as Parent;
    this.#findings.add({
      kind: 'table-shared',
      vm: this.#vm.offset,
      other: first.vm,
      address: pa,
      ipa,
      level,
      expected: `one under the entry at ${hex(first.entry)} alone`,
      found,
    });
  }

  #checkCount(page: number, table: Table, live: number): void {
    const count = this.#pages.count(page);
    if (this.#pages.isLost(page)) this.#table('table-lost', table, 'a page nothing leads to', 'a linked one');
    else if (count !== live + 1)
      this.#table('page-count', table, `${live + 1}: 1 and ${live} live entries`, `${count}`);
  }

  /** What needs the address of a leaf. */
  #leaf(table: Table, index: number, isWritable: boolean): void {
    const { level } = table;
    const ipa = this.#ipaOf(table, index);
    const size = 1n << BigInt(levelShift(this.#vm.geometry.granuleShift, level));
    if (ipa + size > this.#ipaEnd) this.#entry('leaf-beyond-ipa', table, index);
    if (isWritable) this.#dirty.check({ ipa, size, level, entry: entryOf(table, index) });
  }

  #checkContiguous(table: Table): void {
    const place = this.#places[table.level + 1] as EntryPlace;
    const read = (index: number) => this.#read(table, index);
    for (const { index, expected, found } of brokenSets(place, table.entries, read)) {
      this.#add('leaf-contiguous', entryOf(table, index), this.#ipaOf(table, index), table.level, [
        expected,
        found,
      ]);
    }
  }

  #entry(kind: FindingKind, table: Table, index: number): void {
    const found = hex(this.#read(table, index));
    this.#add(kind, entryOf(table, index), this.#ipaOf(table, index), table.level, [
      this.#expected(kind),
      found,
    ]);
  }

  #expected(kind: FindingKind): string {
    if (kind === 'leaf-beyond-pa') return `an output address below 2^${this.#paBits}`;
    if (kind === 'leaf-beyond-ipa') return `an IPA below ${hex(this.#ipaEnd)}`;
    return EXPECTED[kind] ?? '';
  }

  #table(kind: FindingKind, { pa, ipa, level }: Table, expected: string, found: string): void {
    this.#add(kind, pa, ipa, level, [expected, found]);
  }

  #add(
    kind: FindingKind,
    address: bigint,
    ipa: bigint,
    level: number,
    [expected, found]: [string, string],
  ): void {
    this.#findings.add({ kind, vm: this.#vm.offset, address, ipa, level, expected, found });
  }

  #read({ pa }: Table, index: number): bigint {
    return this.#machine.view.u64((this.#machine.ramOffset(pa) as number) + index * 8);
  }

  #ipaOf({ ipa, level }: Table, index: number): bigint {
    return ipa + (BigInt(index) << BigInt(levelShift(this.#vm.geometry.granuleShift, level)));
  }

  #endOf(table: Table): bigint {
    return this.#ipaOf(table, table.entries);
  }
}

function entryOf({ pa }: Table, index: number): bigint {
  return pa + BigInt(index) * 8n;
}
