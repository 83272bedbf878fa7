// Regions of random physical memory maps under the region policies: what is refused, and what each page becomes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EINVAL } from '../../src/abi/kvm.js';
import { Machine } from '../../src/core/machine.js';
import type { BankSpec } from '../../src/core/physmap.js';
import { type Geometry, type InternalPolicy, Vm } from '../../src/kvm/index.js';
import { checkTables, entryAt } from '../model/check-tables.js';
import { privateSlot } from '../model/internal-lab.js';
import { PAGE } from '../model/lab.js';

const START = 0x8000_0000n;
const NORMAL = 0x7ffn;
const NGNRE = 0x40_0000_0000_07c7n;
const CONTIGUOUS = 1n << 52n;
const GEOMETRIES: Geometry[] = [
  { granuleShift: 12, ipaBits: 40 },
  { granuleShift: 14, ipaBits: 40 },
  { granuleShift: 16, ipaBits: 42 },
];
const WAYS: Partial<InternalPolicy>[] = [
  { idmap: 'asPosted' },
  { idmap: 'upFront' },
  { idmap: 'upFront', contiguous: true },
  { idmap: 'blocks' },
  { idmap: 'blocks', contiguous: true },
];

/** Lengths that meet borders of sets, blocks and granules, and some that do not. */
const pages = fc.oneof(fc.constantFrom(16n, 32n, 256n, 512n, 1024n), fc.bigInt(1n, 40n));
const stretch = fc.record({
  kind: fc.constantFrom('ram', 'unbacked', 'unbacked', 'unbacked', 'device', 'device', 'device', 'hole'),
  pages,
});
type Stretch = { kind: BankSpec['kind'] | 'hole'; pages: bigint };

/** Where a region begins and ends, in percent of the map: in it, and now and then behind it. */
const part = fc.tuple(fc.nat({ max: 60 }), fc.integer({ min: 20, max: 103 }));

function banksOf(map: readonly Stretch[]): BankSpec[] {
  let at = START;
  const banks: BankSpec[] = [];
  for (const { kind, pages: n } of map) {
    if (kind !== 'hole') banks.push({ pa: at, size: n * PAGE, kind });
    at += n * PAGE;
  }
  return banks;
}

function kindAt(banks: readonly BankSpec[], pa: bigint): 'memory' | 'device' | 'hole' {
  const bank = banks.find((b) => pa >= b.pa && pa < b.pa + b.size);
  return bank === undefined ? 'hole' : bank.kind === 'device' ? 'device' : 'memory';
}

function check(
  map: readonly Stretch[],
  geometry: Geometry,
  region: 'refuse' | 'deviceAttributes',
  part: readonly [number, number],
): void {
  const banks = banksOf(map);
  const granule = 1n << BigInt(geometry.granuleShift);
  const whole = map.reduce((n, stretch) => n + stretch.pages, 0n) * PAGE;
  const [from, to] = part.map((p) => (whole * BigInt(p)) / 100n / granule) as [bigint, bigint];
  const granules = to > from ? to - from : 1n;
  const [ipa, size] = [START + from * granule, granules * granule];
  const kinds = (at: bigint, bytes: bigint) =>
    new Set(Array.from({ length: Number(bytes / PAGE) }, (_, i) => kindAt(banks, at + BigInt(i) * PAGE)));
  const all = kinds(ipa, size);
  const cut = Array.from({ length: Number(granules) }, (_, i) => kinds(ipa + BigInt(i) * granule, granule));
  const refused =
    all.has('hole') || (region === 'refuse' ? all.has('device') : cut.some((page) => page.size > 1));
  for (const way of WAYS) {
    const machine = new Machine({
      banks,
      tablePool: { pa: 1n << 41n, pages: 48, pageShift: geometry.granuleShift },
      roots: { pa: 1n << 43n, size: 1 << 20 },
      pageState: false,
    });
    const vm = new Vm(machine, { geometry, internal: { ...way, region } });
    expect(privateSlot(vm, { guestPhysAddr: ipa, memorySize: size }).ret).toBe(refused ? -EINVAL : 0);
    checkTables(vm);
    for (let at = ipa; at < ipa + size; at += granule) {
      const { desc } = entryAt(vm, at);
      const attributes = (desc & ~0xffff_ffff_f000n & ~CONTIGUOUS) | 2n;
      const expected = kindAt(banks, at) === 'device' ? NGNRE : NORMAL;
      if (refused) expect(desc & 1n).toBe(0n);
      else if (attributes !== expected) throw new Error(`0x${at.toString(16)} has 0x${desc.toString(16)}`);
    }
  }
}

describe('a region of any physical memory map', () => {
  it.each(['refuse', 'deviceAttributes'] as const)(
    'under %s is refused or mapped by kind, in every way',
    (region) => {
      fc.assert(
        fc.property(
          fc.array(stretch, { minLength: 1, maxLength: 6 }),
          fc.constantFrom(...GEOMETRIES),
          part,
          (map, geometry, where) => check(map, geometry, region, where),
        ),
        { numRuns: 80 },
      );
    },
    120_000,
  );
});
