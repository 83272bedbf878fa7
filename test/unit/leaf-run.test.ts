import { describe, expect, it } from 'vitest';
import * as L from '../../src/abi/layout.js';
import { Machine } from '../../src/core/machine.js';
import { createHost, Vm } from '../../src/kvm/index.js';

const RAM = 0x4000_0000n;
const BYTES = 0x4000n;
const LEAF = 0x7ffn;
const PAGE = 4096n;

function machineWithRam(): { machine: Machine; words: BigUint64Array } {
  const machine = new Machine({
    banks: [{ pa: RAM, size: BYTES, kind: 'ram' }],
    pageState: false,
    arenaBytes: 1 << 14,
  });
  const at = machine.view.base + (machine.ramOffset(RAM) ?? -1);
  return { machine, words: new BigUint64Array(machine.view.memory.buffer, at, Number(BYTES) / 8) };
}

describe('a run of leaves', () => {
  it.each([1, 2, 7, 8, 15, 16, 17, 511, 512])('of %i writes these entries and no other', (n) => {
    const { machine, words } = machineWithRam();
    expect(machine.core.leafRun(RAM + 24n, 0x8000_0000n | LEAF, PAGE, n)).toBe(n);
    const expected = Array.from({ length: n }, (_, i) => (0x8000_0000n + BigInt(i) * PAGE) | LEAF);
    expect([...words.subarray(3, 3 + n)]).toEqual(expected);
    expect(words[2]).toBe(0n);
    expect(words[3 + n]).toBe(0n);
  });

  it.each<[string, bigint, number]>([
    ['leaves its bank', RAM + BYTES - 8n, 2],
    ['begins in a hole', RAM - 8n, 2],
    ['is not aligned', RAM + 4n, 1],
    ['is empty', RAM, 0],
    ['wraps around', (1n << 64n) - 8n, 2],
  ])('that %s writes nothing', (_, pa, n) => {
    const { machine } = machineWithRam();
    const before = new Uint8Array(machine.view.memory.buffer).slice();
    expect(machine.core.leafRun(pa, LEAF, PAGE, n)).toBe(0);
    expect(Buffer.compare(new Uint8Array(machine.view.memory.buffer), before)).toBe(0);
  });
});

describe('tables larger than the pages of the pool', () => {
  /** A VM that believes in 64K tables over a pool of one 4K page. */
  function confused(): { machine: Machine; vm: Vm } {
    const machine = createHost({
      ramBytes: 256n << 20n,
      tablePages: 1,
      pageState: false,
      arenaBytes: 1 << 18,
    });
    const vm = new Vm(machine);
    machine.view.setU32(vm.offset + L.VM_GRANULE_SHIFT, 16);
    machine.view.setU32(vm.offset + L.VM_STRIDE, 13);
    machine.view.setU32(vm.offset + L.VM_START_LEVEL, 2);
    return { machine, vm };
  }

  it.each(['map', 'idmapAsPosted'] as const)('let %s write nowhere but into RAM', (operation) => {
    const { machine, vm } = confused();
    const guard = machine.view.bytes(0, L.HEADER_OFFSET).slice();
    if (operation === 'map') vm.tables.map(0n, 0x2000_0000n, 0x1_0000n, 0x7ffn);
    else vm.tables.idmapAsPosted(0n, 0x2000_0000n);
    expect(Buffer.compare(machine.view.bytes(0, L.HEADER_OFFSET), guard)).toBe(0);
  });
});
