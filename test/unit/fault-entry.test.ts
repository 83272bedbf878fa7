// What EL2 and handle_exit do before the abort handler runs.
import { describe, expect, it } from 'vitest';
import { Ec, Fsc } from '../../src/abi/arm.js';
import { Disposition, ExitCode, ExitReason } from '../../src/abi/kvm.js';
import { HEADER_ERRATUM_834220, VCPU_HPFAR, VCPU_PC } from '../../src/abi/layout.js';
import { setMemoryRegion } from '../../src/kvm/index.js';
import {
  abort,
  GUEST,
  guestState,
  mappingOf,
  memoryLab,
  outcome,
  PAGE,
  region,
  syndrome,
} from '../model/lab.js';

const WRONG = 0x9999_9000n;
const hpfar = (ipa: bigint) => (ipa >> 12n) << 4n;

describe('the faulting IPA', () => {
  it('of a translation fault is HPFAR_EL2', () => {
    const { cpu, vm } = memoryLab('anonymous');
    expect(abort(cpu, 'write', WRONG, { hpfar: hpfar(GUEST), par: WRONG }).ret).toBe(1);
    expect(mappingOf(vm, GUEST)).toBeDefined();
  });

  it('of an access flag fault is HPFAR_EL2', () => {
    const { cpu, vm } = memoryLab('anonymous');
    abort(cpu, 'write', GUEST);
    vm.tables.age(GUEST, PAGE);
    abort(cpu, 'read', WRONG, { type: Fsc.ACCESS_FLAG, hpfar: hpfar(GUEST), par: WRONG });
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x7ffn);
  });

  it('of a permission fault is what AT S1E1R gives: HPFAR_EL2 is not trusted', () => {
    const { cpu, vm } = memoryLab('anonymous');
    abort(cpu, 'read', GUEST);
    abort(cpu, 'write', WRONG, { type: Fsc.PERMISSION, hpfar: hpfar(WRONG), par: GUEST | 0xb80n });
    abort(cpu, 'write', WRONG, { type: Fsc.PERMISSION, hpfar: hpfar(WRONG), par: GUEST | 0xb80n });
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x7ffn);
  });

  it('of a permission fault on a stage-1 walk is HPFAR_EL2', () => {
    const { cpu, vm } = memoryLab('anonymous');
    abort(cpu, 'write', GUEST);
    setMemoryRegion(vm, region({ flags: 1 }));
    const fault = { type: Fsc.PERMISSION, s1ptw: true, hpfar: hpfar(GUEST), par: 1n };
    expect(outcome(abort(cpu, 'read', WRONG, fault))).toEqual([1, Disposition.MAPPED_PAGE]);
    expect(mappingOf(vm, GUEST)?.attributes).toBe(0x7ffn);
  });

  it('of any fault but one on a stage-1 walk is what AT gives on a part with erratum 834220', () => {
    const { cpu, vm, machine } = memoryLab('anonymous');
    machine.setHeader(HEADER_ERRATUM_834220, 1);
    expect(abort(cpu, 'write', WRONG, { hpfar: hpfar(WRONG), par: GUEST }).ret).toBe(1);
    expect(mappingOf(vm, GUEST)).toBeDefined();
    abort(cpu, 'read', WRONG, { s1ptw: true, hpfar: hpfar(GUEST + PAGE), par: 1n });
    expect(mappingOf(vm, GUEST + PAGE)).toBeDefined();
  });

  it('takes PA[47:12] of PAR_EL1 and drops its attributes', () => {
    const { cpu } = memoryLab('anonymous');
    const par = (0xffn << 56n) | (0xfn << 48n) | 0xabcd_1234_5000n | 0xf80n;
    abort(cpu, 'write', 0n, { type: Fsc.PERMISSION, par });
    expect(cpu.get(VCPU_HPFAR)).toBe(0xabcd_1234_5000n >> 8n);
  });

  it('has its low 12 bits from FAR_EL2 for a device, and only those', () => {
    const { cpu } = memoryLab('anonymous');
    const far = 0xffff_8000_1234_5678n;
    abort(cpu, 'read', 0x900_0000n, { far, isv: { size: 4, register: 0 } });
    expect(cpu.run.mmio.pa).toBe(0x900_0678n);
  });

  it('drops the low four bits of HPFAR_EL2', () => {
    const { cpu, vm } = memoryLab('anonymous');
    abort(cpu, 'write', GUEST, { hpfar: hpfar(GUEST) | 0xfn });
    expect(mappingOf(vm, GUEST)).toBeDefined();
  });
});

describe('a failed AT', () => {
  it('enters the guest again at once: nothing is handled and nothing changes', () => {
    const { cpu, vm, machine } = memoryLab('anonymous');
    abort(cpu, 'read', GUEST);
    const before = [guestState(cpu), mappingOf(vm, GUEST)];
    machine.resetCounts();
    const result = abort(cpu, 'write', GUEST, { type: Fsc.PERMISSION, par: 0x80bn });
    expect(outcome(result)).toEqual([1, Disposition.REENTERED_AT_EL2]);
    expect([guestState(cpu), mappingOf(vm, GUEST)]).toEqual(before);
    expect(result.path).toBe(0);
  });
});

describe('exits that are no aborts', () => {
  it('an interrupt resumes the guest', () => {
    const { cpu } = memoryLab('anonymous');
    expect(outcome(abort(cpu, 'write', GUEST, { exitCode: ExitCode.IRQ }))).toEqual([
      1,
      Disposition.NOT_AN_ABORT,
    ]);
  });

  it('an SError of the guest is injected', () => {
    const { cpu } = memoryLab('anonymous');
    const result = abort(cpu, 'write', GUEST, { exitCode: ExitCode.EL1_SERROR });
    expect(outcome(result)).toEqual([1, Disposition.INJECT_VABT]);
    expect(guestState(cpu)).toMatchObject({ hcr: 0x100n });
  });

  it('an SError pending beside a trap is injected and the trap is left to happen again', () => {
    const { cpu, vm } = memoryLab('anonymous');
    const result = abort(cpu, 'write', GUEST, { exitCode: 0x8000_0002 });
    expect(outcome(result)).toEqual([1, Disposition.INJECT_VABT]);
    expect(mappingOf(vm, GUEST)).toBeUndefined();
    expect(abort(cpu, 'write', GUEST).disposition).toBe(Disposition.MAPPED_PAGE);
  });

  it.each([
    ['HVC64', Ec.HVC64, 1n << 25n, 4n],
    ['SMC64', Ec.SMC64, 1n << 25n, 4n],
    ['a 16-bit HVC32', Ec.HVC32, 0n, 2n],
    ['SMC32', Ec.SMC32, 1n << 25n, 4n],
    ['an abort', Ec.DABT_LOW, 1n << 25n, 0n],
  ])('an SError pending beside %s takes the PC back by its length', (_, ec, il, bytes) => {
    const { cpu } = memoryLab('anonymous');
    cpu.set(VCPU_PC, 0x8004n);
    const esr = (BigInt(ec) << 26n) | il;
    expect(cpu.takeExit({ esr, far: 0n, ipa: GUEST, exitCode: 0x8000_0002 }).ret).toBe(1);
    expect(cpu.get(VCPU_PC)).toBe(0x8004n - bytes);
  });

  it('a hyp that is gone fails entry, and any other code is an internal error', () => {
    const { cpu } = memoryLab('anonymous');
    expect(abort(cpu, 'write', GUEST, { exitCode: ExitCode.HYP_GONE }).ret).toBe(0);
    expect(cpu.run.exitReason).toBe(ExitReason.FAIL_ENTRY);
    expect(abort(cpu, 'write', GUEST, { exitCode: 77 }).ret).toBe(0);
    expect(cpu.run.exitReason).toBe(ExitReason.INTERNAL_ERROR);
  });

  it('a trap of another class is not this handler’s', () => {
    const { cpu, vm } = memoryLab('anonymous');
    const esr = (syndrome('write') & ~(0x3fn << 26n)) | (0x16n << 26n);
    expect(outcome(cpu.takeExit({ esr, far: GUEST, ipa: GUEST }))).toEqual([1, Disposition.NOT_AN_ABORT]);
    expect(mappingOf(vm, GUEST)).toBeUndefined();
  });

  it('leave no disposition or exit reason of the exit before', () => {
    const { cpu } = memoryLab('anonymous');
    abort(cpu, 'read', 0n, { isv: { size: 4, register: 0 } });
    expect(cpu.run.exitReason).toBe(ExitReason.MMIO);
    abort(cpu, 'write', GUEST, { exitCode: ExitCode.IRQ });
    expect(cpu.run.exitReason).toBe(ExitReason.NONE);
  });
});

describe('an exit that is described wrongly', () => {
  it.each([
    ['a number', { esr: 5 as unknown as bigint }],
    ['65 bits', { far: 1n << 64n }],
    ['a negative IPA', { ipa: -1n }],
    ['a PAR_EL1 of 65 bits', { par: 1n << 64n }],
  ])('is refused: %s', (_, fields) => {
    const { cpu } = memoryLab('anonymous');
    expect(() => cpu.takeExit({ esr: 0n, far: 0n, ipa: 0n, ...fields })).toThrowError(
      expect.objectContaining({ code: 'EINVAL' }),
    );
  });
});
