import { describe, expect, it } from 'vitest';
import { Access, CLASS_ACCESS_LSB, CLASS_TYPE_LSB, ClassType } from '../../src/abi/event.js';
import { switchOf } from '../../src/cost/index.js';
import {
  exitEvents,
  FAULT_KINDS,
  groupEvents,
  type KernelClass,
  type KernelFacts,
  kernelOf,
  lockedEvents,
  switchEvents,
} from '../../src/cost/kernel.js';
import { parseKernels } from '../../src/cost/kernel-file.js';
import { dataFile, WORLD_SWITCH } from './fixtures-cost/load.js';

const table = parseKernels(dataFile('kernels.json'), 'kernels.json');
const kernels = [...table.kernels.values()];
const EXIT_KINDS = ['hvc', 'mmio-kernel', 'mmio-user'];
const facts = (fwb: boolean): KernelFacts => ({
  fwb,
  worldSwitch: (kind) => switchOf(WORLD_SWITCH, kind),
  path: (name) => new Map([[`path:${name}`, 1n]]),
});

/** Instructions of a kernel whose EL2 part has its register moves counted apart. */
function instructionsOf(kernel: KernelClass, kind: string, fwb: boolean): bigint {
  const events = exitEvents(kernel, kind, facts(fwb));
  const own = [...events].filter(([event]) => /^(insn:(?!vmm)|mrs$|msr$)/.test(event));
  return own.reduce((sum, [, n]) => sum + n, 0n);
}

const measured = kernels.flatMap((kernel) =>
  [...kernel.kinds].flatMap(([kind, { measured: counted }]) =>
    counted === undefined ? [] : [{ kernel, kind, name: `${kernel.name} ${kind}`, counted }],
  ),
);

describe('a kernel class', () => {
  it.each(measured)('has the parts of the measured total: $name', ({ kernel, kind, counted }) => {
    expect(instructionsOf(kernel, kind, true)).toBe(BigInt(counted.fwb));
    expect(instructionsOf(kernel, kind, false)).toBe(BigInt(counted.noFwb));
  });

  it.each(kernels)('has every kind of exit and fault: $name', (kernel) => {
    expect([...kernel.kinds.keys()].sort()).toEqual([...EXIT_KINDS, ...FAULT_KINDS].sort());
  });

  it.each(kernels)('holds mmu_lock for faults and for nothing else: $name', (kernel) => {
    for (const kind of FAULT_KINDS) expect(lockedEvents(kernel, kind, facts(true)).size).toBeGreaterThan(0);
    for (const kind of EXIT_KINDS) expect(lockedEvents(kernel, kind, facts(true)).size).toBe(0);
  });

  it.each(kernels)('returns from every exception it takes: $name', (kernel) => {
    for (const kind of kernel.kinds.keys()) {
      const events = exitEvents(kernel, kind, facts(true));
      expect(events.get('exc_entry')).toBe(events.get('exc_return'));
    }
  });

  it('cleans a page, or the 32,768 lines of a block, where the core has no FWB', () => {
    const kernel = kernelOf(table, 'vhe-6.x');
    const cleaned = (kind: string, fwb: boolean) => exitEvents(kernel, kind, facts(fwb)).get('dc_civac');
    expect([cleaned('map-4k', false), cleaned('map-2m', false)]).toEqual([64n, 32768n]);
    expect([cleaned('map-4k', true), cleaned('map-2m', true)]).toEqual([undefined, undefined]);
  });

  it('is asked for by name', () => {
    expect(() => kernelOf(table, 'vhe-7.x')).toThrow(/^unknown kernel "vhe-7.x", expected nvhe-4.x or /);
    const kernel = kernelOf(table, 'vhe-6.x');
    expect(() => exitEvents(kernel, 'smc', facts(true))).toThrow(/^unknown kind of exit of vhe-6.x "smc"/);
  });
});

describe('the switch of a fault class', () => {
  const classOf = (type: ClassType): number => (type << CLASS_TYPE_LSB) | (Access.WRITE << CLASS_ACCESS_LSB);

  it.each(kernels)('reads the IPA of a permission fault by an AT: $name', (kernel) => {
    const at = (type: ClassType) => switchEvents(kernel, classOf(type), facts(true)).get('at');
    expect([at(ClassType.PERMISSION), at(ClassType.TRANSLATION)]).toEqual([1n, undefined]);
  });
});

describe('a group of registers', () => {
  const kernel = kernelOf(table, 'nvhe-4.x');

  it.each(['EL1_sysregs', 'EL1 System Regs', 'el1-sysregs', 'EL1'])('is found as %s', (name) => {
    expect(groupEvents(kernel, name, 'save')).toEqual(groupEvents(kernel, 'EL1_sysregs', 'save'));
  });

  it('is memory, not registers, where it is the GICv2 interface', () => {
    expect(groupEvents(kernel, 'VGIC', 'save').get('mmio_read')).toBe(12n);
    expect(groupEvents(kernel, 'VGIC', 'restore').get('mmio_read')).toBeUndefined();
  });

  it('is unknown by another name, and to kernels that do not move registers in groups', () => {
    expect(() => groupEvents(kernel, 'SVE', 'save')).toThrow(
      /^unknown register group "SVE", expected GP or FP/,
    );
    expect(() => groupEvents(kernelOf(table, 'vhe-6.x'), 'GP', 'save')).toThrow(
      /^unknown register group "GP"/,
    );
  });
});

describe('a kernel file is refused', () => {
  // biome-ignore lint/suspicious/noExplicitAny: edits reach into the file
  it.each<[string, (file: any) => void, RegExp]>([
    ['of another format', (f) => Object.assign(f, { format: 'x' }), /^kernels.json: format: found "x"/],
    [
      'with a kind of unknown parts',
      (f) => f.kernels['vhe-6.x'].kinds.hvc.parts.push('nothing'),
      /^kernels.json: kernels.vhe-6.x.kinds.hvc.parts\[2\]: found "nothing", expected a part$/,
    ],
    [
      'with a negative count',
      (f) => Object.assign(f.kernels['vhe-6.x'].parts.hvc.counts, { 'insn:el2': -1 }),
      /kernels.vhe-6.x.parts.hvc.counts.insn:el2: found -1, expected a whole number/,
    ],
    [
      'with a range upside down',
      (f) => Object.assign(f.stall['out-of-order'], { lo: 3 }),
      /stall.out-of-order: found 3 <= 1.66 <= 2.2/,
    ],
    [
      'with a source it does not list',
      (f) => f.kernels['vhe-6.x'].parts.hvc.src.push('hearsay'),
      /parts.hvc.src\[1\]: found "hearsay", expected the id of a source/,
    ],
  ])('%s', (_, edit, message) => {
    const file = dataFile('kernels.json');
    edit(file);
    expect(() => parseKernels(file, 'kernels.json')).toThrow(message);
  });
});
