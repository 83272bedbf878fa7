import { describe, expect, it } from 'vitest';
import { Event } from '../../src/abi/event.js';
import * as L from '../../src/abi/layout.js';
import { Site } from '../../src/abi/site.js';
import { Stage2Error } from '../../src/core/error.js';
import { Machine } from '../../src/core/machine.js';
import type { MachineOptions } from '../../src/core/options.js';
import { machineBytes } from '../../src/core/plan.js';
import { AddressSpace, setMemoryRegion, Vm } from '../../src/kvm/index.js';
import { checkTables, freePages } from '../model/check-tables.js';
import { abort, BLOCK, GUEST, guestState, HVA, logLines, memoryLab, PAGE, region } from '../model/lab.js';

const RAM = 1n << 32n;
const WASM_PAGE = 65_536;

const small: MachineOptions = {
  banks: [{ pa: RAM, size: 64n << 20n, kind: 'unbacked' }],
  tablePool: { pa: 1n << 36n, pages: 128 },
  roots: { pa: 1n << 37n, size: 64 << 10 },
  hostPages: { pa: RAM, size: 64n << 20n },
  arenaBytes: 256 << 10,
};

/** A user VM with faults, logging, invalidation and deletion, and what can be seen of it at the end. */
function history(machine: Machine, seed = 0n) {
  const mm = new AddressSpace(machine);
  mm.map({ hva: HVA, size: 2n * BLOCK, kind: 'anonymous' });
  mm.map({ hva: HVA + 2n * BLOCK, size: 2n * BLOCK, kind: 'thp' });
  const vm = new Vm(machine, { mm });
  setMemoryRegion(vm, region({ memorySize: 4n * BLOCK, flags: 1 }));
  const cpu = vm.createVcpu();
  const ends = [];
  for (let i = 0n; i < 40n; i++) {
    ends.push(abort(cpu, i % 3n === 0n ? 'read' : 'write', GUEST + ((i * 97n + seed) % 2048n) * PAGE).ret);
  }
  const log = vm.getDirtyLog(0);
  vm.invalidateHva(HVA, HVA + 64n * PAGE);
  setMemoryRegion(vm, region({ memorySize: 4n * BLOCK }));
  ends.push(abort(cpu, 'write', GUEST + 2n * BLOCK).ret, abort(cpu, 'fetch', 0n).ret);
  return { vm, view: { ends, log, leaves: checkTables(vm).leaves, state: guestState(cpu) } };
}

describe('several machines', () => {
  it('do not notice each other', () => {
    const alone = history(new Machine(small)).view;
    const [a, b, c] = [new Machine(small), new Machine({ ...small, accounted: true }), new Machine(small)];
    const first = history(a, 5n);
    expect(history(b).view).toEqual(alone);
    const leaves = checkTables(first.vm).leaves;
    expect(history(c).view).toEqual(alone);
    expect(checkTables(first.vm).leaves).toEqual(leaves);
    expect(leaves).not.toEqual(alone.leaves);
  });

  it('can take turns fault by fault', () => {
    const labs = [memoryLab('anonymous'), memoryLab('thp'), memoryLab('anonymous')];
    for (let i = 0n; i < 20n; i++) for (const { cpu } of labs) abort(cpu, 'write', GUEST + i * 7n * PAGE);
    const [a, b, c] = labs.map(({ vm }) => checkTables(vm).leaves);
    expect(a).toEqual(c);
    expect(b).toHaveLength(1);
    expect(a).toHaveLength(20);
  });

  it('keep counts and logs of their own', () => {
    const [a, b] = [memoryLab('anonymous'), memoryLab('anonymous')];
    abort(a.cpu, 'read', 0n);
    expect(logLines(a.machine)).toEqual({ MMIO_NO_ISV: 1 });
    expect(logLines(b.machine)).toEqual({});
    expect([a.machine.eventCount(Event.FAULT), b.machine.eventCount(Event.FAULT)]).toEqual([1, 0]);
  });
});

describe('a machine in memory of its embedder', () => {
  const pages = 200;

  function embedded() {
    const memory = new WebAssembly.Memory({ initial: pages });
    const base = 3 * WASM_PAGE;
    const bytes = new Uint8Array(memory.buffer);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff;
    return { memory, base, before: bytes.slice() };
  }

  /** First byte outside [base, base + size) that is not what it was. */
  function touched(memory: WebAssembly.Memory, before: Uint8Array, base: number, size: number): number {
    const after = new Uint8Array(memory.buffer);
    for (let i = 0; i < before.length; i++) {
      if (i === base) i += size;
      if (after[i] !== before[i]) return i;
    }
    return -1;
  }

  /** Bytes a machine needs: what the error for too small a memory says. */
  function sizeOf(options: MachineOptions): number {
    try {
      new Machine({ ...options, memory: new WebAssembly.Memory({ initial: 1 }) });
    } catch (error) {
      return Number(/at least (\d+)/.exec((error as Error).message)?.[1]);
    }
    throw new Error('a machine fitted into one page');
  }

  it('works as in memory of its own', () => {
    const { memory, base } = embedded();
    expect(history(new Machine({ ...small, memory, memoryBase: base })).view).toEqual(
      history(new Machine(small)).view,
    );
  });

  it.each([false, true])(
    'touches no byte outside its range through a whole history (accounted: %s)',
    (accounted) => {
      const { memory, base, before } = embedded();
      const size = sizeOf({ ...small, accounted });
      expect(base + size).toBeLessThan(pages * WASM_PAGE);
      const machine = new Machine({ ...small, accounted, memory, memoryBase: base });
      const { vm } = history(machine);
      const internal = new Vm(machine, { vmid: 2 });
      setMemoryRegion(internal, region({ slot: 600, memorySize: 8n * BLOCK }));
      internal.destroy();
      vm.destroy();
      expect(touched(memory, before, base, size)).toBe(-1);
      expect(touched(memory, before, base, 0)).toBeGreaterThanOrEqual(base);
    },
  );

  it('needs no more than the bytes it says', () => {
    const size = sizeOf(small);
    const memory = new WebAssembly.Memory({ initial: Math.ceil(size / WASM_PAGE) });
    expect(history(new Machine({ ...small, memory })).view).toEqual(history(new Machine(small)).view);
  });

  it('survives that the memory grows, between faults and between reads', () => {
    const { memory, base } = embedded();
    const machine = new Machine({ ...small, memory, memoryBase: base });
    const first = history(machine);
    const leaves = checkTables(first.vm).leaves;
    memory.grow(2);
    expect(checkTables(first.vm).leaves).toEqual(leaves);
    const cpu = first.vm.createVcpu();
    expect(abort(cpu, 'write', GUEST + 3n * PAGE).ret).toBe(1);
    memory.grow(1);
    first.vm.destroy();
    const still = new Machine(small);
    history(still).vm.destroy();
    expect(freePages(machine)).toEqual(freePages(still));
    expect(history(machine).view.ends).toEqual(history(still).view.ends);
  });

  it('shares it with a second machine at another base', () => {
    const memory = new WebAssembly.Memory({ initial: 2 * pages });
    const a = new Machine({ ...small, memory, memoryBase: 0 });
    const b = new Machine({ ...small, memory, memoryBase: pages * WASM_PAGE });
    const alone = history(new Machine(small)).view;
    const first = history(a);
    expect(history(b).view).toEqual(alone);
    expect(first.view).toEqual(alone);
    expect(checkTables(first.vm).leaves).toEqual(alone.leaves);
  });

  it('takes as many bytes as it says before it is made, and is refused in fewer', () => {
    for (const options of [small, { ...small, accounted: true, pageState: false }]) {
      const needed = Math.ceil(machineBytes(options) / WASM_PAGE);
      const memoryOf = (initial: number) => ({ ...options, memory: new WebAssembly.Memory({ initial }) });
      expect(new Machine(memoryOf(needed)).bytes).toBe(machineBytes(options));
      expect(() => new Machine(memoryOf(needed - 1))).toThrow(expect.objectContaining({ code: 'ENOMEM' }));
    }
  });

  it('stamps its header and leaves the guard page before it empty', () => {
    const { memory, base } = embedded();
    new Machine({ ...small, memory, memoryBase: base });
    const words = new Uint32Array(memory.buffer, base, 2048);
    expect(words.slice(0, 1024).every((word) => word === 0)).toBe(true);
    expect([words[1024], words[1025]]).toEqual([L.ABI_MAGIC, L.ABI_VERSION]);
  });
});

describe('a bad option', () => {
  const bank = (fields: object) => ({
    banks: [{ pa: RAM, size: 1n << 20n, kind: 'ram' as const, ...fields }],
  });
  const memory = new WebAssembly.Memory({ initial: 200 });

  it.each<[string, MachineOptions, string]>([
    ['a bank that is not page aligned', bank({ pa: RAM + 8n }), 'EINVAL'],
    ['a bank of no bytes', bank({ size: 0n }), 'EINVAL'],
    ['a bank of negative size', bank({ size: -4096n }), 'EINVAL'],
    ['a bank below 0', bank({ pa: -4096n }), 'EINVAL'],
    ['a bank above 2^52', bank({ pa: 1n << 52n }), 'EINVAL'],
    ['a bank of a kind there is not', bank({ kind: 'rom' }), 'EINVAL'],
    ['two banks that overlap', { banks: [bank({}).banks[0]!, bank({ pa: RAM + PAGE }).banks[0]!] }, 'EINVAL'],
    ['a bank over the table pool', { ...bank({ pa: 1n << 40n }) }, 'EINVAL'],
    ['RAM that no memory holds', bank({ size: 1n << 33n }), 'ENOMEM'],
    ['RAM that fills the memory alone', bank({ size: (1n << 32n) - PAGE }), 'ENOMEM'],
    ['a region that is not page aligned', { regions: [{ pa: 5n, size: PAGE }] }, 'EINVAL'],
    ['host pages of no size', { hostPages: { pa: RAM, size: 0n } }, 'EINVAL'],
    ['a pool of no pages', { tablePool: { pa: 0n, pages: 0 } }, 'EINVAL'],
    ['a pool of a part of a page', { tablePool: { pa: 0n, pages: 1.5 } }, 'EINVAL'],
    ['a pool of negative size', { tablePool: { pa: 0n, pages: -1 } }, 'EINVAL'],
    ['a pool of pages of 8 KiB', { tablePool: { pa: 0n, pages: 4, pageShift: 13 as 12 } }, 'EINVAL'],
    [
      'a pool that is not aligned to its pages',
      { tablePool: { pa: PAGE, pages: 4, pageShift: 16 } },
      'EINVAL',
    ],
    ['root tables of half a byte', { roots: { pa: 0n, size: 0.5 } }, 'EINVAL'],
    ['an arena of no number', { arenaBytes: Number.NaN }, 'EINVAL'],
    ['an arena of negative size', { arenaBytes: -8 }, 'EINVAL'],
    ['an arena larger than any memory', { arenaBytes: 2 ** 33 }, 'ENOMEM'],
    ['a memoryBase inside a wasm page', { memory, memoryBase: 4096 }, 'EINVAL'],
    ['a negative memoryBase', { memory, memoryBase: -65_536 }, 'EINVAL'],
    ['a memoryBase that is no number', { memory, memoryBase: Number.NaN }, 'EINVAL'],
    ['a memoryBase at the end of the memory', { memory, memoryBase: 200 * WASM_PAGE }, 'ENOMEM'],
    ['a memory that is too small', { memory: new WebAssembly.Memory({ initial: 2 }) }, 'ENOMEM'],
  ])('that is %s is refused in one line with a code', (_, options, code) => {
    const error = (() => {
      try {
        return new Machine(options);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(Stage2Error);
    expect(error).toMatchObject({ code, message: expect.stringMatching(/^[^\n]{10,200}$/) });
  });

  it('leaves the embedder’s memory alone', () => {
    const own = new WebAssembly.Memory({ initial: 100 });
    const bytes = new Uint8Array(own.buffer).fill(0xa5);
    expect(() => new Machine({ ...bank({ pa: RAM + 8n }), memory: own })).toThrow();
    expect(() => new Machine({ tablePool: { pa: 0n, pages: 4096 }, memory: own })).toThrow();
    expect(bytes.every((byte) => byte === 0xa5)).toBe(true);
  });
});

describe('the physical memory of a machine', () => {
  const machine = () =>
    new Machine({
      banks: [
        { pa: 1n << 45n, size: 8192n, kind: 'ram' },
        { pa: RAM, size: 8192n, kind: 'ram' },
        { pa: RAM + 8192n, size: 4096n, kind: 'ram' },
        { pa: 0n, size: 1n << 20n, kind: 'device' },
        { pa: RAM + 12_288n, size: 1n << 20n, kind: 'unbacked' },
      ],
    });

  it('holds bytes for its RAM and for nothing else', () => {
    const m = machine();
    m.writeRam(RAM + 8184n, 1n);
    m.writeRam(RAM + 8192n, 2n);
    m.writeRam((1n << 45n) + 8n, 3n);
    const at = (pa: bigint) => m.view.u64(m.ramOffset(pa)!);
    expect([at(RAM + 8184n), at(RAM + 8192n), at((1n << 45n) + 8n)]).toEqual([1n, 2n, 3n]);
    const fault = expect.objectContaining({ code: 'EFAULT' });
    for (const pa of [0n, RAM - 8n, RAM + 12_288n, (1n << 45n) + 8192n, RAM + 4n]) {
      expect(() => m.writeRam(pa, 0n)).toThrowError(fault);
    }
  });

  it('costs what it holds and not what it spans', () => {
    expect(machine().view.memory.buffer.byteLength).toBeLessThan(16 << 20);
  });

  it('keeps flags for the pages of its memory and none for devices and holes', () => {
    const m = machine();
    for (const pa of [0n, RAM + PAGE, RAM + 12_288n, RAM - PAGE]) m.setPageFlags(pa, 7);
    expect([0n, RAM, RAM + PAGE, RAM + 12_288n, RAM - PAGE].map((pa) => m.pageFlags(pa))).toEqual([
      0, 0, 7, 7, 0,
    ]);
  });

  it('keeps no flags at all where none are asked for', () => {
    const m = new Machine({ ...small, pageState: false });
    m.setPageFlags(RAM, 7);
    expect(m.pageFlags(RAM)).toBe(0);
    expect(history(m).view.ends.slice(0, 10)).toEqual(history(new Machine(small)).view.ends.slice(0, 10));
  });
});

describe('the counts of a machine', () => {
  it('start at 0, count, and start again', () => {
    const { machine, cpu } = memoryLab('anonymous');
    machine.resetCounts();
    abort(cpu, 'write', GUEST);
    abort(cpu, 'read', 0n);
    expect(machine.eventCount(Event.FAULT)).toBe(2);
    expect(machine.siteCounts(Site.A5)).toEqual([1, 1]);
    machine.resetCounts();
    expect(machine.eventCount(Event.FAULT)).toBe(0);
    expect(machine.siteCounts(Site.A5)).toEqual([0, 0]);
    expect(logLines(machine)).toEqual({});
  });

  it('stay 0 in the functional core, but for the log', () => {
    const { machine, cpu } = memoryLab('anonymous', 0, { host: { accounted: false } });
    abort(cpu, 'write', GUEST);
    abort(cpu, 'read', 0n);
    expect(machine.eventCount(Event.FAULT)).toBe(0);
    expect(machine.siteCounts(Site.A5)).toEqual([0, 0]);
    expect(logLines(machine)).toEqual({ MMIO_NO_ISV: 1 });
  });
});
