// Misuse of the API, call by call: the code, the line that says what was found and what was expected, and no harm done.
import { describe, expect, it } from 'vitest';
import { BASE_CPU } from '../../src/arm/cpu.js';
import * as stage2 from '../../src/index.js';
import { abort, GUEST, HVA, memoryLab, PAGE } from '../model/lab.js';

const { AddressSpace, Machine, Translator, Vm } = stage2;
const EINVAL = 'EINVAL';
const RAM = { pa: 0x8000_0000n, size: 0x1_0000n, kind: 'ram' } as const;
const OUTSIDE = 0x900_0000n;
const LOAD = { isv: { size: 4, register: 3 } } as const;

/** Values of any type, as a program without types hands them over. */
// biome-ignore lint/suspicious/noExplicitAny: that is the point
const any = (value: unknown): any => value;

function world(onMmio: stage2.MmioHandler = () => 7n) {
  const lab = memoryLab('anonymous');
  const registers = stage2.guestRegisters(lab.vm);
  const translator = new Translator(lab.machine, registers, { features: BASE_CPU });
  const internal = new Vm(lab.machine, { internal: { mmio: 'handler' }, onMmio });
  return { ...lab, registers, translator, internal, inner: internal.createVcpu() };
}
type World = ReturnType<typeof world>;
type Case = [name: string, call: (w: World) => unknown, code: string, message: string];

const U64 = 'expected a bigint from 0 to 2^64 - 1';
const CASES: readonly Case[] = [
  ['no options', () => new Machine(any(null)), EINVAL, 'options: found null, expected an object'],
  [
    'a number as an address',
    () => new Machine({ banks: [any({ ...RAM, pa: 4096 })] }),
    EINVAL,
    `banks[0].pa: found number 4096, ${U64}`,
  ],
  [
    'a bigint as a size',
    () => new Machine({ roots: any({ pa: 0n, size: 65536n }) }),
    EINVAL,
    'roots.size: found bigint 65536, expected an integer from 1 to 9007199254740991',
  ],
  ['banks that are none', () => new Machine({ banks: any(5) }), EINVAL, 'banks: found 5, expected an array'],
  [
    'a misspelt option',
    () => new Machine(any({ bank: [] })),
    EINVAL,
    'options: found the key "bank", expected banks, ',
  ],
  [
    'a text for a flag',
    () => new Machine({ accounted: any('yes') }),
    EINVAL,
    'accounted: found "yes", expected true or false',
  ],
  [
    'a memory that is none',
    () => new Machine({ memory: any(5) }),
    EINVAL,
    'memory: found 5, expected a WebAssembly.Memory',
  ],
  [
    'a shared memory',
    () => new Machine({ memory: new WebAssembly.Memory({ initial: 200, maximum: 200, shared: true }) }),
    EINVAL,
    'memory: found an object, expected a WebAssembly.Memory that is not shared',
  ],
  [
    'host pages in no region',
    () => new Machine({ banks: [RAM], hostPages: { pa: 0x1000n, size: PAGE } }),
    EINVAL,
    'hostPages [0x1000, 0x2000): expected a part of one memory region',
  ],
  [
    'a host without room',
    () => stage2.createHost({ ramBytes: PAGE }),
    EINVAL,
    "ramBytes: found 4096, expected more than the kernel's 67108864 and setAsideBytes 0",
  ],
  [
    'a number of RAM bytes',
    () => stage2.createHost({ ramBytes: any(4096) }),
    EINVAL,
    `ramBytes: found number 4096, ${U64}`,
  ],
  [
    'a place that a machine has',
    ({ machine }) => new Machine({ memory: machine.view.memory }),
    'EBUSY',
    'a machine has [0x0, ',
  ],
  [
    'a budget that is none',
    ({ machine }) => machine.setAllocationBudget(Number.NaN),
    EINVAL,
    'pages: found NaN, expected an integer from 0 to 4294967295',
  ],
  [
    'a header word that is none',
    ({ machine }) => machine.setHeader(Number.NaN, 1),
    EINVAL,
    'field: found NaN, expected a setting of the emulated host (HEADER_*)',
  ],
  [
    'the magic word',
    ({ machine }) => machine.setHeader(0, 1),
    EINVAL,
    'field: found 0, expected a setting of the emulated host (HEADER_*)',
  ],
  [
    'a bus outside',
    ({ machine }) => machine.setHeader(stage2.HEADER_IO_BUS, 0xffff_fff0),
    EINVAL,
    'devices of the bus: found 0 at 4294967280',
  ],
  [
    'a number for a PA',
    ({ machine }) => machine.ramOffset(any(4096)),
    EINVAL,
    `pa: found number 4096, ${U64}`,
  ],
  [
    'a word outside RAM',
    ({ machine }) => machine.readRam(0x1000n),
    'EFAULT',
    'pa 0x1000: expected an 8-byte aligned address in RAM',
  ],
  [
    '65 bits for RAM',
    ({ machine }) => machine.writeRam(0x1000n, 1n << 64n),
    EINVAL,
    `value: found 18446744073709551616, ${U64}`,
  ],
  [
    'an event that is none',
    ({ machine }) => machine.eventCount(any(-1)),
    EINVAL,
    'event: found -1, expected an integer from 0 to ',
  ],
  [
    'no machine',
    ({ registers }) => new Translator(any(5), registers, { features: BASE_CPU }),
    EINVAL,
    'machine: found 5, expected a Machine',
  ],
  [
    'no VTCR_EL2',
    ({ machine }) => new Translator(machine, any({ vttbr: 0n, hcr: 1n }), { features: BASE_CPU }),
    EINVAL,
    `vtcr: found undefined, ${U64}`,
  ],
  [
    'a misspelt register',
    ({ translator }) => translator.setRegisters(any({ vctr: 1n })),
    EINVAL,
    'registers: found the key "vctr", expected vtcr, vttbr, hcr, ',
  ],
  [
    'a CPU of nothing',
    ({ machine, registers }) => new Translator(machine, registers, any({})),
    EINVAL,
    'features: found undefined, expected an object',
  ],
  [
    'no request',
    ({ translator }) => translator.translate(any(null)),
    EINVAL,
    'request: found null, expected an object with ipa or va',
  ],
  [
    'a request of nothing',
    ({ translator }) => translator.translate(any({})),
    EINVAL,
    'request: found neither, expected an object with ipa or va',
  ],
  [
    'a request of both',
    ({ translator }) => translator.translate(any({ ipa: 0n, va: 0n })),
    EINVAL,
    'request: found both, expected an object with ipa or va',
  ],
  [
    'numbers for a batch',
    ({ translator }) => translator.translateMany(any([0n])),
    EINVAL,
    'ipas: found an array, expected a BigUint64Array',
  ],
  [
    'an mm of another machine',
    ({ machine }) => new Vm(machine, { mm: memoryLab('anonymous').mm }),
    EINVAL,
    'mm: found an object, expected an AddressSpace of the machine of the VM',
  ],
  [
    'an mm that is none',
    ({ machine }) => new Vm(machine, { mm: any({}) }),
    EINVAL,
    'mm: found an object, expected an AddressSpace',
  ],
  [
    'a variant that is none',
    ({ machine }) => new Vm(machine, { variant: any('nope') }),
    EINVAL,
    'variant: found "nope", expected an object',
  ],
  [
    'a handler that is none',
    ({ machine }) => new Vm(machine, { internal: { mmio: 'handler' }, onMmio: any(null) }),
    EINVAL,
    'onMmio: found null, expected a function',
  ],
  [
    'a VMID of 17 bits',
    ({ machine }) => new Vm(machine, { vmid: 70000 }),
    EINVAL,
    'vmid: found 70000, expected an integer from 0 to 65535',
  ],
  [
    'a negative VMID',
    () => stage2.vttbr(0n, -1),
    EINVAL,
    'vmid: found -1, expected an integer from 0 to 65535',
  ],
  [
    'a number for a root',
    () => stage2.vttbr(any(0), 1),
    EINVAL,
    'root table: found number 0, expected a bigint below 2^48',
  ],
  [
    'register 32',
    ({ cpu }) => cpu.register(32),
    EINVAL,
    'register: found 32, expected an integer from 0 to 31',
  ],
  [
    'a register below x0',
    ({ cpu }) => cpu.setRegister(-41, 1n),
    EINVAL,
    'register: found -41, expected an integer from 0 to 31',
  ],
  [
    'a field that is no register',
    ({ cpu }) => cpu.set(0, 0xffff_fff0n),
    EINVAL,
    'field: found 0, expected the VCPU_* of a 64-bit register',
  ],
  [
    'a PC of 65 bits',
    ({ cpu }) => {
      cpu.pc = 1n << 64n;
    },
    EINVAL,
    `pc: found 18446744073709551616, ${U64}`,
  ],
  ['no exit', ({ cpu }) => cpu.takeExit(any(null)), EINVAL, 'exit: found null, expected an object'],
  [
    'an exit code of text',
    ({ cpu }) => cpu.takeExit({ esr: 0n, far: 0n, ipa: 0n, exitCode: any('x') }),
    EINVAL,
    'exitCode: found "x", expected an integer from 0 to 4294967295',
  ],
  [
    'a batch with a hole',
    () => stage2.takeExits(any([undefined])),
    EINVAL,
    'exits[0]: found undefined, expected an object',
  ],
  ['a batch that is none', () => stage2.takeExits(any(5)), EINVAL, 'exits: found 5, expected an array'],
  [
    'a vcpu that is none',
    () => stage2.takeExits(any([{ vcpu: {}, exit: {} }])),
    EINVAL,
    'exits[0].vcpu: found an object, expected a Vcpu',
  ],
  [
    'a read that waits for nothing',
    ({ cpu }) => cpu.completeMmioRead(1n),
    EINVAL,
    'exitReason: found NONE, expected an MMIO read that waits for its value',
  ],
  [
    'a range upside down',
    ({ vm }) => vm.invalidateHva(HVA + PAGE, HVA),
    EINVAL,
    'end: found 0xffff00000000, expected one from start 0xffff00001000 up',
  ],
  [
    'flags of 32 bits',
    ({ mm }) => mm.setPte(HVA, 0x123n, -1),
    EINVAL,
    'flags: found -1, expected an integer from 0 to 31',
  ],
  ['no area', ({ mm }) => mm.map(any(null)), EINVAL, 'area: found null, expected an object'],
  [
    'a slot table of others',
    ({ vm }) => vm.slots.publish(any([null])),
    EINVAL,
    'slots[0]: found null, expected an object',
  ],
  [
    'a text for an IPA',
    ({ vm }) => vm.tables.map(any('x'), PAGE, 0n, 0x7ffn),
    EINVAL,
    `ipa: found "x", ${U64}`,
  ],
  [
    'no fault',
    () => stage2.reportFault(any(null), { va: 0n, access: 'read', from: 1 }),
    EINVAL,
    'fault: found null, expected an object',
  ],
  ['no image', () => stage2.loadImage(any(undefined)), EINVAL, 'image: found undefined, expected an object'],
  [
    'no snapshot',
    () => stage2.saveSnapshot(any(undefined)),
    EINVAL,
    'machine: found undefined, expected a Machine',
  ],
  [
    'nothing to check',
    () => stage2.fsck(any({})),
    EINVAL,
    'target: found an object, expected a Machine or a Vm',
  ],
];

/** Of a VM with its vcpu, a translator, a watch and a machine that are destroyed. */
const DEAD: readonly [
  name: string,
  kill: (w: World) => void,
  call: (w: World) => unknown,
  message: string,
][] = [
  [
    'the registers of a translator',
    (w) => w.translator.destroy(),
    (w) => w.translator.setRegisters({ hcr: 0n }),
    'translator',
  ],
  [
    'a translation',
    (w) => w.translator.destroy(),
    (w) => w.translator.translate({ ipa: GUEST }),
    'translator',
  ],
  [
    'a batch of translations',
    (w) => w.translator.destroy(),
    (w) => w.translator.translateMany(BigUint64Array.of(0n)),
    'translator',
  ],
  ['a translator twice', (w) => w.translator.destroy(), (w) => w.translator.destroy(), 'translator'],
  ['the tables of a VM', (w) => w.vm.destroy(), (w) => w.vm.tables.map(0n, PAGE, 0x4000_0000n, 0x7ffn), 'VM'],
  ['the slots of a VM', (w) => w.vm.destroy(), (w) => w.vm.slots.publish([]), 'VM'],
  [
    'a map one to one',
    (w) => w.vm.destroy(),
    (w) => w.vm.idmap.prepare({ ipa: 0n, size: PAGE, blocks: false }),
    'VM',
  ],
  ['a vcpu of a VM', (w) => w.vm.destroy(), (w) => w.vm.createVcpu(), 'VM'],
  [
    'a slot of a VM',
    (w) => w.vm.destroy(),
    (w) =>
      stage2.setMemoryRegion(w.vm, {
        slot: 1,
        flags: 0,
        guestPhysAddr: 0n,
        memorySize: PAGE,
        userspaceAddr: HVA,
      }),
    'VM',
  ],
  ['fsck of a VM', (w) => w.vm.destroy(), (w) => stage2.fsck(w.vm), 'VM'],
  ['an exit of its vcpu', (w) => w.vm.destroy(), (w) => abort(w.cpu, 'write', GUEST), 'vcpu'],
  ['a register', (w) => w.cpu.destroy(), (w) => w.cpu.setRegister(3, 7n), 'vcpu'],
  [
    'a batch of exits',
    (w) => w.cpu.destroy(),
    (w) => stage2.takeExits([{ vcpu: w.cpu, exit: { esr: 0n, far: 0n, ipa: 0n } }]),
    'exits[0].vcpu',
  ],
  ['a run state', (w) => w.cpu.destroy(), (w) => w.cpu.run, 'vcpu'],
  ['an exit in a machine', (w) => w.machine.destroy(), (w) => abort(w.cpu, 'write', GUEST), 'machine'],
  [
    'a translation in a machine',
    (w) => w.machine.destroy(),
    (w) => w.translator.translate({ ipa: GUEST }),
    'machine',
  ],
  ['RAM of a machine', (w) => w.machine.destroy(), (w) => w.machine.ramOffset(0n), 'machine'],
  ['a VM of a machine', (w) => w.machine.destroy(), (w) => new Vm(w.machine), 'machine'],
  ['a process of a machine', (w) => w.machine.destroy(), (w) => new AddressSpace(w.machine), 'machine'],
];

function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('misuse', () => {
  it.each(CASES)('with %s is refused in one line', (_, call, code, message) => {
    const w = world();
    const error = errorOf(() => call(w));
    expect(error).toBeInstanceOf(stage2.Stage2Error);
    expect(error).toMatchObject({ code, message: expect.stringMatching(/^[^\n]{10,300}$/) });
    expect((error as Error).message).toContain(message);
    expect(stage2.fsck(w.machine).findings).toEqual([]);
  });

  it.each(DEAD)('after it was destroyed: %s', (_, kill, call, message) => {
    const w = world();
    kill(w);
    const error = errorOf(() => call(w));
    expect(error).toBeInstanceOf(stage2.Stage2Error);
    expect((error as Error).message).toBe(`the ${message} is destroyed: expected a live one`);
  });
});

describe('a callback for device accesses', () => {
  it.each<[string, (w: World) => unknown]>([
    ['take an exit of its vcpu', ({ inner }) => abort(inner, 'read', OUTSIDE, LOAD)],
    [
      'take one in a batch',
      ({ inner }) => stage2.takeExits([{ vcpu: inner, exit: { esr: 0n, far: 0n, ipa: 0n } }]),
    ],
    ['complete the access itself', ({ inner }) => inner.completeMmioRead(1n)],
    ['destroy its vcpu', ({ inner }) => inner.destroy()],
    ['destroy its VM', ({ internal }) => internal.destroy()],
  ])('may not %s', (_, act) => {
    const w: World = world(() => {
      expect(errorOf(() => act(w))).toMatchObject({ code: 'EBUSY' });
      return 5n;
    });
    w.inner.pc = 0x1000n;
    expect(abort(w.inner, 'read', OUTSIDE, LOAD).ret).toBe(1);
    expect([w.inner.register(3), w.inner.pc]).toEqual([5n, 0x1004n]);
  });

  it('that destroys the machine ends the exit with an error', () => {
    const w: World = world(() => {
      w.machine.destroy();
      return 5n;
    });
    expect(errorOf(() => abort(w.inner, 'read', OUTSIDE, LOAD))).toMatchObject({ code: EINVAL });
  });

  it.each<[string, () => bigint, RegExp]>([
    [
      'throws',
      () => {
        throw new RangeError('no such device');
      },
      /no such device/,
    ],
    ['gives a negative value', () => -1n, /^onMmio of 0x9000000: found -1, expected/],
  ])('that %s leaves the read pending behind the PC', (_, onMmio, message) => {
    const { inner } = world(onMmio);
    inner.pc = 0x1000n;
    expect(() => abort(inner, 'read', OUTSIDE, LOAD)).toThrow(message);
    expect([inner.pc, inner.awaitsMmioRead]).toEqual([0x1004n, true]);
    inner.completeMmioRead(9n);
    expect([inner.register(3), inner.awaitsMmioRead]).toEqual([9n, false]);
  });
});

describe('what is not misuse', () => {
  it('is register 31: XZR reads as zero and takes nothing', () => {
    const { cpu } = world();
    cpu.setRegister(31, 5n);
    expect([cpu.register(31), cpu.refaults]).toEqual([0n, 0]);
  });

  it('is a second machine where the first was, once that is destroyed', () => {
    const memory = new WebAssembly.Memory({ initial: 200 });
    const first = new Machine({ banks: [RAM], memory });
    first.writeRam(RAM.pa, 1n);
    expect(errorOf(() => new Machine({ banks: [RAM], memory, memoryBase: 65536 }))).toMatchObject({
      code: 'EBUSY',
    });
    expect(first.readRam(RAM.pa)).toBe(1n);
    first.destroy();
    const second = new Machine({ banks: [RAM], memory, memoryBase: 65536 });
    expect(second.readRam(RAM.pa)).toBe(0n);
    expect(errorOf(() => first.readRam(RAM.pa))).toMatchObject({ code: EINVAL });
  });

  it('is a watch that has ended, which says so', () => {
    const watch = stage2.watchTables(world().machine);
    watch.end();
    for (const call of [() => watch.check(), () => watch.end()])
      expect(errorOf(call)).toMatchObject({ code: EINVAL, message: expect.stringContaining('has ended') });
  });
});
