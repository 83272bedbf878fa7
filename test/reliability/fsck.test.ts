// Every invariant is broken on purpose, alone, and found; and nothing is found where nothing is broken.
import { describe, expect, it } from 'vitest';
import * as L from '../../src/abi/layout.js';
import { fsck, RFC_VARIANT, setMemoryRegion, Vm } from '../../src/kvm/index.js';
import { entryAt } from '../model/check-tables.js';
import { machineFor } from '../model/geometries.js';
import { abort, BLOCK, GUEST, HVA, type Lab, memoryLab, PAGE, region } from '../model/lab.js';
import { Bench, LARGEST, RW, tableEntry } from './bench.js';
import { PLANTS } from './plants.js';

const kinds = (findings: readonly { kind: string }[]) =>
  [...new Set(findings.map(({ kind }) => kind))].sort();

describe.each(LARGEST)('the tables of %o', (geometry) => {
  it('have no finding while nobody touches them, and none after their VMs', () => {
    const b = new Bench(geometry);
    expect(fsck(b.machine)).toMatchObject({ findings: [], more: 0, pool: { unowned: 0, lost: [] } });
    b.vm.destroy();
    expect(fsck(b.machine).findings).toEqual([]);
    b.other.destroy();
    const { findings, pool } = fsck(b.machine);
    expect(findings).toEqual([]);
    expect(pool).toMatchObject({ free: pool.pages, reachable: 0, cached: 0 });
  });

  it.each(PLANTS.filter(({ where }) => where?.(geometry) ?? true))('$kind: $what', (p) => {
    const b = new Bench(geometry);
    const options = p.plant(b);
    const result = fsck(b.machine, options);
    expect(kinds(result.findings)).toEqual([p.kind, ...(p.besides ?? [])].sort());
    expect(result.findings.every(({ expected, found }) => expected !== '' && found !== '')).toBe(true);
  });
});

const WITH_TABLES = LARGEST.filter(({ startLevel }) => startLevel < 3);

describe.each(WITH_TABLES)('pages set aside for tables of %o', (geometry) => {
  it('count as cached until they are linked or given back', () => {
    const b = new Bench(geometry);
    const before = fsck(b.machine).pool;
    const held = { ...before, free: before.free - 2, cached: before.cached + 2 };
    b.setAside();
    expect(fsck(b.machine)).toMatchObject({ findings: [], pool: held });
    b.vm.idmap.cancel();
    expect(fsck(b.machine)).toMatchObject({ findings: [], pool: before });
    b.setAside();
    b.vm.idmap.commit();
    const linked = { ...before, free: before.free - 2, reachable: before.reachable + 2 };
    expect(fsck(b.machine)).toMatchObject({ findings: [], pool: linked });
  });
});

const V4_13 = LARGEST.find((g) => g.granuleShift === 12 && g.layout === 'narrow' && g.startLevel === 1)!;

describe('a finding', () => {
  it('of an entry says where it is, what for, what it should be and what it is', () => {
    const b = new Bench(V4_13);
    b.changeLeaf(2n * b.page, (desc) => desc | (1n << 50n));
    const { pa, desc } = entryAt(b.vm, 2n * b.page);
    expect(fsck(b.vm).findings).toEqual([
      {
        kind: 'leaf-reserved-bits',
        vm: b.vm.offset,
        address: pa,
        ipa: 2n * b.page,
        level: 3,
        expected: 'RES0 bits of 0',
        found: `0x${desc.toString(16)}`,
      },
    ]);
  });

  it('of a shared table names both entries', () => {
    const b = new Bench(V4_13);
    b.link(b.table);
    const [finding] = fsck(b.machine).findings;
    expect(finding).toMatchObject({ address: b.table, level: 2 });
    expect(finding?.expected).toContain(b.vm.tables.pgd.toString(16));
    expect(finding?.found).toContain(b.lastOfRoot().toString(16));
  });

  it('of one VM is no finding of another', () => {
    const b = new Bench(V4_13);
    b.changeLeaf(0n, (desc) => desc & ~1n);
    expect(kinds(fsck(b.vm).findings)).toEqual(['entry-stray']);
    expect(fsck(b.other)).toMatchObject({ findings: [], more: 0 });
  });

  it('of a page that two VMs lead to is one of both', () => {
    const b = new Bench(V4_13);
    b.machine.writeRam(b.lastOfRoot(b.other), tableEntry(b.table, b.geometry));
    for (const target of [b.vm, b.other, b.machine]) {
      expect(fsck(target).findings).toMatchObject([{ kind: 'table-shared', address: b.table }]);
    }
    const bystander = new Vm(b.machine, { geometry: { granuleShift: 12, ipaBits: 32 } });
    expect(fsck(bystander).findings).toEqual([]);
  });

  it('is listed up to a limit, and counted beyond it', () => {
    const b = new Bench(V4_13);
    for (let i = 0n; i < 4n; i++) b.changeLeaf(i * b.page, (desc) => desc & ~1n);
    expect(fsck(b.machine, { limit: 3 })).toMatchObject({ findings: { length: 3 }, more: 1 });
  });
});

describe('a check', () => {
  it('changes no byte', () => {
    const b = new Bench(V4_13);
    b.link(b.table);
    const bytes = () => new Uint8Array(b.machine.view.memory.buffer).slice();
    const before = bytes();
    fsck(b.machine);
    expect(Buffer.compare(bytes(), before)).toBe(0);
  });

  it('ends on pages of garbage, whatever they lead to', () => {
    const machine = machineFor(V4_13, 64);
    const vm = new Vm(machine, { geometry: V4_13 });
    const pool = machine.view.u64(L.HEADER_OFFSET + L.HEADER_POOL_PA);
    const pages = Array.from({ length: 64 }, () => BigInt.asUintN(64, machine.core.tableAlloc()));
    let seed = 1;
    for (const table of [vm.tables.pgd, ...pages]) {
      for (let i = 0n; i < 512n; i++) {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        machine.writeRam(table + 8n * i, pool | (BigInt(seed >>> 8) << 8n) | BigInt(seed & 3));
        if (i % 3n === 0n) machine.writeRam(table + 8n * i, (pages[(seed >>> 8) % 64] as bigint) | 3n);
      }
    }
    const result = fsck(vm);
    expect(result.findings).toHaveLength(100);
    expect(result.more).toBeGreaterThan(1000);
  });

  it('of a VM that is destroyed, or by options that are no numbers, is misuse', () => {
    const b = new Bench(V4_13);
    const invalid = expect.objectContaining({ code: 'EINVAL' });
    for (const options of [{ paBits: 40.5 }, { ipaBits: -1 }, { limit: Number.NaN }])
      expect(() => fsck(b.machine, options)).toThrowError(invalid);
    b.vm.destroy();
    expect(() => fsck(b.vm)).toThrowError(invalid);
  });
});

describe('a contiguous set', () => {
  const CONTIG = 1n << 52n;
  const set = () => {
    const b = new Bench(V4_13);
    b.vm.tables.map(0n, 16n * b.page, b.block, RW | CONTIG);
    return b;
  };

  it('of one run with one set of attributes is whole, its access flags apart', () => {
    const b = set();
    b.changeLeaf(3n * b.page, (desc) => desc & ~0x400n);
    expect(fsck(b.machine).findings).toEqual([]);
  });

  it.each([
    ['an entry without the bit', (desc: bigint) => desc & ~CONTIG],
    ['an empty entry that was live', () => 1n << 60n],
    ['other permissions', (desc: bigint) => desc & ~0x80n],
    ['another output', (desc: bigint) => desc + 0x1000n],
  ])('with %s is broken there', (_, change) => {
    const b = set();
    b.changeLeaf(5n * b.page, change);
    const { findings } = fsck(b.machine);
    expect(findings.filter(({ kind }) => kind === 'leaf-contiguous')).toMatchObject([{ ipa: 5n * b.page }]);
  });

  it('may have pages of its own dirty state where the hardware keeps it', () => {
    const b = new Bench(V4_13);
    b.vm.tables.map(0n, 16n * b.page, b.block, RW | CONTIG | (1n << 51n));
    b.changeLeaf(7n * b.page, (desc) => desc & ~0x80n);
    expect(fsck(b.machine).findings).toEqual([]);
  });
});

describe('a dirty bitmap', () => {
  const logging = (): Lab => {
    const lab = memoryLab('anonymous', 1);
    abort(lab.cpu, 'write', GUEST);
    abort(lab.cpu, 'read', GUEST + PAGE);
    return lab;
  };
  const bitmap = ({ vm }: Lab) => vm.slots.get(0).dirtyBitmap;
  const change = ({ vm }: Lab, ipa: bigint, bits: bigint) => {
    const { pa, desc } = entryAt(vm, ipa);
    vm.machine.writeRam(pa, desc | bits);
  };

  it('that has what the guest may write is as it should be', () => {
    expect(fsck(logging().machine).findings).toEqual([]);
  });

  it('without the bit of a page the guest may write is found', () => {
    const lab = logging();
    lab.machine.view.setU64(bitmap(lab), 0n);
    expect(fsck(lab.vm).findings).toMatchObject([{ kind: 'dirty-unlogged', ipa: GUEST, level: 3 }]);
  });

  it('is found wanting by a write permission that nobody logged', () => {
    const lab = logging();
    change(lab, GUEST + PAGE, 0x80n);
    expect(fsck(lab.vm).findings).toMatchObject([{ kind: 'dirty-unlogged', ipa: GUEST + PAGE }]);
  });

  it('with bits after the last page is found', () => {
    const lab = memoryLab('anonymous', 1, {
      areas: [{ hva: 0xffff_0000_0000n, size: BLOCK, kind: 'anonymous' }],
      slots: [{ flags: 1, memorySize: 70n * PAGE }],
    });
    lab.machine.view.setU64(bitmap(lab) + 8, 1n << 6n);
    expect(fsck(lab.vm).findings).toMatchObject([{ kind: 'dirty-beyond', address: GUEST + 70n * PAGE }]);
  });

  it('knows no blocks: one the guest may write is found', () => {
    const lab = memoryLab('thp');
    abort(lab.cpu, 'write', GUEST);
    expect(setMemoryRegion(lab.vm, region({ flags: 1 })).ret).toBe(0);
    expect(fsck(lab.vm).findings).toEqual([]);
    change(lab, GUEST, 0x80n);
    expect(fsck(lab.vm).findings).toMatchObject([{ kind: 'dirty-block', ipa: GUEST, level: 2 }]);
  });
});

describe('a huge page larger than its slot', () => {
  it('is found where v4.13 lets the guest write a neighbour’s pages unlogged', () => {
    const lab = memoryLab('thp');
    for (const fields of [
      { memorySize: 0n },
      { memorySize: 8n * PAGE },
      {
        slot: 1,
        guestPhysAddr: GUEST + 8n * PAGE,
        memorySize: 8n * PAGE,
        userspaceAddr: HVA + BLOCK,
        flags: 1,
      },
    ]) {
      expect(setMemoryRegion(lab.vm, region(fields)).ret).toBe(0);
    }
    abort(lab.cpu, 'write', GUEST);
    expect(fsck(lab.vm).findings).toMatchObject([{ kind: 'dirty-overreach', ipa: GUEST, level: 2 }]);
  });
});

describe('what the emulated code loses', () => {
  it('is no finding but listed: the local cache of internal_vm_prep_mem', () => {
    const { machine } = memoryLab('anonymous');
    const vm = new Vm(machine, { variant: RFC_VARIANT });
    setMemoryRegion(vm, region({ slot: 512, memorySize: 2n * BLOCK }));
    setMemoryRegion(vm, region({ slot: 513, memorySize: PAGE, guestPhysAddr: 2n * GUEST }));
    const { findings, pool } = fsck(machine);
    expect(findings).toEqual([]);
    expect(pool.lost).toMatchObject([{ owner: 'internal_vm_prep_mem', pages: { length: 37 + 38 } }]);
    vm.destroy();
    expect(fsck(machine).pool.lost).toEqual(pool.lost);
  });

  it('is listed by owner: a table that stage2_set_pmd_huge wrote a block over', () => {
    const lab = memoryLab('thp', 1);
    abort(lab.cpu, 'write', GUEST);
    setMemoryRegion(lab.vm, region({ flags: 0 }));
    const before = fsck(lab.machine).pool;
    abort(lab.cpu, 'write', GUEST + PAGE);
    const { findings, pool } = fsck(lab.machine);
    expect(findings).toEqual([]);
    expect(pool.lost).toMatchObject([{ owner: 'stage2_set_pmd_huge', pages: { length: 1 } }]);
    expect(pool.reachable).toBe(before.reachable - 1);
  });

  it('adds up to the pool with what is free, linked and cached', () => {
    const lab = memoryLab('anonymous');
    abort(lab.cpu, 'write', GUEST);
    const { pool } = fsck(lab.machine);
    expect(pool).toEqual({ pages: 256, free: 256 - 40, reachable: 2, cached: 38, lost: [], unowned: 0 });
  });
});
