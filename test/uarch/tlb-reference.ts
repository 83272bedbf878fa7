// A naive model of TLBs and the table walker: lists in the order of the last use, and a walk written for 4K pages
// with three levels of each stage, over a map of descriptors.
import type { MmuSource, TlbiName } from '../../src/uarch/mmu.js';

type Kind = 'va' | 'ipa' | 'walk' | 'host' | 'host-walk';
export type RefAccess = 'read' | 'write' | 'execute';

/** What stage 1 and stage 2 let an access do at EL1; all may read. */
interface Rights {
  write1: boolean;
  execute1: boolean;
  write2: boolean;
}
const ALL: Rights = { write1: true, execute1: true, write2: true };

function permits({ write1, execute1, write2 }: Rights, access: RefAccess): boolean {
  if (access === 'read') return true;
  return access === 'write' ? write1 && write2 : execute1;
}

interface Held {
  kind: Kind;
  address: bigint;
  shift: number;
  vmid: number;
  output: bigint;
  /** Of a partial walk: the level of the next table. */
  level: number;
  rights: Rights;
}

const shiftOf = (level: number) => 12 + 9 * (3 - level);
const covers = (held: Held, address: bigint) => (held.address ^ address) >> BigInt(held.shift) === 0n;
const low = (address: bigint, shift: number) => address & ((1n << BigInt(shift)) - 1n);
const AF = 0x400n;
const ADDRESS = 0xffff_ffff_f000n;

export class RefTable {
  readonly #sets: Held[][];
  readonly #ways: number;

  constructor({ entries, ways }: { entries: number; ways: number }) {
    this.#sets = Array.from({ length: entries / ways }, () => []);
    this.#ways = ways;
  }

  #set(address: bigint, shift: number): Held[] {
    return this.#sets[Number((address >> BigInt(shift)) % BigInt(this.#sets.length))] as Held[];
  }

  /** The smallest that covers the address. */
  find(kind: Kind, address: bigint, vmid: number): Held | undefined {
    for (let shift = 12; shift <= 39; shift += 9) {
      const set = this.#set(address, shift);
      const at = set.findIndex(
        (h) => h.kind === kind && h.shift === shift && h.vmid === vmid && covers(h, address),
      );
      const held = set[at];
      if (held === undefined) continue;
      set.splice(at, 1);
      set.unshift(held);
      return held;
    }
    return undefined;
  }

  keep(entry: Held): void {
    const held = { ...entry, address: entry.address - low(entry.address, entry.shift) };
    const set = this.#set(held.address, held.shift);
    const same = (h: Held) =>
      h.kind === held.kind && h.shift === held.shift && h.vmid === held.vmid && h.address === held.address;
    const at = set.findIndex(same);
    if (at >= 0) set.splice(at, 1);
    set.unshift(held);
    if (set.length > this.#ways) set.pop();
  }

  remove(which: (held: Held) => boolean): void {
    for (const set of this.#sets) {
      for (let i = set.length - 1; i >= 0; i--) if (which(set[i] as Held)) set.splice(i, 1);
    }
  }
}

export interface RefTables {
  itlb: RefTable;
  dtlb: RefTable;
  stlb: RefTable;
  /** Both the STLB where storage is unified. */
  walks: RefTable;
  ipas: RefTable;
  unified: boolean;
}

type Answer = { pa: bigint; shift: number; rights: Rights } | undefined;

export class RefMmu {
  readonly #tables: RefTables;
  readonly #memory: ReadonlyMap<bigint, bigint>;
  readonly #roots: { stage1: bigint; stage2: bigint };
  readonly #ram: { start: bigint; end: bigint };
  vmid = 7;
  counts: Record<string, number> = {};

  constructor(
    tables: RefTables,
    memory: ReadonlyMap<bigint, bigint>,
    roots: { stage1: bigint; stage2: bigint },
    ram: { start: bigint; end: bigint },
  ) {
    this.#tables = tables;
    this.#memory = memory;
    this.#roots = roots;
    this.#ram = ram;
  }

  #count(event: string): void {
    this.counts[event] = (this.counts[event] ?? 0) + 1;
  }

  /** What is no RAM aborts before it is read. */
  #isRam(pa: bigint): boolean {
    return pa >= this.#ram.start && pa < this.#ram.end;
  }

  #read(pa: bigint): bigint {
    this.#count('READ');
    return this.#memory.get(pa) ?? 0n;
  }

  access(
    kind: 'va' | 'ipa',
    address: bigint,
    access: RefAccess,
  ): { source: MmuSource; pa: bigint | 'fault' } {
    const { stlb, itlb, dtlb } = this.#tables;
    const first = access === 'execute' ? itlb : dtlb;
    const { vmid } = this;
    const allowed = (held: Held | undefined): held is Held =>
      held !== undefined && permits(held.rights, access);
    const paOf = (held: Held) => held.output | low(address, held.shift);
    let held = first.find(kind, address, vmid);
    if (allowed(held)) return { source: 'l1', pa: paOf(held) };
    held = stlb.find(kind, address, vmid);
    if (allowed(held)) {
      this.#count(access === 'execute' ? 'ITLB_L2' : 'DTLB_L2');
      first.keep(held);
      return { source: 'l2', pa: paOf(held) };
    }
    this.#count('WALK');
    const found = kind === 'va' ? this.#walk(address, access) : this.#walkIpa(address, access);
    if (found === undefined) return { source: 'walk', pa: 'fault' };
    const { pa, shift, rights } = found;
    const entry: Held = {
      kind,
      address,
      shift,
      vmid,
      output: pa - low(pa, shift),
      level: 0,
      rights,
    };
    stlb.keep(entry);
    first.keep(entry);
    return { source: 'walk', pa };
  }

  #walk(va: bigint, access: RefAccess): Answer {
    if (va >> 39n !== 0n) return undefined;
    this.#count('WALK_CACHE_LOOKUP');
    const partial = this.#tables.walks.find('walk', va, this.vmid);
    if (partial !== undefined) this.#count('WALK_CACHE_HIT');
    let table = partial?.output ?? this.#roots.stage1;
    for (let level = partial?.level ?? 1; ; level++) {
      const shift = shiftOf(level);
      const at = this.#second(table + ((va >> BigInt(shift)) & 511n) * 8n, 'read');
      if (at === undefined) return undefined;
      if (!this.#isRam(at.pa)) return undefined;
      const desc = this.#read(at.pa);
      if ((desc & 1n) === 0n || (level === 3 && (desc & 2n) === 0n)) return undefined;
      if (level === 3 || (desc & 2n) === 0n) return this.#leaf1(va, desc, shift, access);
      table = desc & ADDRESS;
      const next = { output: table, level: level + 1, rights: ALL };
      this.#tables.walks.keep({ kind: 'walk', address: va, shift, vmid: this.vmid, ...next });
    }
  }

  #leaf1(va: bigint, desc: bigint, shift: number, access: RefAccess): Answer {
    if ((desc & AF) === 0n) return undefined;
    const write1 = (desc & 0x80n) === 0n;
    // What EL0 may write EL1 never executes.
    const rights1 = { write1, execute1: !write1 || (desc & 0x40n) === 0n, write2: true };
    if (!permits(rights1, access)) return undefined;
    const ipa = (desc & ADDRESS) - low(desc & ADDRESS, shift) + low(va, shift);
    const second = this.#second(ipa, access);
    if (second === undefined || !permits(second.rights, access)) return undefined;
    const rights = { ...rights1, write2: second.rights.write2 };
    return { ...second, shift: Math.min(shift, second.shift), rights };
  }

  #walkIpa(ipa: bigint, access: RefAccess): Answer {
    const second = this.#tables.unified ? this.#stage2(ipa, access) : this.#second(ipa, access);
    return second !== undefined && permits(second.rights, access) ? second : undefined;
  }

  /** Stage 2 for the walker. */
  #second(ipa: bigint, access: RefAccess): Answer {
    this.#count('IPA_CACHE_LOOKUP');
    const held = this.#tables.ipas.find('ipa', ipa, this.vmid);
    if (held === undefined || !permits(held.rights, access)) return this.#stage2(ipa, access);
    this.#count('IPA_CACHE_HIT');
    return { ...held, pa: held.output | low(ipa, held.shift) };
  }

  #stage2(ipa: bigint, access: RefAccess): Answer {
    if (ipa >> 40n !== 0n) return undefined;
    let table = this.#roots.stage2;
    for (let level = 1; ; level++) {
      const shift = shiftOf(level);
      const index = level === 1 ? ipa >> 30n : (ipa >> BigInt(shift)) & 511n;
      const desc = this.#read(table + index * 8n);
      if ((desc & 1n) === 0n || (level === 3 && (desc & 2n) === 0n)) return undefined;
      if (level < 3 && (desc & 2n) !== 0n) {
        table = desc & ADDRESS;
        continue;
      }
      if ((desc & AF) === 0n) return undefined;
      const output = (desc & ADDRESS) - low(desc & ADDRESS, shift);
      const rights = { ...ALL, write2: (desc & 0x80n) !== 0n };
      const entry: Held = { kind: 'ipa', address: ipa, shift, vmid: this.vmid, output, level: 0, rights };
      if (permits(rights, access)) this.#tables.ipas.keep(entry);
      return { pa: output + low(ipa, shift), shift, rights };
    }
  }

  host(va: bigint, fetch: boolean): void {
    const first = fetch ? this.#tables.itlb : this.#tables.dtlb;
    if (first.find('host', va, 0) !== undefined) return;
    const entry: Held = {
      kind: 'host',
      address: va,
      shift: 21,
      vmid: 0,
      output: 0n,
      level: 0,
      rights: ALL,
    };
    if (this.#tables.stlb.find('host', va, 0) !== undefined) this.#count(fetch ? 'ITLB_L2' : 'DTLB_L2');
    else {
      this.#count('WALK');
      this.#count('WALK_CACHE_LOOKUP');
      if (this.#tables.walks.find('host-walk', va, 0) !== undefined) this.#count('WALK_CACHE_HIT');
      else {
        this.#count('READ');
        this.#tables.walks.keep({ ...entry, kind: 'host-walk', shift: 30 });
      }
      this.#count('READ');
      this.#tables.stlb.keep(entry);
    }
    first.keep(entry);
  }

  tlbi(name: TlbiName, address: bigint): void {
    this.#count('TLBI');
    const { itlb, dtlb, stlb, walks, ipas } = this.#tables;
    for (const table of new Set([itlb, dtlb, stlb, walks, ipas]))
      table.remove((held) => this.#removes(name, held, address));
  }

  #removes(name: TlbiName, held: Held, address: bigint): boolean {
    const host = held.kind === 'host' || held.kind === 'host-walk';
    const own = held.vmid === this.vmid;
    switch (name) {
      case 'all':
        return true;
      case 'alle1':
        return !host;
      case 'vmalls12e1':
        return !host && own;
      case 'vmalle1':
        return (held.kind === 'va' || held.kind === 'walk') && own;
      case 'vaae1':
        return (held.kind === 'va' || held.kind === 'walk') && own && covers(held, address);
      case 'vaale1':
        return held.kind === 'va' && own && covers(held, address);
      case 'ipas2e1':
        return held.kind === 'ipa' && own && covers(held, address);
    }
  }
}
