// Broken table code, one rule at a time: the checker finds that rule broken, and no other.
import { describe, expect, it } from 'vitest';
import { TableLog } from '../../../src/core/table-log.js';
import { TableChecker } from '../../../src/kvm/bbm/checker.js';
import { decodeSteps } from '../../../src/kvm/bbm/steps.js';
import {
  type HeldBecause,
  type TableStep,
  V4_13_GEOMETRY,
  type ViolationKind,
  Vm,
  watchTables,
} from '../../../src/kvm/index.js';
import { machineFor } from '../../model/geometries.js';
import * as P from './plants.js';

const IPA = 0x4000_0000n;
const PA = 0x5000_0000n;
const PAGE = 0x1000n;
const BLOCK = 0x20_0000n;
const RW = 0x7ffn;
const MEMATTR = 0xfn << 2n;

/** The steps of an operation, and the checker that had followed the tables up to it. */
function recorded(before: (vm: Vm) => void, run: (vm: Vm) => void, bbm: 0 | 1 | 2 = 0) {
  const machine = machineFor(V4_13_GEOMETRY, 96, true);
  const vm = new Vm(machine, { vmid: 7 });
  before(vm);
  const checker = new TableChecker(machine, [vm], { bbm });
  const log = new TableLog(machine, 1 << 14);
  run(vm);
  return { vm, machine, checker, steps: [...decodeSteps(log.drain().records)] };
}

/** The violations of the steps; the tables in memory are those of the unspoiled steps, so that they are not compared. */
function violations(checker: TableChecker, steps: readonly TableStep[]) {
  for (const step of steps) checker.apply(step);
  return checker.report().violations.filter(({ kind }) => kind !== 'unlogged-write');
}

const OPERATIONS = {
  'a page that moves': {
    before: (vm: Vm) => vm.tables.map(IPA, PAGE, PA, RW),
    run: (vm: Vm) => vm.tables.map(IPA, PAGE, PA + BLOCK, RW),
  },
  'a block that is dissolved': {
    before: (vm: Vm) => vm.tables.map(IPA, BLOCK, PA, RW),
    run: (vm: Vm) => vm.tables.dissolve(IPA, BLOCK),
  },
  'an unmapped page': {
    before: (vm: Vm) => vm.tables.map(IPA, 2n * PAGE, PA, RW),
    run: (vm: Vm) => vm.tables.unmap(IPA, PAGE),
  },
} as const;
type Operation = keyof typeof OPERATIONS;

const PLANTS: [
  Operation,
  string,
  (steps: readonly TableStep[]) => TableStep[],
  ViolationKind,
  HeldBecause,
][] = [
  ['a page that moves', 'without TLBI', P.noTlbi, 'make-before-invalidate', 'never invalidated'],
  [
    'a page that moves',
    'with the TLBI before the break',
    P.tlbiBeforeBreak,
    'make-before-invalidate',
    'never invalidated',
  ],
  [
    'a page that moves',
    'without a DSB before the TLBI',
    P.noDsbBefore,
    'make-before-invalidate',
    'invalidated too early',
  ],
  [
    'a page that moves',
    'without a DSB after the TLBI',
    P.noDsbAfter,
    'make-before-invalidate',
    'invalidation not complete',
  ],
  [
    'a page that moves',
    'with the TLBI of another VMID',
    P.otherVmid,
    'make-before-invalidate',
    'other VMID invalidated',
  ],
  [
    'a page that moves',
    'with combined entries left',
    P.noCombined,
    'make-before-invalidate',
    'combined entries left',
  ],
  [
    'a page that moves',
    'with the TLBI of another IPA',
    P.otherIpa,
    'make-before-invalidate',
    'never invalidated',
  ],
  ['a block that is dissolved', 'without TLBI', P.noTlbi, 'make-before-invalidate', 'never invalidated'],
  [
    'a block that is dissolved',
    'with the TLBI of another VMID',
    P.otherVmid,
    'make-before-invalidate',
    'other VMID invalidated',
  ],
  ['an unmapped page', 'without TLBI', P.noTlbi, 'stale-translation', 'never invalidated'],
  [
    'an unmapped page',
    'with the TLBI before the break',
    P.tlbiBeforeBreak,
    'stale-translation',
    'never invalidated',
  ],
  [
    'an unmapped page',
    'without a DSB before the TLBI',
    P.noDsbBefore,
    'stale-translation',
    'invalidated too early',
  ],
  [
    'an unmapped page',
    'without a DSB after the TLBI',
    P.noDsbAfter,
    'stale-translation',
    'invalidation not complete',
  ],
  [
    'an unmapped page',
    'with combined entries left',
    P.noCombined,
    'stale-translation',
    'combined entries left',
  ],
];

describe('a plant is found, and nothing else', () => {
  it.each(PLANTS)('%s, %s', (operation, _, plant, kind, because) => {
    const { before, run } = OPERATIONS[operation];
    const { checker, steps, vm } = recorded(before, run);
    const found = violations(checker, plant(steps));
    expect(found).toMatchObject([{ kind, because, ipa: IPA, vm: vm.offset, others: 0 }]);
    expect(found[0]!.old & 1n).toBe(1n);
    expect(found[0]!.history.some((s) => s.do === 'write' && s.old === found[0]!.old)).toBe(true);
  });

  it.each(Object.keys(OPERATIONS) as Operation[])('%s, as it is: no finding', (operation) => {
    const { before, run } = OPERATIONS[operation];
    const { checker, steps } = recorded(before, run);
    expect(violations(checker, steps)).toEqual([]);
  });

  it('a page that moves without break', () => {
    const { before, run } = OPERATIONS['a page that moves'];
    const { checker, steps } = recorded(before, run);
    expect(violations(checker, P.noBreak(steps))).toMatchObject([
      {
        kind: 'no-break',
        reasons: ['output address'],
        level: 3,
        ipa: IPA,
        old: PA | RW,
        new: (PA + BLOCK) | RW,
      },
    ]);
  });

  it.each([
    [0, ['block size']],
    [1, ['block size']],
    [2, []],
  ] as const)('a block over a table without break, with FEAT_BBM level %i', (bbm, reasons) => {
    // The pages under the table are those of the block: only the size changes.
    const before = (vm: Vm) => {
      vm.tables.map(IPA, BLOCK, PA, RW);
      vm.tables.dissolve(IPA, BLOCK);
    };
    const { checker, steps } = recorded(before, (vm) => void vm.tables.map(IPA, BLOCK, PA, RW), bbm);
    const found = violations(checker, P.noBreak(steps));
    if (reasons.length === 0) expect(found).toEqual([]);
    else expect(found).toMatchObject([{ kind: 'no-break', reasons, level: 2, ipa: IPA }]);
  });

  it('a table under a block whose pages go elsewhere, also with FEAT_BBM level 2', () => {
    const before = (vm: Vm) => {
      vm.tables.map(IPA, BLOCK, PA, RW);
      vm.tables.dissolve(IPA, BLOCK);
      vm.tables.map(IPA + PAGE, PAGE, PA, RW);
    };
    const { checker, steps } = recorded(before, (vm) => void vm.tables.map(IPA, BLOCK, PA, RW), 2);
    expect(violations(checker, P.noBreak(steps))).toMatchObject([
      { kind: 'no-break', reasons: ['output address'], ipa: IPA + PAGE, level: 2 },
    ]);
  });

  it('a table page that is given back before its TLBI', () => {
    const unmap = (vm: Vm) => vm.tables.unmap(IPA, 2n * PAGE);
    const { checker, steps } = recorded((vm) => void vm.tables.map(IPA, 2n * PAGE, PA, RW), unmap);
    const [found, ...others] = violations(checker, P.freedFirst(steps));
    expect(found).toMatchObject({
      kind: 'freed-table-held',
      because: 'never invalidated',
      ipa: IPA,
      level: 2,
    });
    expect(found!.old & 3n).toBe(3n);
    expect(found!.history.at(-1)).toEqual({ do: 'free', address: found!.address });
    expect(others).toEqual([]);
  });

  it('a table page that is given back before it is unlinked', () => {
    const unmap = (vm: Vm) => vm.tables.unmap(IPA, 2n * PAGE);
    const { checker, steps } = recorded((vm) => void vm.tables.map(IPA, 2n * PAGE, PA, RW), unmap);
    expect(violations(checker, P.freedLinked(steps))).toMatchObject([{ kind: 'freed-table-linked' }]);
  });

  it('a table that is used anew while walk caches lead to it', () => {
    const { checker, steps, vm } = recorded(
      (v) => void v.tables.map(IPA, 2n * PAGE, PA, RW),
      (v) => v.tables.unmap(IPA, 2n * PAGE),
    );
    const unlink = steps.findIndex((s) => s.do === 'free');
    const table = (steps[unlink] as { address: bigint }).address;
    // No flush after the unlinking, and then a leaf in the unlinked table: for another use, but seen through the old.
    const upTo = steps.slice(0, P.lastBefore(steps, unlink) + 1);
    const desc = (PA + 4n * BLOCK) | RW;
    const found = violations(checker, [...upTo, { do: 'write', address: table + 8n, old: 0n, desc }]);
    expect(found).toMatchObject([
      { kind: 'mixed-walk', ipa: IPA + PAGE, new: desc, vm: vm.offset, because: 'never invalidated' },
    ]);
  });

  it.each([
    ['memory type', (desc: bigint) => desc & ~MEMATTR, ['memory type']],
    ['shareability', (desc: bigint) => desc & ~(3n << 8n), ['shareability']],
    ['permission', (desc: bigint) => desc & ~0x80n, []],
    ['execute-never', (desc: bigint) => desc | (2n << 53n), []],
    ['software bits', (desc: bigint) => desc | (1n << 55n), []],
  ] as const)('a change of %s in place, with the flush', (_, change, reasons) => {
    const { checker, steps } = recorded(
      (vm) => void vm.tables.map(IPA, PAGE, PA, RW),
      (vm) => void vm.tables.map(IPA, PAGE, PA, change(RW)),
    );
    const found = violations(checker, P.noBreak(steps));
    if (reasons.length === 0) expect(found).toEqual([]);
    else expect(found).toMatchObject([{ kind: 'no-break', reasons }]);
  });

  it.each([
    [0, 1],
    [1, 1],
    [2, 0],
  ] as const)('the contiguous bit in place, with FEAT_BBM level %i', (bbm, count) => {
    const { checker, steps } = recorded(
      (vm) => void vm.tables.map(IPA, PAGE, PA, RW),
      (vm) => void vm.tables.map(IPA, PAGE, PA, RW | (1n << 52n)),
      bbm,
    );
    expect(violations(checker, P.noBreak(steps))).toHaveLength(count);
  });
});

describe('a contiguous set', () => {
  const prepared = (ipa: bigint, vm: Vm, contiguous: boolean) => {
    vm.idmap.prepare({ ipa, size: 16n * PAGE, blocks: false, contiguous });
    vm.idmap.commit();
  };

  it('is made where nothing was, and goes as a whole, by the rules', () => {
    const { checker, steps } = recorded(
      () => undefined,
      (vm) => {
        prepared(IPA, vm, true);
        vm.tables.unmap(IPA, 16n * PAGE);
      },
    );
    expect(violations(checker, steps)).toEqual([]);
  });

  it('made page by page over live pages stands beside those that are still to come', () => {
    const { checker, steps } = recorded(
      (vm) => prepared(IPA, vm, false),
      (vm) => prepared(IPA, vm, true),
    );
    const found = violations(checker, steps);
    expect(found[0]).toMatchObject({
      kind: 'no-break',
      reasons: ['contiguous bit'],
      ipa: IPA + PAGE,
      others: 14,
    });
  });

  it('of which one page moves stands beside it', () => {
    const { checker, steps } = recorded(
      (vm) => prepared(IPA, vm, true),
      (vm) => void vm.tables.map(IPA, PAGE, PA, RW),
    );
    expect(violations(checker, steps)).toMatchObject([
      { kind: 'no-break', reasons: ['output address', 'contiguous bit'], ipa: IPA, others: 14 },
    ]);
  });
});

describe('a log that is full', () => {
  it('is said, and the watch goes on from the tables as they are', () => {
    const machine = machineFor(V4_13_GEOMETRY, 96, true);
    const vm = new Vm(machine, { vmid: 7 });
    const watch = watchTables(vm, { capacity: 8 });
    vm.tables.map(IPA, 8n * PAGE, PA, RW);
    const full = watch.check();
    expect(full.lost).toBeGreaterThan(0);
    expect(full.violations).toEqual([]);
    vm.tables.writeProtect(IPA, PAGE);
    expect(watch.check()).toMatchObject({ lost: 0, steps: 1, violations: [{ kind: 'stale-translation' }] });
  });
});

describe('tables that were changed behind the log', () => {
  it('are one finding, and then followed as they are', () => {
    const machine = machineFor(V4_13_GEOMETRY, 96, true);
    const vm = new Vm(machine);
    vm.tables.map(IPA, PAGE, PA, RW);
    const watch = watchTables(machine, { capacity: 4096 });
    machine.writeRam(vm.tables.pgd + 8n, 0x1234_5678_9abcn);
    expect(watch.check().violations).toMatchObject([{ kind: 'unlogged-write', address: vm.tables.pgd + 8n }]);
    expect(watch.check().violations).toEqual([]);
  });

  it.each([
    ['lead to themselves', (vm: Vm) => vm.tables.pgd | 3n],
    ['lead nowhere', () => 0xffff_ffff_f003n],
  ])('and %s end a check like others', (_, desc) => {
    const machine = machineFor(V4_13_GEOMETRY, 96, true);
    const vm = new Vm(machine);
    vm.tables.map(IPA, PAGE, PA, RW);
    const table = machine.view.u64((machine.ramOffset(vm.tables.pgd) as number) + 8) & ~3n;
    for (let i = 0n; i < 512n; i++) machine.writeRam(table + 8n * i, i % 2n === 0n ? table | 3n : desc(vm));
    const watch = watchTables(machine, { capacity: 4096 });
    vm.tables.unmap(IPA, PAGE);
    expect(() => watch.check()).not.toThrow();
    vm.tables.map(IPA, PAGE, PA, RW);
    expect(() => watch.check()).not.toThrow();
  });
});
