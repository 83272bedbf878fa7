import { describe, expect, it } from 'vitest';
import { Fsc } from '../../src/abi/arm.js';
import { Event } from '../../src/abi/event.js';
import { setMemoryRegion } from '../../src/kvm/index.js';
import { abort, BLOCK, GUEST, lab, logLines, mappingOf, memoryLab, PAGE, region } from '../model/lab.js';

const LOG = 1;
const READONLY = 2;

/** Pages whose bit is set in a log. */
function dirtyPages(log: Uint8Array): number[] {
  return [...log].flatMap((byte, i) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((b) => (byte >> b) & 1).map((b) => i * 8 + b),
  );
}

describe('the dirty log', () => {
  it('is all clear at first, one bit a page, rounded up to 64', () => {
    const { vm } = lab({ slots: [{ memorySize: 65n * PAGE, flags: LOG }] });
    expect(vm.getDirtyLog(0)).toEqual(new Uint8Array(16));
  });

  it('does not exist without the flag', () => {
    const { vm } = lab({ slots: [{}] });
    expect(() => vm.getDirtyLog(0)).toThrowError(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => vm.getDirtyLog(7)).toThrowError(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('has the pages that were written and not those that were read', () => {
    const { vm, cpu } = memoryLab('anonymous', LOG);
    for (const page of [0n, 9n, 511n]) abort(cpu, 'write', GUEST + page * PAGE);
    abort(cpu, 'read', GUEST + 5n * PAGE);
    abort(cpu, 'fetch', GUEST + 6n * PAGE);
    expect(dirtyPages(vm.getDirtyLog(0))).toEqual([0, 9, 511]);
  });

  it('counts pages from the slot, not from the guest address', () => {
    const { vm, cpu } = memoryLab('anonymous', LOG, {});
    setMemoryRegion(vm, region({ flags: LOG, guestPhysAddr: GUEST + 3n * PAGE }));
    abort(cpu, 'write', GUEST + 4n * PAGE);
    expect(dirtyPages(vm.getDirtyLog(0))).toEqual([1]);
  });

  it('is cleared by reading it, and the page is write-protected again', () => {
    const { vm, cpu, machine } = memoryLab('anonymous', LOG);
    abort(cpu, 'write', GUEST);
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x7ffn);
    machine.resetCounts();
    expect(dirtyPages(vm.getDirtyLog(0))).toEqual([0]);
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x77fn);
    expect(machine.eventCount(Event.TLBI_VMID)).toBe(1);
    expect(dirtyPages(vm.getDirtyLog(0))).toEqual([]);
    expect(machine.eventCount(Event.TLBI_VMID)).toBe(1);
  });

  it('write-protects from the first to the last dirty page of a word, and nothing outside', () => {
    const { vm, cpu, machine } = memoryLab('anonymous', LOG);
    for (const page of [3n, 7n, 11n]) abort(cpu, 'write', GUEST + page * PAGE);
    vm.getDirtyLog(0);
    for (const page of [3n, 11n]) abort(cpu, 'write', GUEST + page * PAGE, { type: Fsc.PERMISSION });
    abort(cpu, 'write', GUEST + 64n * PAGE);
    machine.resetCounts();
    expect(dirtyPages(vm.getDirtyLog(0))).toEqual([3, 11, 64]);
    expect(machine.eventCount(Event.DESC_WRITE)).toBe(3);
    for (const page of [3n, 7n, 11n, 64n])
      expect(mappingOf(vm, GUEST + page * PAGE)?.attributes).toBe(0x77fn);
  });

  it('shows a page that is written again after it was read', () => {
    const { vm, cpu } = memoryLab('anonymous', LOG);
    abort(cpu, 'write', GUEST);
    vm.getDirtyLog(0);
    expect(abort(cpu, 'write', GUEST, { type: Fsc.PERMISSION }).ret).toBe(1);
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x7ffn);
    expect(dirtyPages(vm.getDirtyLog(0))).toEqual([0]);
  });

  it('is kept for a read-only slot but never has a bit', () => {
    const { vm, cpu } = memoryLab('anonymous', LOG | READONLY);
    abort(cpu, 'read', GUEST);
    expect(abort(cpu, 'write', GUEST, { isv: { size: 4, register: 1 } }).ret).toBe(0);
    expect(dirtyPages(vm.getDirtyLog(0))).toEqual([]);
    expect(logLines(vm.machine)).toEqual({});
  });

  it('holds the last bit of a slot whose pages end inside a word', () => {
    const { vm, cpu } = lab({
      areas: [{ hva: region().userspaceAddr, size: BLOCK, kind: 'anonymous' }],
      slots: [{ memorySize: 70n * PAGE, flags: LOG }],
    });
    abort(cpu, 'write', GUEST + 69n * PAGE);
    const log = vm.getDirtyLog(0);
    expect(log.length).toBe(16);
    expect(dirtyPages(log)).toEqual([69]);
  });

  it('handed out is a copy: it does not change when the guest writes on', () => {
    const { vm, cpu } = memoryLab('anonymous', LOG);
    const log = vm.getDirtyLog(0);
    abort(cpu, 'write', GUEST);
    expect(dirtyPages(log)).toEqual([]);
  });

  it('is of the slot that was written, when two show the same memory', () => {
    const { vm, cpu } = memoryLab('anonymous', LOG);
    expect(setMemoryRegion(vm, region({ slot: 1, guestPhysAddr: 0n, flags: LOG })).ret).toBe(0);
    abort(cpu, 'write', 0n);
    expect(dirtyPages(vm.getDirtyLog(0))).toEqual([]);
    expect(dirtyPages(vm.getDirtyLog(1))).toEqual([0]);
  });
});
