// "So it's unclear to me why we don't need any special casing in kvm_handle_guest_abort, related to MMIO exits etc. You
// probably assume that we will never do emulation, but that should be described and addressed somewhere."
import { describe, expect, it } from 'vitest';
import { Fsc } from '../../src/abi/arm.js';
import { Disposition, ENOSYS, ExitReason } from '../../src/abi/kvm.js';
import { VCPU_PC } from '../../src/abi/layout.js';
import type { InternalPolicy, MmioHandler, Vcpu } from '../../src/kvm/index.js';
import { internalLab, privateSlot, SET_ASIDE } from '../model/internal-lab.js';
import {
  type AbortOptions,
  abort,
  guestState,
  memoryLab,
  outcome,
  registerDevices,
  scatterState,
} from '../model/lab.js';

const OUTSIDE = 0x900_0000n;
const ISV: AbortOptions = { isv: { size: 4, register: 3, wide: false }, far: 0xffff_0000_1234_5678n };
const ABORTED = [1, Disposition.INJECT_DABT];

function guest(mmio: InternalPolicy['mmio'], onMmio?: MmioHandler): Vcpu {
  const { vm } = internalLab({ mmio }, onMmio && { onMmio });
  privateSlot(vm);
  const cpu = vm.createVcpu();
  scatterState(cpu);
  return cpu;
}

/** Registers after a synchronous external abort to EL1h at the access itself. */
function afterAbort(before: Record<string, bigint>): Record<string, bigint> {
  return {
    ...before,
    elr: before.pc as bigint,
    spsr: before.pstate as bigint,
    pc: (before.vbar as bigint) + 0x200n,
    pstate: 0x3c5n,
    far: ISV.far as bigint,
    esr: (0x25n << 26n) | (1n << 25n) | 0x10n,
  };
}

describe('an access outside the slots of an internal VM, as posted', () => {
  it('is an exit to user space, which nobody takes: the guest waits for a value for ever', () => {
    const cpu = guest('asPosted');
    const pc = cpu.get(VCPU_PC);
    expect(outcome(abort(cpu, 'read', OUTSIDE, ISV))).toEqual([0, Disposition.MMIO_USER]);
    expect(cpu.run.exitReason).toBe(ExitReason.MMIO);
    expect(cpu.get(VCPU_PC)).toBe(pc + 4n);
  });

  it('without a syndrome of the instruction fails KVM_RUN', () => {
    expect(outcome(abort(guest('asPosted'), 'write', OUTSIDE))).toEqual([-ENOSYS, Disposition.ERROR]);
  });

  it('is skipped if it is a cache operation, and a prefetch abort if it is a fetch', () => {
    expect(outcome(abort(guest('asPosted'), 'write', OUTSIDE, { cm: true }))).toEqual([
      1,
      Disposition.SKIP_INSTRUCTION,
    ]);
    expect(outcome(abort(guest('asPosted'), 'fetch', OUTSIDE))).toEqual([1, Disposition.INJECT_PABT]);
  });
});

describe('an access outside the slots of an internal VM, aborted', () => {
  it.each(['read', 'write'] as const)('takes a %s to the guest as a synchronous external abort', (kind) => {
    const cpu = guest('abort');
    const before = guestState(cpu);
    expect(outcome(abort(cpu, kind, OUTSIDE, ISV))).toEqual(ABORTED);
    expect(guestState(cpu)).toEqual(afterAbort(before));
    expect(cpu.run.exitReason).toBe(ExitReason.NONE);
  });

  it.each<[string, AbortOptions]>([
    ['without a syndrome of the instruction', { isv: undefined as never }],
    ['of a stage-1 walk', { isv: undefined as never, s1ptw: true }],
  ])('includes an access %s', (_, { isv: _isv, ...options }) => {
    const cpu = guest('abort');
    const before = guestState(cpu);
    expect(outcome(abort(cpu, 'read', OUTSIDE, { far: ISV.far as bigint, ...options }))).toEqual(ABORTED);
    expect(guestState(cpu)).toEqual(afterAbort(before));
  });

  it('leaves fetches and cache operations as they were', () => {
    expect(outcome(abort(guest('abort'), 'fetch', OUTSIDE))).toEqual([1, Disposition.INJECT_PABT]);
    expect(outcome(abort(guest('abort'), 'write', OUTSIDE, { cm: true }))).toEqual([
      1,
      Disposition.SKIP_INSTRUCTION,
    ]);
  });

  it('leaves the devices in the kernel: the guest has its interrupt controller', () => {
    const cpu = guest('abort');
    registerDevices(cpu.machine, [{ addr: OUTSIDE, len: 0x1000n, value: 0x1234_5678n }]);
    expect(outcome(abort(cpu, 'read', OUTSIDE, ISV))).toEqual([1, Disposition.MMIO_KERNEL]);
    expect(cpu.register(3)).toBe(0x1234_5678n);
    expect(outcome(abort(cpu, 'read', OUTSIDE + 0x1000n, ISV))).toEqual(ABORTED);
  });

  it('includes a write to a read-only slot', () => {
    const { vm } = internalLab({ mmio: 'abort', idmap: 'upFront' });
    privateSlot(vm, { flags: 2 });
    const write = { ...ISV, type: Fsc.PERMISSION };
    expect(outcome(abort(vm.createVcpu(), 'write', SET_ASIDE, write))).toEqual(ABORTED);
  });

  it('does not touch ordinary VMs', () => {
    const { cpu } = memoryLab('anonymous');
    expect(outcome(abort(cpu, 'read', OUTSIDE, ISV))).toEqual([0, Disposition.MMIO_USER]);
  });
});

describe('an access outside the slots of an internal VM, given to the embedder', () => {
  it('gets the value of a read, cut and extended as the instruction says, and goes on', () => {
    const asked: unknown[] = [];
    const cpu = guest('handler', (access, vcpu) => {
      asked.push(access, vcpu);
      return 0xffff_ffff_8000_0001n;
    });
    const before = guestState(cpu);
    expect(outcome(abort(cpu, 'read', OUTSIDE + 4n, ISV))).toEqual([1, Disposition.MMIO_HANDLED]);
    // FAR has the low bits of the address.
    expect(asked).toEqual([{ pa: OUTSIDE | 0x678n, length: 4, isWrite: false, data: 0n }, cpu]);
    expect(guestState(cpu)).toEqual({ ...before, pc: (before.pc as bigint) + 4n, x3: 0x8000_0001n });
    expect(cpu.run.exitReason).toBe(ExitReason.NONE);
  });

  it('hands over what is written', () => {
    const written: bigint[] = [];
    const cpu = guest('handler', ({ data }) => void written.push(data));
    const before = guestState(cpu);
    expect(outcome(abort(cpu, 'write', OUTSIDE, ISV))).toEqual([1, Disposition.MMIO_HANDLED]);
    expect(written).toEqual([BigInt.asUintN(32, before.x3 as bigint)]);
    expect(guestState(cpu)).toEqual({ ...before, pc: (before.pc as bigint) + 4n });
  });

  it.each(['read', 'write'] as const)(
    'of a %s that it declines becomes an abort at the access itself',
    (kind) => {
      const cpu = guest('handler', () => 'abort');
      const before = guestState(cpu);
      expect(outcome(abort(cpu, kind, OUTSIDE, ISV))).toEqual(ABORTED);
      expect(guestState(cpu)).toEqual(afterAbort(before));
    },
  );

  it('is an abort where the syndrome does not say what it does: there is nothing to hand over', () => {
    const cpu = guest('handler', () => {
      throw new Error('asked');
    });
    expect(outcome(abort(cpu, 'read', OUTSIDE))).toEqual(ABORTED);
  });

  it('must be answered with a value if it is a read', () => {
    const cpu = guest('handler', () => undefined);
    expect(() => abort(cpu, 'read', OUTSIDE, ISV)).toThrowError(
      expect.objectContaining({
        code: 'EINVAL',
        message: 'onMmio of 0x9000678: found undefined, expected a bigint from 0 to 2^64 - 1',
      }),
    );
  });

  it('needs a handler, and a handler needs the policy', () => {
    for (const [mmio, onMmio] of [
      ['handler', undefined],
      ['abort', () => 0n],
    ] as const) {
      expect(() => internalLab({ mmio }, onMmio && { onMmio })).toThrowError(
        expect.objectContaining({
          code: 'EINVAL',
          message: expect.stringContaining(`internal.mmio ${mmio}`),
        }),
      );
    }
  });
});
