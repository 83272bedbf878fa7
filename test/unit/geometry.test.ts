// Every geometry of the architecture: what is accepted, the registers, where the root lies, and what v4.13 can use.
import { describe, expect, it } from 'vitest';
import { AddressLayout } from '../../src/abi/walk.js';
import type { Machine } from '../../src/core/machine.js';
import {
  checkGeometry,
  createHost,
  type Geometry,
  rootBytes,
  setMemoryRegion,
  startLevel,
  Vm,
  vtcr,
  vttbr,
} from '../../src/kvm/index.js';
import { type Regime, tableLeaves } from '../../src/walk/index.js';
import { checkTables, entryAt } from '../model/check-tables.js';
import { CANDIDATES, type FullGeometry, GEOMETRIES, machineFor } from '../model/geometries.js';
import { abort, GUEST, mappingOf, memoryLab, region, SMALL_HOST } from '../model/lab.js';
import { registerWalk } from '../model/table-check.js';

const invalid = expect.objectContaining({ code: 'EINVAL' });
const name = (g: FullGeometry) => `2^${g.granuleShift} ${g.layout} level ${g.startLevel} ${g.ipaBits} bits`;

function isAccepted(geometry: Geometry): boolean {
  try {
    checkGeometry(geometry);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'EINVAL' });
    return false;
  }
}

describe('a geometry', () => {
  it('is accepted where the architecture has it and nowhere else', () => {
    const accepted = CANDIDATES.filter(isAccepted);
    expect(accepted.map(name)).toEqual(GEOMETRIES.map(name));
  });

  it('starts where KVM lets it start, unless it says otherwise: as deep as 16 tables side by side allow', () => {
    for (const { startLevel: _, ...geometry } of GEOMETRIES) {
      const levels = GEOMETRIES.filter(
        (g) =>
          g.granuleShift === geometry.granuleShift &&
          g.layout === geometry.layout &&
          g.ipaBits === geometry.ipaBits,
      ).map((g) => g.startLevel);
      expect(startLevel(geometry)).toBe(Math.max(...levels));
    }
  });

  it.each([
    [{ granuleShift: 13 }, 'granuleShift: found 13, expected one of 12, 14, 16'],
    [{ layout: 'wide' }, 'layout: found "wide", expected one of narrow, lpa, lpa2'],
    [{ layout: 'lpa' }, 'layout lpa: expected a granuleShift of 16'],
    [{ granuleShift: 16, layout: 'lpa2' }, 'layout lpa2: expected a granuleShift of 12 or 14'],
    [{ ipaBits: 49 }, 'ipaBits: found 49, expected an integer from 16 to 48'],
    [{ granuleShift: 16, ipaBits: 16 }, 'ipaBits: found 16, expected an integer from 17 to 48'],
    [{ layout: 'lpa2', ipaBits: 53 }, 'ipaBits: found 53, expected an integer from 16 to 52'],
    [
      { startLevel: -1, ipaBits: 48 },
      'startLevel -1: no start level of granuleShift 12, which needs layout lpa2',
    ],
    [{ startLevel: 4 }, 'startLevel: found 4, expected an integer from -1 to 3'],
    [{ startLevel: 2 }, 'ipaBits 40: expected 22 to 34 from level 2'],
  ])('%o is refused: %s', (fields, message) => {
    const geometry = { granuleShift: 12, ipaBits: 40, ...fields } as Geometry;
    expect(() => checkGeometry(geometry)).toThrowError(message);
  });
});

describe('VTCR_EL2', () => {
  const of = (
    granuleShift: 12 | 14 | 16,
    layout: FullGeometry['layout'],
    start: number,
    ipaBits: number,
  ) => ({
    granuleShift,
    layout,
    startLevel: start,
    ipaBits,
  });
  it.each([
    [of(12, 'lpa2', -1, 52), 52, 0x3_8006_350cn],
    [of(12, 'lpa2', 0, 52), 52, 0x1_8006_358cn],
    [of(14, 'lpa2', 0, 52), 52, 0x1_8006_b5ccn],
    [of(14, 'lpa2', 3, 16), 48, 0x1_8005_b530n],
    [of(16, 'lpa', 1, 52), 52, 0x8006_758cn],
    [of(16, 'narrow', 3, 17), 48, 0x8005_752fn],
    [of(12, 'narrow', 3, 16), 48, 0x8005_35f0n],
    [of(12, 'narrow', 0, 40), 48, 0x8005_3598n],
  ])('of %o with %i-bit addresses is %s', (geometry, paBits, expected) => {
    expect(vtcr(geometry, paBits)).toBe(expected);
  });

  it('has addresses of 52 bits in the wide layouts alone', () => {
    expect(() => vtcr({ granuleShift: 16, ipaBits: 40 }, 52)).toThrowError(
      'expected 32, 36, 40, 42, 44 or 48',
    );
    expect(() => vtcr({ granuleShift: 16, ipaBits: 40, layout: 'lpa' }, 56)).toThrowError('44, 48 or 52');
  });
});

describe('VTTBR_EL2 of a wide layout', () => {
  it('holds bits 51:48 of the root in bits 5:2', () => {
    expect(vttbr(0xb_0000_8000_0040n, 0x1234, 'lpa')).toBe(0x1234_0000_8000_006cn);
    expect(vttbr(0x8000_0040n, 1, 'lpa2')).toBe(0x0001_0000_8000_0040n);
  });

  it('takes roots that are multiples of 64 bytes below 2^52', () => {
    expect(() => vttbr(0x8000_0020n, 1, 'lpa2')).toThrowError(invalid);
    expect(() => vttbr(1n << 52n, 1, 'lpa')).toThrowError(invalid);
  });
});

describe('a VM of any geometry', () => {
  it('has a root aligned to its size, and registers under which the last page of the IPA space is reached', () => {
    const concatenated = new Set<number>();
    const machines = new Map<string, Machine>();
    for (const geometry of GEOMETRIES) {
      const kind = `${geometry.granuleShift} ${geometry.layout}`;
      const machine = machines.get(kind) ?? machineFor(geometry, 44);
      machines.set(kind, machine);
      const vm = new Vm(machine, { geometry });
      const bytes = rootBytes(geometry);
      expect(vm.tables.pgd % BigInt(Math.max(bytes, 64))).toBe(0n);
      concatenated.add(bytes >> geometry.granuleShift);
      const [page, end] = [1n << BigInt(geometry.granuleShift), 1n << BigInt(geometry.ipaBits)];
      expect(vm.tables.map(end - page, page, page, 0x7ffn)).toBe(0);
      const walk = registerWalk(vm);
      expect(walk.translate(end - 8n, 'write')).toEqual({ pa: 2n * page - 8n });
      expect(walk.translate(0n, 'read')).toEqual({ type: 0x04, level: geometry.startLevel });
      expect(checkTables(vm).pages.size).toBe(3 - geometry.startLevel);
      vm.destroy();
    }
    // Small tables (0), one table, and every number of tables side by side.
    expect([...concatenated].sort((a, b) => a - b)).toEqual([0, 1, 2, 4, 8, 16]);
  });

  it('does not fit a machine whose tables lie where its descriptors do not reach', () => {
    const machine = machineFor({ granuleShift: 12, ipaBits: 40, layout: 'lpa2' }, 8);
    expect(() => new Vm(machine)).toThrowError('below 2^48');
  });
});

describe('the leaves below registers', () => {
  it('are those of the VM, also with addresses of 52 bits', () => {
    const geometry: Geometry = { granuleShift: 14, ipaBits: 52, startLevel: 0, layout: 'lpa2' };
    const vm = new Vm(machineFor(geometry, 44), { geometry });
    vm.tables.map(1n << 51n, (1n << 36n) + (1n << 25n), 9n << 48n, 0x7ffn);
    const regime = {
      valid: true,
      granuleShift: 14,
      stride: 11,
      startLevel: 0,
      iaBits: 52,
      oaBits: 52,
      tableBase: vm.tables.pgd,
      layout: AddressLayout.LPA2,
    };
    const leaves = [...tableLeaves(vm.machine, regime as Regime)];
    expect(leaves.map((leaf) => leaf.level)).toEqual([1, 2]);
    expect(leaves).toEqual([...vm.tables.leaves()]);
  });
});

describe('the v4.13 path', () => {
  it('has no use for tables that start at level 3', () => {
    const vm = new Vm(createHost(SMALL_HOST), { geometry: { granuleShift: 12, ipaBits: 25 } });
    expect(() => setMemoryRegion(vm, region())).toThrowError(invalid);
    expect(() => vm.tables.idmapAsPosted(0n, 0x1000n)).toThrowError(invalid);
    expect(() => vm.tables.mapDevicePages(0n, 0n, 0x1000n, false)).toThrowError(invalid);
  });

  it.each([
    { granuleShift: 12, ipaBits: 52, layout: 'lpa2', startLevel: -1 },
    { granuleShift: 12, ipaBits: 32, layout: 'narrow', startLevel: 2 },
  ] as const)('maps guest memory through %o', (geometry) => {
    const { vm, cpu } = memoryLab('thp', 0, { geometry });
    abort(cpu, 'write', GUEST + 0x5000n);
    const { desc, level } = entryAt(vm, GUEST);
    expect(level).toBe(2);
    expect((desc >> 8n) & 3n).toBe(geometry.layout === 'lpa2' ? 0n : 3n);
    expect(mappingOf(vm, GUEST)).toBeDefined();
    checkTables(vm);
  });

  it.each([
    { granuleShift: 12, ipaBits: 52, layout: 'lpa2', startLevel: -1 },
    { granuleShift: 14, ipaBits: 52, layout: 'lpa2', startLevel: 0 },
    { granuleShift: 16, ipaBits: 52, layout: 'lpa', startLevel: 1 },
  ] as const)('maps one to one, and device pages, above 2^48 through %o', (geometry) => {
    const vm = new Vm(machineFor(geometry, 100), { geometry });
    const page = 1n << BigInt(geometry.granuleShift);
    const [at, device, registers] = [(13n << 48n) - page, 7n << 48n, (15n << 48n) + 3n * page];
    const size = page * BigInt(1 << (geometry.granuleShift - 3)) + 2n * page;
    expect(vm.tables.idmapAsPosted(at, size)).toBe(0);
    expect(vm.tables.mapDevicePages(device, registers, 2n * page, true)).toBe(0);
    const walk = registerWalk(vm);
    for (let ipa = at; ipa < at + size; ipa += page) {
      expect(walk.translate(ipa + 8n, 'write')).toEqual({ pa: ipa + 8n });
    }
    expect(walk.translate(at + size, 'read')).toMatchObject({ type: 0x04 });
    expect(walk.translate(device + page, 'write')).toEqual({ pa: registers + page });
    expect(walk.translate(device, 'execute')).toEqual({ type: 0x0c, level: 3 });
    checkTables(vm);
  });
});
