// Every operation that allocates, with the n-th allocation refused, for every n: what it returns, what it leaves, that
// nothing is inconsistent or lost after it, and that it can be tried again.
import { describe, expect, it } from 'vitest';
import { EFAULT, ENOMEM, KVM_MEMSLOT_INVALID } from '../../src/abi/kvm.js';
import * as L from '../../src/abi/layout.js';
import type { Vm } from '../../src/kvm/index.js';
import { Hardware } from '../model/hardware.js';
import { abort, BLOCK, GUEST, memoryLab } from '../model/lab.js';
import { GIB, OPERATIONS } from './operations.js';
import { expectSound, isSame, type State, slotsOf, stateOf } from './state.js';
import type { Left, Subject } from './subjects.js';

/** More pages than any operation here takes. */
const PLENTY = 1 << 20;

/** Runs the operation undisturbed; the pages it took. */
function pagesOf({ machine, run }: Subject): number {
  machine.setAllocationBudget(PLENTY);
  expect(run()).toBeGreaterThanOrEqual(0);
  return PLENTY - machine.header(L.HEADER_POOL_BUDGET);
}

/** What the MMU makes of a page in each quarter block of the range that is split: the same whatever the leaves. */
function translation(vm: Vm): BigUint64Array {
  const ipas = BigUint64Array.from(
    { length: 4 * 64 },
    (_, i) => GIB - 32n * BLOCK + BigInt(i) * (BLOCK / 4n),
  );
  const hardware = new Hardware(vm);
  const answers = hardware.readMany(ipas);
  hardware.release();
  return answers;
}

function expectLeft(left: Left, before: State, after: State, done: State): void {
  const invalid = before.slots.map((slot) => ({ ...slot, flags: slot.flags | KVM_MEMSLOT_INVALID }));
  expect(after.slots).toEqual(left.startsWith('invalid slot') ? invalid : before.slots);
  if (left === 'as before, to the page') expect(after.freePages).toBe(before.freePages);
  if (left.startsWith('as before')) expect(isSame(after.leaves, before.leaves)).toBe(true);
  else if (left === 'invalid slot') expect(after.leaves).toHaveLength(0);
  else if (left !== 'the same translation')
    expect(isSame(after.leaves, done.leaves.subarray(0, after.leaves.length))).toBe(true);
}

describe.each(OPERATIONS)('$name', ({ setup, pages, needs = pages, left }) => {
  const whole = setup();
  const taken = pagesOf(whole);
  const done = stateOf(whole.vm);

  it(`takes ${pages} pages of table memory`, () => {
    expect(taken).toBe(pages);
    expectSound(whole.machine);
  });

  if (needs > 0)
    it(`leaves ${left} when any it needs is refused, and succeeds when it is tried again`, () => {
      const fresh = setup().vm;
      const before = stateOf(fresh);
      const answers = left === 'the same translation' ? translation(fresh) : undefined;
      for (let n = 0; n < needs; n++) {
        const { machine, vm, run } = setup();
        machine.setAllocationBudget(n);
        expect(run()).toBe(-ENOMEM);
        machine.setAllocationBudget('unlimited');
        expectSound(machine);
        expectLeft(left, before, stateOf(vm), done);
        if (answers !== undefined) expect(translation(vm)).toEqual(answers);
        expect(run()).toBeGreaterThanOrEqual(0);
        expectSound(machine);
        expect(isSame(stateOf(vm).leaves, done.leaves)).toBe(true);
        expect(slotsOf(vm)).toEqual(done.slots);
      }
    });

  if (needs < pages)
    it(`does without the pages after the first ${needs}, which only fill its cache`, () => {
      const { machine, vm, run } = setup();
      machine.setAllocationBudget(needs);
      expect(run()).toBe(0);
      expectSound(machine);
      expect(isSame(stateOf(vm).leaves, done.leaves)).toBe(true);
    });
});

describe('a fault when the host has no memory', () => {
  it.each(['anonymous', 'thp', 'hugetlb'] as const)(
    '%s: fails with EFAULT, changes no entry, and can be taken again',
    (memory) => {
      const { machine, vm, cpu } = memoryLab(memory);
      const { view } = machine;
      const at = L.HEADER_OFFSET + L.HEADER_HOST_NEXT;
      const next = view.u64(at);
      view.setU64(at, view.u64(L.HEADER_OFFSET + L.HEADER_HOST_END));
      for (const kind of ['read', 'write', 'fetch'] as const)
        expect(abort(cpu, kind, GUEST).ret).toBe(-EFAULT);
      expect([...vm.tables.leaves()]).toEqual([]);
      expectSound(machine);
      view.setU64(at, next);
      expect(abort(cpu, 'write', GUEST).ret).toBe(1);
      expectSound(machine);
    },
  );
});
