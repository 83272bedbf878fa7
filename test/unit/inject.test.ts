import { describe, expect, it } from 'vitest';
import { Fsc } from '../../src/abi/arm.js';
import { VCPU_HCR, VCPU_PC, VCPU_PSTATE, VCPU_VBAR_EL1 } from '../../src/abi/layout.js';
import { abort, GUEST, guestState, memoryLab, scatterState } from '../model/lab.js';

const VBAR = 0xffff_8000_0800_0000n;
const PC = 0xffff_8000_0001_2340n;
const FAR = 0xffff_0000_dead_bee8n;
const OUTSIDE = 0x900_0000n;

const states: [name: string, pstate: bigint, vector: bigint, fromEl1: boolean][] = [
  ['EL0', 0x0n, 0x400n, false],
  ['EL1t', 0x4n, 0x000n, true],
  ['EL1h', 0x5n, 0x200n, true],
  ['AArch32', 0x10n, 0x600n, false],
];

function guest(pstate: bigint) {
  const { cpu } = memoryLab('anonymous');
  scatterState(cpu);
  cpu.set(VCPU_PSTATE, pstate);
  cpu.set(VCPU_PC, PC);
  cpu.set(VCPU_VBAR_EL1, VBAR);
  return cpu;
}

describe('an injected prefetch abort', () => {
  it.each(states)('from %s goes to its vector with the class of its level', (_, mode, vector, fromEl1) => {
    const pstate = mode | 0x6000_0140n;
    const cpu = guest(pstate);
    const before = guestState(cpu);
    abort(cpu, 'fetch', OUTSIDE, { far: FAR });
    expect(guestState(cpu)).toEqual({
      ...before,
      pc: VBAR + vector,
      pstate: 0x3c5n,
      elr: PC,
      spsr: pstate,
      far: FAR,
      esr: (BigInt(fromEl1 ? 0x21 : 0x20) << 26n) | (1n << 25n) | 0x10n,
    });
  });

  it('has IL of the trapped instruction', () => {
    const cpu = guest(0x10n);
    abort(cpu, 'fetch', OUTSIDE, { il: false });
    expect(guestState(cpu).esr).toBe((0x20n << 26n) | 0x10n);
  });

  it('reports FAR_EL2, not the IPA', () => {
    const cpu = guest(0x5n);
    abort(cpu, 'fetch', OUTSIDE, { far: 0x1234n });
    expect(guestState(cpu).far).toBe(0x1234n);
  });
});

describe('an injected data abort', () => {
  it.each(states)('from %s goes to its vector with the class of its level', (_, pstate, vector, fromEl1) => {
    const cpu = guest(pstate);
    const before = guestState(cpu);
    abort(cpu, 'read', OUTSIDE, { far: FAR, s1ptw: true, isv: { size: 8, register: 3 } });
    expect(guestState(cpu)).toEqual({
      ...before,
      pc: VBAR + vector,
      pstate: 0x3c5n,
      elr: PC,
      spsr: pstate,
      far: FAR,
      esr: (BigInt(fromEl1 ? 0x25 : 0x24) << 26n) | (1n << 25n) | 0x10n,
    });
  });
});

describe('an injected virtual SError', () => {
  it('sets HCR_EL2.VSE and leaves the PC, so the instruction runs again first', () => {
    const cpu = guest(0x5n);
    cpu.set(VCPU_HCR, 0x8000_0001n);
    const before = guestState(cpu);
    abort(cpu, 'read', GUEST, { type: Fsc.EXTERNAL, level: 0 });
    expect(guestState(cpu)).toEqual({ ...before, hcr: 0x8000_0101n });
    abort(cpu, 'read', GUEST, { type: Fsc.EXTERNAL, level: 0 });
    expect(guestState(cpu)).toEqual({ ...before, hcr: 0x8000_0101n });
  });
});

describe('a skipped instruction', () => {
  it.each([
    ['AArch64', 0x5n, true, 4n],
    ['AArch64 with IL clear', 0x5n, false, 4n],
    ['A32', 0x10n, true, 4n],
    ['T32 of 16 bits', 0x30n, false, 2n],
  ])('of %s moves the PC over it and changes nothing else', (_, pstate, il, step) => {
    const cpu = guest(pstate);
    const before = guestState(cpu);
    abort(cpu, 'write', OUTSIDE, { cm: true, il });
    expect(guestState(cpu)).toEqual({ ...before, pc: PC + step });
  });
});
