// The log of faults: where the structures that a fault met lie.
import { describe, expect, it } from 'vitest';
import { Fsc } from '../../src/abi/arm.js';
import { Event } from '../../src/abi/event.js';
import { FAULT_SIZEOF } from '../../src/abi/fault-log.js';
import { KVM_MEM_LOG_DIRTY_PAGES } from '../../src/abi/kvm.js';
import { VM_MEMSLOTS } from '../../src/abi/layout.js';
import { FaultLog } from '../../src/core/fault-log.js';
import { Machine } from '../../src/core/machine.js';
import { readPaths } from '../../src/core/paths.js';
import { abort, BLOCK, GUEST, HVA, lab, memoryLab, PAGE } from '../model/lab.js';
import { recordAt } from '../model/uarch/path-model.js';

const PA = 0xffff_ffff_f000n;

describe('the log of faults', () => {
  it('has a record of each fault, in their order, with its path', () => {
    const { machine, cpu } = memoryLab('anonymous');
    const log = new FaultLog(machine, 10);
    abort(cpu, 'write', GUEST);
    abort(cpu, 'read', GUEST + PAGE);
    abort(cpu, 'write', 0x100n, { isv: { size: 4, register: 0 } });
    expect(log.length).toBe(3);
    const records = log.drain();
    const entries = readPaths(machine).map(({ entry }) => entry);
    expect([0, 1, 2].map((i) => recordAt(records, i).path)).toEqual(entries);
    expect(log.length).toBe(0);
  });

  it('tells where the structures of a write lie', () => {
    const { machine, cpu, vm, mm } = memoryLab('anonymous', KVM_MEM_LOG_DIRTY_PAGES);
    const log = new FaultLog(machine, 10);
    const ipa = GUEST + 9n * PAGE;
    abort(cpu, 'write', ipa);
    const record = recordAt(log.drain(), 0);
    expect(record).toMatchObject({
      vcpu: cpu.offset,
      vm: vm.offset,
      mm: mm.offset,
      ipa,
      hva: HVA + 9n * PAGE,
      pfn: (mm.pte(HVA + 9n * PAGE) & PA) >> 12n,
      slots: machine.view.u32(vm.offset + VM_MEMSLOTS),
      hint: 0,
      index: 0,
      used: 1,
      cached: 40,
    });
    expect(machine.view.u8(record.bitmap)).toBe(2);
    expect(machine.view.u64(machine.ramOffset(record.entries[3] as bigint) as number) & PA).toBe(
      record.pfn << 12n,
    );
    const table = machine.view.u64(machine.ramOffset(record.entries[2] as bigint) as number) & PA;
    expect((record.entries[3] as bigint) & PA).toBe(table);
    expect(record.entries[0]).toBe(0n);
  });

  it('has no entry of a level that the handler did not look at', () => {
    const { machine, cpu } = lab({
      areas: [{ hva: HVA, size: BLOCK, kind: 'hugetlb' }],
      slots: [{}],
    });
    const log = new FaultLog(machine, 10);
    abort(cpu, 'write', GUEST);
    abort(cpu, 'write', 0x100n, { isv: { size: 4, register: 0 } });
    abort(cpu, 'read', GUEST, { type: Fsc.PERMISSION });
    const records = log.drain();
    expect([0, 1, 2].map((i) => recordAt(records, i).entries.map((pa) => pa !== 0n))).toEqual([
      [false, true, true, false],
      [false, false, false, false],
      [false, false, false, false],
    ]);
  });

  it('has the slot that the search ended at, and the one it tried first', () => {
    const { machine, cpu } = lab({
      areas: [{ hva: HVA, size: 8n * BLOCK, kind: 'anonymous' }],
      slots: [0, 1, 2, 3].map((slot) => ({
        slot,
        guestPhysAddr: GUEST + BigInt(slot) * 2n * BLOCK,
        userspaceAddr: HVA + BigInt(slot) * BLOCK,
      })),
    });
    const log = new FaultLog(machine, 10);
    for (const slot of [3n, 0n, 0n]) abort(cpu, 'write', GUEST + slot * 2n * BLOCK);
    abort(cpu, 'write', 0x100n, { isv: { size: 4, register: 0 } });
    const records = log.drain();
    // Slots lie in the order of descending addresses.
    expect(
      [1, 2, 3].map((i) => recordAt(records, i)).map(({ hint, index, used }) => [hint, index, used]),
    ).toEqual([
      [0, 3, 4],
      [3, 3, 4],
      [3, 4, 4],
    ]);
  });

  it('that is full counts the faults it leaves out', () => {
    const { machine, cpu } = memoryLab('anonymous');
    const log = new FaultLog(machine, 2);
    for (let i = 0n; i < 5n; i++) abort(cpu, 'write', GUEST + i * PAGE);
    expect(log.length).toBe(2);
    expect(machine.eventCount(Event.FAULT_UNLOGGED)).toBe(3);
    expect(log.drain()).toHaveLength(2 * FAULT_SIZEOF);
    abort(cpu, 'write', GUEST + 6n * PAGE);
    expect(log.length).toBe(1);
  });

  it('that is detached records nothing and may be followed by another', () => {
    const { machine, cpu } = memoryLab('anonymous');
    const log = new FaultLog(machine, 2);
    expect(() => new FaultLog(machine, 2)).toThrow('the machine has a log of faults already');
    log.detach();
    abort(cpu, 'write', GUEST);
    expect(machine.eventCount(Event.FAULT_UNLOGGED)).toBe(0);
    expect(new FaultLog(machine, 2).length).toBe(0);
  });

  it('needs an accounted machine and room', () => {
    expect(() => new FaultLog(new Machine(), 1)).toThrow('accounted false');
    const machine = new Machine({ accounted: true });
    expect(() => new FaultLog(machine, 0)).toThrow('capacity 0');
    expect(() => new FaultLog(machine, 1e9)).toThrow('no room');
  });
});
