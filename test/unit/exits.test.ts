// Exits taken in a batch, and what an embedder needs to walk the tables they leave.
import { describe, expect, it } from 'vitest';
import { Ec, Fsc } from '../../src/abi/arm.js';
import { Disposition } from '../../src/abi/kvm.js';
import { BASE_CPU } from '../../src/arm/index.js';
import { abortSyndrome, guestRegisters, takeExits, type VcpuExit } from '../../src/kvm/index.js';
import { Translator } from '../../src/walk/index.js';
import { checkTables } from '../model/check-tables.js';
import { abort, GUEST, HVA, lab, PAGE } from '../model/lab.js';

const BYTES = 2048n * PAGE;
const laboratory = () =>
  lab({ areas: [{ hva: HVA, size: BYTES, kind: 'anonymous' }], slots: [{ memorySize: BYTES }] });
const esr = abortSyndrome(Ec.DABT_LOW, Fsc.TRANSLATION | 3, 1 << 6);
const writeAt = (ipa: bigint) => ({ esr, far: ipa, ipa });

describe('a batch of exits', () => {
  it('ends as single ones do, and leaves the same tables', () => {
    const [one, many] = [laboratory(), laboratory()];
    const ipas = Array.from({ length: 1500 }, (_, i) => GUEST + BigInt((i * 7) % 2048) * PAGE);
    const singles = ipas.map((ipa) => one.cpu.takeExit(writeAt(ipa)));
    const batch = takeExits(ipas.map((ipa): VcpuExit => ({ vcpu: many.cpu, exit: writeAt(ipa) })));
    expect(batch).toEqual(singles);
    expect(checkTables(many.vm).leaves).toEqual(checkTables(one.vm).leaves);
  });

  it('of no exits takes none', () => {
    expect(takeExits([])).toEqual([]);
  });

  it('leaves device accesses for user space, the last of a vcpu in its run state', () => {
    const { cpu } = laboratory();
    const read = abortSyndrome(Ec.DABT_LOW, Fsc.TRANSLATION | 3, (1 << 24) | (2 << 22));
    const at = (ipa: bigint): VcpuExit => ({ vcpu: cpu, exit: { esr: read, far: ipa, ipa } });
    const results = takeExits([at(0x900_0000n), at(0x900_1008n)]);
    expect(results.map(({ ret, disposition }) => [ret, disposition])).toEqual([
      [0, Disposition.MMIO_USER],
      [0, Disposition.MMIO_USER],
    ]);
    expect(cpu.run.mmio).toEqual({ pa: 0x900_1008n, length: 4, isWrite: false, data: 0n });
  });

  it('takes none if one of them is not one', () => {
    const { cpu, vm } = laboratory();
    const good = { vcpu: cpu, exit: writeAt(GUEST) };
    const invalid = expect.objectContaining({ code: 'EINVAL' });
    const bad = { vcpu: cpu, exit: { esr, far: -1n, ipa: GUEST } };
    expect(() => takeExits([good, bad])).toThrow(invalid);
    expect(() => takeExits([good, { vcpu: laboratory().cpu, exit: writeAt(GUEST) }])).toThrow(invalid);
    expect(checkTables(vm).leaves).toEqual([]);
  });
});

describe('the registers of a VM', () => {
  it('walk the tables that its faults made', () => {
    const { cpu, machine, vm } = laboratory();
    abort(cpu, 'write', GUEST + 5n * PAGE);
    const translator = new Translator(machine, guestRegisters(vm), { features: BASE_CPU });
    const result = translator.translate({ ipa: GUEST + 5n * PAGE + 24n, access: 'write' });
    const [leaf] = checkTables(vm).leaves;
    expect(result.ok && result.pa).toBe(((leaf?.desc ?? 0n) & 0xffff_ffff_f000n) + 24n);
    expect(translator.translate({ ipa: GUEST }).ok).toBe(false);
    expect(() => guestRegisters(vm, 33)).toThrow('paBits: found 33');
  });
});

describe('the program counter of a vcpu', () => {
  it('is where a skipped device access left it', () => {
    const { cpu } = laboratory();
    cpu.pc = 0x8_0000n;
    abort(cpu, 'read', 0x900_0000n, { isv: { size: 4, register: 1 } });
    cpu.completeMmioRead(7n);
    expect(cpu.pc).toBe(0x8_0004n);
    expect(cpu.register(1)).toBe(7n);
  });
});
