// What is no snapshot, or a damaged one, or tells of what cannot be, is refused in one line, and nothing is lost.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as L from '../../src/abi/layout.js';
import * as S from '../../src/abi/snapshot.js';
import * as T from '../../src/abi/tlb.js';
import * as U from '../../src/abi/uarch.js';
import { Stage2Error } from '../../src/core/error.js';
import { FaultLog } from '../../src/core/fault-log.js';
import { Machine } from '../../src/core/machine.js';
import { functionalWasm } from '../../src/core/wasm.generated.js';
import { SlotTable, Vm } from '../../src/kvm/index.js';
import { restoreSnapshot, saveSnapshot } from '../../src/snapshot/index.js';
import { TraceError } from '../../src/trace/index.js';
import { isSame } from '../reliability/state.js';
import { coreOf, SMALL } from '../uarch/lab.js';
import { HANDLERS, Numbers, step, world } from './driver.js';
import { signed, type Table, withMemory, withTable, withWord } from './forge.js';

const HOST = { onMmio: HANDLERS };

/** The line that refuses the bytes. */
function refusal(bytes: Uint8Array, options = {}): string {
  try {
    restoreSnapshot(bytes, options);
  } catch (error) {
    expect(error).toBeInstanceOf(TraceError);
    const { message } = error as TraceError;
    expect(message).not.toContain('\n');
    return message;
  }
  throw new Error('the snapshot was accepted');
}

/** A machine of a few pages, with a VM or without. */
function small(withVm = true): Machine {
  const machine = new Machine({
    tablePool: { pa: 1n << 36n, pages: 4 },
    roots: { pa: 1n << 37n, size: 16 << 10 },
    arenaBytes: 64 << 10,
    pageState: false,
  });
  if (withVm) new Vm(machine, { geometry: { granuleShift: 12, ipaBits: 32 } }).createVcpu();
  return machine;
}

const bytes = saveSnapshot(small());

describe('a file that is no snapshot', () => {
  it.each([
    ['nothing', new Uint8Array(), /no bytes/],
    ['JSON', new TextEncoder().encode('{"version": 1}'), /begin 7b 22/],
    ['a snapshot under gzip', gzipSync(bytes), /gzip data/],
    ['a wasm module', Buffer.from(functionalWasm, 'base64'), /begin 00 61 73 6d/],
    ['seven bytes of a snapshot', bytes.subarray(0, 7), /expected a snapshot/],
    ['the magic number alone', bytes.subarray(0, 8), /whole header/],
  ])('is refused: %s', (_, file, message) => {
    expect(refusal(file)).toMatch(message);
  });

  it('is named by the error', () => {
    expect(refusal(new Uint8Array(), { name: 'my.s2snap' })).toBe(
      'my.s2snap: found no bytes, expected a snapshot of stage2',
    );
  });
});

describe('a damaged snapshot', () => {
  const whole = saveSnapshot(small(false));
  const isRefused = (file: Uint8Array): boolean => {
    try {
      restoreSnapshot(file);
      return false;
    } catch (error) {
      return error instanceof TraceError;
    }
  };

  it('is refused whichever byte is another one', () => {
    const copy = whole.slice();
    const accepted = [...whole.keys()].filter((at) => {
      const right = copy[at] as number;
      copy[at] = right ^ (1 + (at % 255));
      const refused = isRefused(copy);
      copy[at] = right;
      return !refused;
    });
    expect(accepted).toEqual([]);
    expect(isRefused(copy)).toBe(false);
  });

  it('is refused wherever it ends too early, and with anything behind its end', () => {
    expect([...whole.keys()].filter((end) => !isRefused(whole.subarray(0, end)))).toEqual([]);
    expect(refusal(Uint8Array.of(...whole, 0))).toMatch(/expected the \d+ its header tells of/);
  });

  it.each([
    ['another version', S.SNAPSHOT_FILE_VERSION, S.SNAPSHOT_VERSION + 1, /found version 2, expected 1/],
    ['another ABI', S.SNAPSHOT_ABI, L.ABI_VERSION + 1, /ABI version/],
    ['another core', S.SNAPSHOT_ACCOUNTED, 1, /another core/],
    ['no such core', S.SNAPSHOT_ACCOUNTED, 2, /core 2/],
    ['more memory', S.SNAPSHOT_MACHINE_BYTES, 1 << 24, /a machine of/],
    ['no memory', S.SNAPSHOT_MACHINE_BYTES, 0, /found page/],
    ['memory without end', S.SNAPSHOT_MACHINE_BYTES + 4, 1 << 30, /at most 2\^32/],
    [
      'a host table that ends in the middle',
      S.SNAPSHOT_HOST_BYTES,
      1000,
      /its header tells of|where none are used|JSON/,
    ],
    ['all pages there could be', S.SNAPSHOT_PAGES, 0xffff_ffff, /its header tells of/],
  ])('is refused with a right checksum and %s', (_, field, value, message) => {
    expect(refusal(withWord(bytes, field, value))).toMatch(message);
  });

  it('is refused with pages in another order, twice, or with anything in the gaps', () => {
    const host = new DataView(bytes.buffer).getUint32(S.SNAPSHOT_HOST_BYTES, true);
    const numbers = S.SNAPSHOT_HEADER_SIZEOF + Math.ceil(host / 8) * 8;
    const first = new DataView(bytes.buffer).getUint32(numbers, true);
    expect(refusal(withWord(bytes, numbers + 4, first))).toMatch(/ascending/);
    expect(refusal(withWord(bytes, S.SNAPSHOT_PAGES + 4, 1))).toMatch(/none are used/);
  });
});

describe('a machine that is too large', () => {
  it('is refused before memory is asked for, unless it is allowed', () => {
    expect(refusal(withWord(bytes, S.SNAPSHOT_MACHINE_BYTES, 300 << 20))).toMatch(
      /at most 268435456 \(maxBytes\)/,
    );
    expect(refusal(bytes, { maxBytes: 1000 })).toMatch(/expected at most 1000/);
    expect(restoreSnapshot(bytes, { maxBytes: 1 << 20 }).vms).toHaveLength(1);
  });

  it('is refused when its parts come to more than the header says', () => {
    const parts = (change: (machine: Table) => unknown) =>
      refusal(withTable(bytes, (t) => change(t.machine)));
    expect(parts((machine) => (machine.arenaBytes = 2 ** 32 - 1))).toMatch(/expected at least|4 GiB/);
    expect(parts((machine) => (machine.tablePool.pages = 2 ** 32 - 1))).toMatch(/overlaps/);
    expect(parts((machine) => (machine.arenaBytes -= 4096))).toMatch(/the header tells of/);
  });
});

describe('a snapshot made by hand', () => {
  const numbers = new Numbers(9);
  const whole = world(true);
  for (let i = 0; i < 250; i++) step(whole, numbers);
  const file = saveSnapshot(whole.machine);
  const { user } = whole;
  const [vcpu] = user.vcpus as [(typeof user.vcpus)[0]];
  const [core] = whole.cores as [(typeof whole.cores)[0]];
  const dtlb = whole.machine.view.u32(core.offset + U.CORE_DTLB);

  it.each<[string, (table: Table) => unknown, RegExp]>([
    ['a field too many', (t) => (t.vms[0].more = 1), /vms\[0\]/],
    ['a field too few', (t) => delete t.vms[0].root, /missing/],
    ['an offset that is no number', (t) => (t.vms[0].places[0] = '8'), /whole number/],
    ['a record beyond the arena', (t) => (t.vms[0].places[0] = 2 ** 31), /free bytes/],
    ['two records in one place', (t) => (t.vms[0].vcpus[0].places = t.vms[0].vcpus[1].places), /free bytes/],
    ['a record that is not aligned', (t) => (t.vms[0].places[0] += 4), /aligned/],
    ['a place too few', (t) => t.vms[0].places.pop(), /missing/],
    ['a place too many', (t) => t.vms[0].places.push(0), /left/],
    ['an address space that is none', (t) => (t.vms[0].mm = 7), /address space 7/],
    ['a core that is none', (t) => (t.mmus[0].core = 1), /core 1/],
    ['a root beyond all roots', (t) => (t.vms[0].root = 1 << 20), /free bytes/],
    ['areas in another order', (t) => t.addressSpaces[0].areas.reverse(), /area/],
    ['a geometry that is none', (t) => (t.vms[0].geometry.ipaBits = 60), /ipaBits/],
    ['another geometry', (t) => (t.vms[0].geometry.ipaBits = 39), /VM 0/],
    ['another VMID', (t) => (t.vms[0].vmid = 9), /VM 0/],
    ['other registers', (t) => (t.translators[0].registers.hcr = '0x0'), /translator 0/],
    ['a slot of too high an id', (t) => (t.vms[0].slots[0].id = 9999), /slot 9999/],
    ['a slot beyond the IPA space', (t) => (t.vms[0].slots[0].baseGfn = '0xfffffffffff'), /slot/],
    ['a slot somewhere else', (t) => (t.vms[0].slots[0].baseGfn = '0x1'), /VM 0/],
    ['two slots of one id', (t) => (t.vms[0].slots[1].id = t.vms[0].slots[0].id), /slot/],
    ['a core of another shape', (t) => (t.cores[0].geometry.l1d.ways = 1), /core 0|free bytes/],
    ['an impossible core', (t) => (t.cores[0].geometry.direction.indexBits = 99), /indexBits/],
    ['banks that overlap', (t) => t.machine.banks.push(t.machine.banks[0]), /overlaps/],
    ['more objects than can be', (t) => (t.others = Array(70_000).fill([0, 8])), /at most 65536/],
    ['more allocations than can be', (t) => t.vms[0].places.push(...Array(65_500).fill(0)), /at most 65536/],
    ['a host table without end', (t) => (t.vms[0].variant.id = 'x'.repeat(9 << 20)), /8388608/],
    ['more banks than can be', (t) => (t.machine.banks = Array(5000).fill(t.machine.banks[0])), /4096/],
  ])('is refused with %s', (_, change, message) => {
    expect(refusal(withTable(file, change), HOST)).toMatch(message);
  });

  it.each<[string, number, number, RegExp]>([
    ['a bank elsewhere', whole.machine.header(L.HEADER_BANKS) + L.BANK_OFFSET, 1, /banks/],
    ['another pool', L.HEADER_OFFSET + L.HEADER_POOL_STACK, 8, /header/],
    ['more free pages than there are', L.HEADER_OFFSET + L.HEADER_POOL_FREE, 5000, /free-list/],
    ['a free page that is none', whole.machine.header(L.HEADER_POOL_STACK), 5000, /free-list/],
    ['a log of faults', L.HEADER_OFFSET + L.HEADER_FAULT_LOG, 64, /header/],
    ['devices in no room', L.HEADER_OFFSET + L.HEADER_IO_BUS_COUNT, 3, /bus/],
    ['signatures without end', L.HEADER_OFFSET + L.HEADER_PATH_ARENA, 0x7fff_ffff, /signature/],
    ['a signature elsewhere', whole.machine.header(L.HEADER_PATH_TABLE), 64, /signatures/],
    ['struct kvm with another pgd', user.offset + L.VM_PGD, 8, /VM 0/],
    ['another mm', user.offset + L.VM_MM, 4096, /VM 0/],
    ['another slot table', user.offset + L.VM_MEMSLOTS, 4096, /VM 0/],
    ['more slots than there are', user.slots.offset + SlotTable.hintPlace(768) + 4, 999, /VM 0/],
    ['a slot found last that is none', user.slots.offset + SlotTable.hintPlace(768), 768, /slot found last/],
    ['a vcpu of another VM', vcpu.offset + L.VCPU_VM, 4096, /VM 0/],
    ['a cache of a million pages', vcpu.offset + L.VCPU_CACHE, 1_000_000, /cache/],
    ['an area that is none', whole.addressSpaces[0]!.offset + L.MM_ROOT, 64, /address space 0/],
    ['a vcpu that knows a later tree', vcpu.offset + L.VCPU_VMACACHE_SEQ, 1 << 30, /tree/],
    ['a TLB of more ways', dtlb + T.TLB_WAYS, 4096, /core 0/],
    [
      'a TLB whose ring leaves it',
      dtlb + T.TLB_FIRST_SET + whole.machine.view.u32(dtlb + T.TLB_RING),
      4095,
      /ring/,
    ],
    ['a TLB that counts wrong', dtlb + T.TLB_HELD, 77, /counts/],
    ['a core with its caches elsewhere', core.offset + U.CORE_L2, 64, /core 0/],
    ['a return stack that is too high', core.offset + U.CORE_RETURNS_TOP, 1 << 20, /return stack/],
    ['lines without end that were stolen', whole.machine.view.u32(core.offset + U.CORE_STOLEN), 65, /stolen/],
    [
      'a BTB whose ring leaves it',
      whole.machine.view.u32(core.offset + U.CORE_BTB_NANO) + U.FRONT_HEADS,
      1 << 20,
      /ring/,
    ],
  ])('is refused with %s', (_, at, value, message) => {
    expect(refusal(withMemory(file, at, value), HOST)).toMatch(message);
  });

  it('is refused with a branch that names a way of a BTB that the core does not have', () => {
    const micro = coreOf({ ...SMALL, btb: { main: { entries: 32, ways: 4 } } });
    micro.branch(U.BranchKind.JUMP, 0x40n, true, 0x80n);
    const { view } = micro.machine;
    const entry = view.u32(micro.offset + U.CORE_BTB_MAIN) + U.BTB_ENTRIES;
    // The set of 0x40 is the first; the ways in front are the last words of an entry.
    expect(view.u64(entry)).toBe(0x40n);
    const saved = saveSnapshot(micro.machine);
    expect(refusal(withMemory(saved, entry + U.BTB_ENTRY_BYTES - 8, 64))).toMatch(/not its own/);
    expect(refusal(withMemory(saved, entry + U.BTB_ENTRY_BYTES - 4, 64))).toMatch(/not its own/);
  });

  it('leaves a machine that is there alone when it is refused', () => {
    const memory = new WebAssembly.Memory({ initial: 128 });
    const here = world(true, { memory });
    for (let i = 0; i < 30; i++) step(here, numbers);
    const before = new Uint8Array(memory.buffer).slice();
    refusal(withMemory(file, dtlb + T.TLB_HELD, 77), { ...HOST, memory });
    refusal(signed(file.slice(0, -4096)), { ...HOST, memory });
    expect(() => restoreSnapshot(file, { ...HOST, memory, memoryBase: 4 << 20 })).toThrow(
      /expected at least/,
    );
    expect(() => restoreSnapshot(file, { ...HOST, memory, memoryBase: 8 })).toThrow(/memoryBase: found 8/);
    expect(() => restoreSnapshot(file, { ...HOST, memory })).toThrow(
      expect.objectContaining({ code: 'EBUSY' }),
    );
    expect(isSame(new Uint8Array(memory.buffer), before)).toBe(true);
    here.machine.destroy();
    expect(restoreSnapshot(file, { ...HOST, memory }).machine.bytes).toBe(here.machine.bytes);
  });

  it('needs a handler for each VM that asks for one, and only those', () => {
    expect(() => restoreSnapshot(file)).toThrow(/onMmio\[1\].*expected a function/);
    expect(() => restoreSnapshot(file, { onMmio: [HANDLERS[1], HANDLERS[1]] })).toThrow(/onMmio\[0\].*none/);
  });
});

describe('a machine that cannot be saved', () => {
  it('is one with a log of faults', () => {
    const machine = new Machine({ accounted: true });
    const log = new FaultLog(machine, 4);
    expect(() => saveSnapshot(machine)).toThrow(
      new Stage2Error('EINVAL', 'snapshot: a log is attached to the machine: end it first'),
    );
    log.detach();
    expect(restoreSnapshot(saveSnapshot(machine)).machine.accounted).toBe(true);
  });

  it('is one whose free pages somebody wrote over', () => {
    const machine = small();
    machine.view.setU32(machine.header(L.HEADER_POOL_STACK), 99);
    expect(() => saveSnapshot(machine)).toThrow(/free-list/);
  });
});

describe('what the embedder has in the arena', () => {
  it('is restored as it is, in its place', () => {
    const machine = small();
    const at = machine.arena.allocate(24);
    for (let i = 0; i < 24; i++) machine.view.bytes(at, 24)[i] = i;
    machine.setHeader(L.HEADER_IO_BUS, at);
    machine.setHeader(L.HEADER_IO_BUS_COUNT, 1);
    const restored = restoreSnapshot(saveSnapshot(machine)).machine;
    expect([...restored.view.bytes(at, 24)]).toEqual([...machine.view.bytes(at, 24)]);
    expect(restored.arena.allocations).toEqual(machine.arena.allocations);
  });
});
