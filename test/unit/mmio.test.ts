import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCTLR_EE_LSB } from '../../src/abi/arm.js';
import { Disposition, ExitReason } from '../../src/abi/kvm.js';
import { VCPU_PC, VCPU_SCTLR_EL1 } from '../../src/abi/layout.js';
import { type AbortOptions, abort, type Lab, lab, memoryLab, registerDevices } from '../model/lab.js';

const DEVICE = 0x900_0000n;
const RUNS = 100;
type Isv = NonNullable<AbortOptions['isv']>;

function store(l: Lab, value: bigint, isv: Isv) {
  if (isv.register < 31) l.cpu.setRegister(isv.register, value);
  const { ret } = abort(l.cpu, 'write', DEVICE, { isv });
  return { ret, ...l.cpu.run.mmio };
}

function loadFromUser(l: Lab, answer: bigint, isv: Isv): bigint {
  expect(abort(l.cpu, 'read', DEVICE, { isv }).ret).toBe(0);
  l.cpu.completeMmioRead(answer);
  return isv.register < 31 ? l.cpu.register(isv.register) : 0n;
}

describe('a store to a device', () => {
  it.each([
    [1, 0x88n],
    [2, 0x7788n],
    [4, 0x5566_7788n],
    [8, 0x1122_3344_5566_7788n],
  ] as const)('of %i bytes hands out that much of the register', (size, data) => {
    const l = memoryLab('anonymous');
    expect(store(l, 0x1122_3344_5566_7788n, { size, register: 7 })).toEqual({
      ret: 0,
      pa: DEVICE,
      length: size,
      isWrite: true,
      data,
    });
  });

  it('of the zero register hands out 0', () => {
    const l = memoryLab('anonymous');
    l.cpu.setRegister(30, 0xffffn);
    expect(store(l, 0n, { size: 8, register: 31 }).data).toBe(0n);
  });

  it('leaves the register and moves the PC', () => {
    const l = memoryLab('anonymous');
    l.cpu.set(VCPU_PC, 0x8000n);
    store(l, 0xabcdn, { size: 1, register: 4, signed: true });
    expect(l.cpu.register(4)).toBe(0xabcdn);
    expect(l.cpu.get(VCPU_PC)).toBe(0x8004n);
  });
});

describe('a load from a device', () => {
  it.each([
    ['byte', 1, false, 0xf1n],
    ['signed byte', 1, true, 0xffff_ffff_ffff_fff1n],
    ['half-word', 2, false, 0xf2f1n],
    ['signed half-word', 2, true, 0xffff_ffff_ffff_f2f1n],
    ['word', 4, false, 0xf4f3_f2f1n],
    ['signed word', 4, true, 0xffff_ffff_f4f3_f2f1n],
    ['double word', 8, false, 0xf8f7_f6f5_f4f3_f2f1n],
    ['double word with SSE', 8, true, 0xf8f7_f6f5_f4f3_f2f1n],
  ] as const)('of a %s into a 64-bit register', (_, size, signed, expected) => {
    const l = memoryLab('anonymous');
    l.cpu.setRegister(5, 0xaaaa_aaaa_aaaa_aaaan);
    const value = loadFromUser(l, 0xf8f7_f6f5_f4f3_f2f1n, { size, register: 5, signed, wide: true });
    expect(value).toBe(expected);
  });

  it('of a positive value with SSE is not extended', () => {
    const value = loadFromUser(memoryLab('anonymous'), 0x7fn, {
      size: 1,
      register: 0,
      signed: true,
      wide: true,
    });
    expect(value).toBe(0x7fn);
  });

  it('of a signed byte into a 32-bit register has the sign in all of its 32 bits', () => {
    const value = loadFromUser(memoryLab('anonymous'), 0x80n, { size: 1, register: 0, signed: true });
    expect(value & 0xffff_ffffn).toBe(0xffff_ff80n);
  });

  it('into the zero register is dropped', () => {
    const l = memoryLab('anonymous');
    for (let i = 0; i < 31; i++) l.cpu.setRegister(i, BigInt(i));
    loadFromUser(l, 0xffn, { size: 4, register: 31 });
    for (let i = 0; i < 31; i++) expect(l.cpu.register(i)).toBe(BigInt(i));
  });

  it('has moved the PC before user space answers, and not again after', () => {
    const l = memoryLab('anonymous');
    l.cpu.set(VCPU_PC, 0x8000n);
    abort(l.cpu, 'read', DEVICE, { isv: { size: 4, register: 0 } });
    expect(l.cpu.get(VCPU_PC)).toBe(0x8004n);
    l.cpu.completeMmioRead(1n);
    expect(l.cpu.get(VCPU_PC)).toBe(0x8004n);
  });

  it('leaves the register alone until user space answers', () => {
    const l = memoryLab('anonymous');
    l.cpu.setRegister(0, 0x1234n);
    abort(l.cpu, 'read', DEVICE, { isv: { size: 4, register: 0 } });
    expect(l.cpu.register(0)).toBe(0x1234n);
    expect(l.cpu.run.mmio.data).toBe(0n);
  });

  it('gives what was stored, for every size, sign and register', () => {
    const sizes = fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const);
    const l = memoryLab('anonymous');
    fc.assert(
      fc.property(
        sizes,
        fc.boolean(),
        fc.integer({ min: 0, max: 30 }),
        fc.bigInt(0n, (1n << 64n) - 1n),
        (size, signed, register, answer) => {
          const bits = size * 8;
          const value = loadFromUser(l, answer, { size, register, signed, wide: true });
          const expected = signed ? BigInt.asIntN(bits, answer) : BigInt.asUintN(bits, answer);
          expect(value).toBe(BigInt.asUintN(64, expected));
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('the in-kernel bus', () => {
  const devices = [
    { addr: 0x800_0000n, len: 0x100n, value: 0x11n },
    { addr: 0x900_0000n, len: 0x10n, value: 0xffff_ff80n },
    { addr: 0xa00_0000n, len: 0x1000n, value: 0x33n },
  ];

  function bus() {
    const l = lab();
    return { l, value: registerDevices(l.machine, devices) };
  }

  it.each([
    [0x800_0000n, 0x11n],
    [0x900_0008n, 0xffff_ff80n],
    [0xa00_0ff8n, 0x33n],
  ])('answers a read of the device at %s', (ipa, expected) => {
    const { l } = bus();
    const result = abort(l.cpu, 'read', ipa, { isv: { size: 8, register: 2, wide: true } });
    expect(result).toMatchObject({ ret: 1, disposition: Disposition.MMIO_KERNEL });
    expect(l.cpu.register(2)).toBe(expected);
    expect(l.cpu.run.exitReason).toBe(ExitReason.NONE);
  });

  it('sign-extends what it read', () => {
    const { l } = bus();
    abort(l.cpu, 'read', 0x900_0000n, { isv: { size: 4, register: 2, signed: true, wide: true } });
    expect(l.cpu.register(2)).toBe(0xffff_ffff_ffff_ff80n);
  });

  it('takes a write, cut to its size', () => {
    const { l, value } = bus();
    l.cpu.setRegister(1, 0xabcd_1234n);
    const result = abort(l.cpu, 'write', 0xa00_0000n, { isv: { size: 2, register: 1 } });
    expect(result.ret).toBe(1);
    expect([value(0), value(2)]).toEqual([0x11n, 0x1234n]);
  });

  it('takes the zero register as 0', () => {
    const { l, value } = bus();
    abort(l.cpu, 'write', 0xa00_0000n, { isv: { size: 8, register: 31 } });
    expect(value(2)).toBe(0n);
  });

  it.each([
    ['below the first', 0x7ff_fff8n],
    ['between two', 0x900_0010n],
    ['above the last', 0xa00_1000n],
    ['across the end of one', 0x900_000cn],
    ['across the start of one', 0x8ff_fffcn],
  ])('leaves an access %s to user space', (_, ipa) => {
    const { l } = bus();
    const result = abort(l.cpu, 'read', ipa, { isv: { size: 8, register: 0 } });
    expect(result).toMatchObject({ ret: 0, disposition: Disposition.MMIO_USER });
    expect(l.cpu.run.mmio.pa).toBe(ipa);
  });

  it('is found by a binary search as by a look at every device', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 400 }), (n, offset) => {
        const l = lab();
        const list = Array.from({ length: n }, (_, i) => ({
          addr: BigInt(i * 32),
          len: 16n,
          value: BigInt(i),
        }));
        registerDevices(l.machine, list);
        const hit = list.some((d) => offset >= Number(d.addr) && offset + 4 <= Number(d.addr) + 16);
        const { ret } = abort(l.cpu, 'read', 0n, { far: BigInt(offset), isv: { size: 4, register: 0 } });
        expect(ret).toBe(hit ? 1 : 0);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('a device access of a big-endian guest', () => {
  const bigEndian = (): Lab => {
    const l = memoryLab('anonymous');
    l.cpu.set(VCPU_SCTLR_EL1, 1n << BigInt(SCTLR_EE_LSB));
    return l;
  };

  it.each([
    [1, 0x88n],
    [2, 0x8877n],
    [4, 0x8877_6655n],
    [8, 0x8877_6655_4433_2211n],
  ] as const)('hands out %i bytes in memory order', (size, data) => {
    expect(store(bigEndian(), 0x1122_3344_5566_7788n, { size, register: 7 }).data).toBe(data);
  });

  it('takes its answer in memory order, then extends the sign', () => {
    const value = loadFromUser(bigEndian(), 0x34f2n, { size: 2, register: 5, signed: true, wide: true });
    expect(value).toBe(0xffff_ffff_ffff_f234n);
  });
});
