// Every operation of the emulated kernel, watched: which descriptor changes it makes, and which rules v4.13 breaks.
import { describe, expect, it } from 'vitest';
import { type ChangeClass, Vm, type WatchReport, watchTables } from '../../../src/kvm/index.js';
import { abort, BLOCK, GUEST, HVA, type Lab, lab, MIB, PAGE, SMALL_HOST } from '../../model/lab.js';
import { LOG, mapped, OPERATIONS, permission, set } from './operations.js';

/** The report on `run` after `before`, and the changes in it that are any. */
function watched(
  l: Lab,
  run: (l: Lab) => unknown,
): { changes: Partial<Record<ChangeClass, number>>; report: WatchReport } {
  const watch = watchTables(l.machine);
  run(l);
  const report = watch.check();
  watch.end();
  expect(report.lost).toBe(0);
  return { changes: Object.fromEntries(Object.entries(report.changes).filter(([, n]) => n !== 0)), report };
}

/** A huge page of the host that reaches over the slot of 16 pages below another. */
function hugePageOverTwoSlots(): Lab {
  return lab({
    areas: [
      { hva: HVA, size: 2n * BLOCK, kind: 'thp' },
      { hva: HVA + 8n * BLOCK, size: 2n * BLOCK, kind: 'anonymous' },
    ],
    slots: [
      { memorySize: 16n * PAGE },
      {
        slot: 1,
        guestPhysAddr: GUEST + 16n * PAGE,
        userspaceAddr: HVA + 8n * BLOCK,
        memorySize: 16n * PAGE,
      },
    ],
  });
}

describe('an operation of v4.13 that keeps the rules', () => {
  it.each(OPERATIONS)('$name', ({ before, run, changes }) => {
    const seen = watched(before(), run);
    expect(seen.report.violations).toEqual([]);
    expect(seen.changes).toEqual(changes);
  });
});

describe.each([
  ['asPosted', false, { created: 3 + 1024 }],
  ['upFront', false, { created: 3, unlinked: 1024 }],
  ['upFront', true, { created: 3, unlinked: 1024 }],
  ['blocks', false, { created: 3 }],
  ['blocks', true, { created: 3 }],
] as const)('an internal VM mapped %s, contiguous hint %s', (idmap, contiguous, changes) => {
  const slot = { slot: 512, guestPhysAddr: GUEST, memorySize: 4n * MIB };
  const make = () => {
    const l = lab();
    return { ...l, vm: new Vm(l.machine, { internal: { idmap, contiguous }, vmid: 2 }) };
  };

  it('keeps the rules when a slot is made, and when it moves', () => {
    const l = make();
    const made = watched(l, () => expect(set(l, slot)).toBe(0));
    expect(made.report.violations).toEqual([]);
    expect(made.changes).toEqual(changes);
    const moved = watched(l, () => expect(set(l, { ...slot, guestPhysAddr: GUEST + 2n * MIB })).toBe(0));
    expect(moved.report.violations).toEqual([]);
    expect(watched(l, () => l.vm.destroy()).report.violations).toEqual([]);
  });
});

it('flags of an internal VM as posted map every page again by break-before-make', () => {
  const l = { ...lab(), vm: undefined as unknown as Vm };
  l.vm = new Vm(l.machine, { vmid: 2 });
  set(l, { slot: 512 });
  const { changes, report } = watched(l, () => set(l, { slot: 512, flags: LOG }));
  expect(report.violations).toEqual([]);
  expect(changes).toEqual({ remade: 512, permission: 512 });
});

describe('v4.13 breaks the rules', () => {
  /** Pages of a huge page under logging, which then ends. */
  const splitHugePage = (): Lab => {
    const l = mapped('thp');
    set(l, { flags: LOG });
    for (const page of [1n, 2n, 3n]) permission(l, GUEST + page * PAGE, page === 1n ? 2 : 3);
    set(l, { flags: 0 });
    return l;
  };

  it('where stage2_set_pmd_huge writes a block over a table: only the faulting page is invalidated', () => {
    const { report } = watched(splitHugePage(), ({ cpu }) => abort(cpu, 'write', GUEST));
    expect(report.violations).toHaveLength(1);
    expect(report.violations[0]).toMatchObject({
      kind: 'make-before-invalidate',
      ipa: GUEST + PAGE,
      level: 2,
      reasons: ['block size'],
      because: 'never invalidated',
      others: 2,
    });
    const { history, address } = report.violations[0]!;
    // The entry of the page is in the table that went; then that table was broken, and the block made.
    expect(history.slice(-4)).toMatchObject([
      { do: 'write', address, desc: 0n },
      { do: 'dsb', waits: 'stores' },
      { do: 'dsb', waits: 'all' },
      { do: 'write', address, old: 0n, desc: report.violations[0]!.new },
    ]);
    expect(report.changes.violated).toBe(1);
    expect(report.held).toBe(3);
  });

  it('and the same when the page that faults is the only one under the table: nothing is left over', () => {
    const l = mapped('thp');
    set(l, { flags: LOG });
    permission(l, GUEST, 2);
    set(l, { flags: 0 });
    const { report } = watched(l, ({ cpu }) => abort(cpu, 'write', GUEST));
    expect(report.violations).toEqual([]);
  });

  it('where a huge page larger than its slot reaches over pages of the next slot', () => {
    const l = hugePageOverTwoSlots();
    abort(l.cpu, 'write', GUEST + 16n * PAGE);
    const { report } = watched(l, ({ cpu }) => abort(cpu, 'write', GUEST));
    expect(report.violations).toHaveLength(1);
    expect(report.violations[0]).toMatchObject({
      kind: 'make-before-invalidate',
      ipa: GUEST + 16n * PAGE,
      reasons: ['output address', 'block size'],
    });
  });

  it('where a page is mapped under such a block: the entry is written into the memory of the guest', () => {
    const l = hugePageOverTwoSlots();
    abort(l.cpu, 'write', GUEST);
    const { report } = watched(l, ({ cpu }) => permission(l, GUEST + 16n * PAGE, 2) && cpu);
    expect(report.violations).toMatchObject([{ kind: 'stray-write', others: 0 }]);
  });
});

it('a watch costs an accounted machine and takes one at a time', () => {
  const { machine } = lab();
  const watch = watchTables(machine);
  expect(() => watchTables(machine)).toThrow(/EINVAL|a log of tables already/);
  watch.end();
  watchTables(machine).end();
  expect(() => watchTables(lab({ host: { ...SMALL_HOST, accounted: false } }).machine)).toThrow(/accounted/);
});
