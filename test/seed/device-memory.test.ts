// "My main concern here is that we don't do any checks on this region and we could be mapping device memory here as
// well."
import { describe, expect, it } from 'vitest';
import { Access } from '../../src/abi/event.js';
import { EINVAL } from '../../src/abi/kvm.js';
import { Machine } from '../../src/core/machine.js';
import { type Geometry, type InternalPolicy, type RegionPolicy, Vm } from '../../src/kvm/index.js';
import { checkTables } from '../model/check-tables.js';
import { Hardware } from '../model/hardware.js';
import { DEVICE, internalLab, privateSlot, RAM_END, SET_ASIDE, stateOf } from '../model/internal-lab.js';
import { BLOCK, MIB, mappingOf, PAGE } from '../model/lab.js';

const NORMAL = 0x7ffn;
/** Device-nGnRE, read and write, execute-never. */
const NGNRE = 0x40_0000_0000_07c7n;
const RAM = 0x8000_0000n;
const UART = RAM + 8n * BLOCK;
const IDMAPS = ['asPosted', 'upFront', 'blocks'] as const;

/** RAM in two banks side by side, device registers right behind, then a hole. */
function mixedMachine(geometry: Geometry = { granuleShift: 12, ipaBits: 40 }) {
  const machine = new Machine({
    banks: [
      { pa: RAM, size: 4n * BLOCK, kind: 'unbacked' },
      { pa: RAM + 4n * BLOCK, size: 4n * BLOCK, kind: 'unbacked' },
      { pa: UART, size: 4n * BLOCK + PAGE, kind: 'device' },
    ],
    tablePool: { pa: 1n << 40n, pages: 64, pageShift: geometry.granuleShift },
    pageState: false,
    accounted: true,
  });
  return (internal: Partial<InternalPolicy>) => ({ machine, vm: new Vm(machine, { geometry, internal }) });
}

describe('without a check', () => {
  it('device registers are mapped as normal memory that the guest may execute', () => {
    const { vm } = internalLab();
    expect(privateSlot(vm, { guestPhysAddr: DEVICE, memorySize: PAGE }).ret).toBe(0);
    expect(mappingOf(vm, DEVICE)?.attributes).toBe(NORMAL);
    const hardware = new Hardware(vm);
    expect(hardware.translate(DEVICE, Access.EXECUTE)).toEqual({ pa: DEVICE });
    hardware.release();
  });
});

describe('"are we then relying on the guest to use proper memory attributes?"', () => {
  const [WRITE_BACK, DEVICE_NGNRE, DEVICE_GRE] = [0xff, 0x04, 0x0c];

  it.each<[RegionPolicy, number[]]>([
    ['none', [WRITE_BACK, DEVICE_NGNRE, DEVICE_GRE]],
    ['deviceAttributes', [DEVICE_NGNRE, DEVICE_NGNRE, DEVICE_NGNRE]],
  ])('under %s write-back, Device-nGnRE and Device-GRE of stage 1 become %j', (region, types) => {
    const { vm } = internalLab({ region });
    privateSlot(vm, { guestPhysAddr: DEVICE, memorySize: PAGE });
    const hardware = new Hardware(vm);
    const asked = [WRITE_BACK, DEVICE_NGNRE, DEVICE_GRE];
    expect(asked.map((attr) => hardware.memoryType(DEVICE, attr))).toEqual(types);
    hardware.release();
  });
});

describe.each(IDMAPS)('with a check, mapped %s', (idmap) => {
  /** Sets a slot and returns why it was refused; a refusal must change nothing. */
  function refusal(region: RegionPolicy, guestPhysAddr: bigint, memorySize: bigint): string {
    const lab = internalLab({ idmap, region });
    const before = stateOf(lab);
    const { ret, reason } = privateSlot(lab.vm, { guestPhysAddr, memorySize });
    expect(ret).toBe(-EINVAL);
    expect(stateOf(lab)).toEqual(before);
    return reason;
  }

  it.each(['refuse', 'deviceAttributes'] as const)('%s: memory set aside is mapped as posted', (region) => {
    const { vm } = internalLab({ idmap, region }, { host: { tablePages: 320 } });
    expect(privateSlot(vm, { memorySize: 512n * MIB }).ret).toBe(0);
    expect(mappingOf(vm, SET_ASIDE + BLOCK)?.attributes).toBe(NORMAL & (idmap === 'blocks' ? ~2n : ~0n));
  });

  it('refuse: device registers are refused, by name', () => {
    expect(refusal('refuse', DEVICE, PAGE)).toBe(
      'slot 512: region [0x9000000, 0x9001000) is device registers: those of [0x0, 0x40000000)',
    );
  });

  it('deviceAttributes: device registers are mapped nGnRE and execute-never', () => {
    const { vm } = internalLab({ idmap, region: 'deviceAttributes' });
    expect(privateSlot(vm, { guestPhysAddr: DEVICE, memorySize: 3n * PAGE }).ret).toBe(0);
    expect(checkTables(vm).leaves.map(({ desc }) => desc & ~0xffff_ffff_f000n)).toEqual([
      NGNRE,
      NGNRE,
      NGNRE,
    ]);
    const hardware = new Hardware(vm);
    expect(hardware.translate(DEVICE, Access.EXECUTE)).toEqual({ type: 0x0c, level: 3 });
    expect(hardware.translate(DEVICE, Access.WRITE)).toEqual({ pa: DEVICE });
    hardware.release();
  });

  it.each<[string, RegionPolicy, bigint, bigint, RegExp]>([
    [
      'the table pool',
      'refuse',
      RAM_END + (4n << 20n),
      PAGE,
      /overlaps the kernel's own table pool \[0x80400000, /,
    ],
    [
      'root tables',
      'deviceAttributes',
      RAM_END,
      PAGE,
      /overlaps the kernel's own root tables \[0x80000000, /,
    ],
    [
      'host pages',
      'refuse',
      SET_ASIDE - PAGE,
      2n * PAGE,
      /the kernel's own host pages \[0x44000000, 0x60000000\)/,
    ],
    [
      'the kernel image',
      'deviceAttributes',
      0x4000_0000n,
      PAGE,
      /the kernel's own image \[0x40000000, 0x44000000\)/,
    ],
    ['a hole', 'refuse', 1n << 39n, PAGE, /is not memory: nothing is at 0x8000000000/],
    ['a hole', 'deviceAttributes', 1n << 39n, PAGE, /is not memory: nothing is at 0x8000000000/],
  ])('%s: is refused, under %s', (_, region, guestPhysAddr, memorySize, reason) => {
    expect(refusal(region, guestPhysAddr, memorySize)).toMatch(reason);
  });

  it('a region that crosses the end of a bank is refused, unless memory goes on there', () => {
    const { vm } = mixedMachine()({ idmap, region: 'refuse' });
    expect(privateSlot(vm, { guestPhysAddr: RAM + 3n * BLOCK, memorySize: 2n * BLOCK }).ret).toBe(0);
    const end = UART + 4n * BLOCK + PAGE;
    const over = mixedMachine()({ idmap, region: 'deviceAttributes' });
    expect(privateSlot(over.vm, { guestPhysAddr: end - PAGE, memorySize: 2n * PAGE })).toEqual({
      ret: -EINVAL,
      reason:
        'slot 512: region [0x81800000, 0x81802000) crosses the end of the bank [0x81000000, 0x81801000): nothing is at 0x81801000',
    });
  });

  it('memory and device registers together are refused, or each page mapped as what it is', () => {
    const region = { guestPhysAddr: UART - BLOCK - PAGE, memorySize: 3n * BLOCK };
    const refused = mixedMachine()({ idmap, region: 'refuse' });
    expect(privateSlot(refused.vm, region)).toEqual({
      ret: -EINVAL,
      reason:
        'slot 512: region [0x80dff000, 0x813ff000) mixes memory and device registers: those of [0x81000000, 0x81801000)',
    });
    const { vm } = mixedMachine()({ idmap, region: 'deviceAttributes' });
    expect(privateSlot(vm, region).ret).toBe(0);
    for (let pa = region.guestPhysAddr; pa < region.guestPhysAddr + region.memorySize; pa += PAGE) {
      const { attributes = 0n, level } = mappingOf(vm, pa) ?? {};
      expect([pa, attributes | 2n]).toEqual([pa, pa < UART ? NORMAL : NGNRE]);
      if (idmap !== 'blocks') expect(level).toBe(3);
    }
  });

  it('a page of 64 KiB that would hold both is refused', () => {
    const geometry: Geometry = { granuleShift: 16, ipaBits: 42 };
    const machine = new Machine({
      banks: [
        { pa: RAM, size: 9n * PAGE, kind: 'unbacked' },
        { pa: RAM + 9n * PAGE, size: 23n * PAGE, kind: 'device' },
      ],
      tablePool: { pa: 1n << 40n, pages: 8, pageShift: 16 },
      pageState: false,
    });
    const vm = new Vm(machine, { geometry, internal: { idmap, region: 'deviceAttributes' } });
    expect(privateSlot(vm, { guestPhysAddr: RAM, memorySize: 1n << 17n }).reason).toBe(
      'slot 512: region [0x80000000, 0x80020000) mixes memory and device registers in the page of 2^16 bytes at 0x80009000',
    );
  });

  it('a move to where it may not be leaves the slot where it is', () => {
    const lab = internalLab({ idmap, region: 'refuse' });
    privateSlot(lab.vm);
    const before = stateOf(lab);
    expect(privateSlot(lab.vm, { guestPhysAddr: DEVICE }).ret).toBe(-EINVAL);
    expect(stateOf(lab)).toEqual(before);
  });
});

describe('blocks of memory and of device registers', () => {
  it('meet at the border, and what lies across it is pages', () => {
    const { vm } = mixedMachine()({ idmap: 'blocks', region: 'deviceAttributes', contiguous: true });
    privateSlot(vm, { guestPhysAddr: RAM, memorySize: 12n * BLOCK + PAGE });
    const { leaves } = checkTables(vm);
    expect(leaves.map(({ level }) => level)).toEqual([...Array(12).fill(2), 3]);
    expect(leaves.map(({ desc }) => (desc & 0x3cn) === 4n)).toEqual([
      ...Array(8).fill(false),
      ...Array(5).fill(true),
    ]);
    // The aligned set of 16 blocks holds both kinds and a hole.
    for (const { desc } of leaves) expect(desc & (1n << 52n)).toBe(0n);
  });

  it('have each the contiguous hint where a whole set of pages is of one kind', () => {
    const { vm } = mixedMachine()({ idmap: 'upFront', region: 'deviceAttributes', contiguous: true });
    privateSlot(vm, { guestPhysAddr: UART - 24n * PAGE, memorySize: 48n * PAGE });
    const hinted = checkTables(vm).leaves.map(({ desc }) => (desc >> 52n) & 1n);
    expect(hinted).toEqual([...Array(8).fill(0n), ...Array(32).fill(1n), ...Array(8).fill(0n)]);
  });
});
