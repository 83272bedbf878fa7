// Whatever is handed to a public call: a refusal with a code or an answer, and the machine goes on as before.
import { describe, expect, it } from 'vitest';
import { BASE_CPU } from '../../src/arm/cpu.js';
import * as stage2 from '../../src/index.js';
import { abort, GUEST, memoryLab } from '../model/lab.js';
import { Numbers } from '../snapshot/driver.js';
import { SMALL } from '../uarch/lab.js';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
const ROUNDS = 40;

function detached(): BigUint64Array {
  const words = new BigUint64Array(4);
  structuredClone(words.buffer, { transfer: [words.buffer] });
  return words;
}

const JUNK: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => Number.NaN,
  () => -1,
  () => 1.5,
  () => 2 ** 40,
  () => -1n,
  () => 1n << 64n,
  () => 1n << 70n,
  () => '',
  () => 'toString',
  () => true,
  () => ({}),
  () => Object.create(null),
  () => ({ ipa: 5, va: null, slot: 1n, esr: 1, mappings: 5, geometry: null, registers: {}, tablePages: 3 }),
  () => [],
  () => [null],
  () => [{}],
  () => Symbol('junk'),
  () => new Map([['x', 1]]),
  detached,
];

/** The core and its memory, which are documented to be unchecked, and what ends an object or waits for a function. */
const LEFT_OUT = new Set(['constructor', 'core', 'view', 'micro', 'destroy', 'end', 'retire', 'withVisitor']);

const FUNCTIONS = [
  'abortSyndrome',
  'batchFault',
  'batchPa',
  'buildTables',
  'checkGeometry',
  'cpuFromId',
  'cpuPreset',
  'createHost',
  'decodeMemoryInstruction',
  'describeSnapshot',
  'encodeAbort',
  'encodeHpfar',
  'encodeParFault',
  'encodeParSuccess',
  'fsck',
  'guestRegisters',
  'hpfarIpa',
  'idRegistersOf',
  'imageMachine',
  'loadImage',
  'machineBytes',
  'microBytes',
  'parOf',
  'readPaths',
  'reportFault',
  'restoreSnapshot',
  'saveSnapshot',
  'setMemoryRegion',
  'setUserMemoryRegion',
  'stage1Format',
  'stage2FlushVm',
  'stage2UnmapVm',
  'tableLeaves',
  'tableTree',
  'takeCensus',
  'takeExits',
  'vtcr',
  'vttbr',
  'watchTables',
] as const satisfies readonly (keyof typeof stage2)[];
const CLASSES = ['AddressSpace', 'Machine', 'MicroMmu', 'Microarch', 'Translator', 'Vm'] as const;

function world() {
  const lab = memoryLab('anonymous', 0, { host: { ramBytes: 1n << 28n, tablePages: 64, accounted: true } });
  const { vm, machine } = lab;
  for (let i = 0n; i < 8n; i++) abort(lab.cpu, 'write', GUEST + i * 4096n);
  const translator = new stage2.Translator(machine, stage2.guestRegisters(vm), { features: BASE_CPU });
  const micro = new stage2.Microarch(machine, SMALL);
  return { ...lab, translator, micro, mmu: new stage2.MicroMmu(micro, translator) };
}

const byName = new Map<string, unknown>(Object.entries(stage2));

/** What was thrown that is no refusal, with the call. */
const wrong = new Set<string>();

/** Calls it; true if it was refused. */
function refused(name: string, args: readonly unknown[], call: () => unknown): boolean {
  try {
    call();
    return false;
  } catch (error) {
    const known =
      error instanceof stage2.Stage2Error ||
      error instanceof stage2.TraceError ||
      error instanceof stage2.CostError;
    if (known && !/\n/.test(error.message)) return true;
    const shown = args.map((arg) =>
      typeof arg === 'object' ? Object.prototype.toString.call(arg) : typeof arg,
    );
    wrong.add(`${name}(${shown.join(', ')}) threw ${String(error)}`);
    return false;
  }
}

describe(`a live machine, seed ${seed}`, () => {
  const numbers = new Numbers(seed);
  const junk = (): unknown => (JUNK[numbers.next(JUNK.length)] as () => unknown)();
  const some = () => Array.from({ length: numbers.next(6) }, junk);

  it('refuses or answers whatever its methods are given, and goes on as before', () => {
    const here = world();
    const { machine, vm, translator, cpu } = here;
    const ipas = BigUint64Array.from({ length: 16 }, (_, i) => GUEST + BigInt(i) * 4096n);
    const before = translator.translateMany(ipas);
    const objects = { ...here, tables: vm.tables, idmap: vm.idmap, slots: vm.slots };
    let refusals = 0;
    for (const [what, object] of Object.entries(objects)) {
      const names = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(object) as object);
      for (const [name, { value, set }] of Object.entries(names)) {
        const call = (value ?? set) as ((...args: unknown[]) => unknown) | undefined;
        if (typeof call !== 'function' || LEFT_OUT.has(name)) continue;
        for (let i = 0; i < ROUNDS; i++) {
          const args = some();
          if (refused(`${what}.${name}`, args, () => call.apply(object, args))) refusals++;
        }
      }
    }
    expect([...wrong]).toEqual([]);
    expect(refusals).toBeGreaterThan(1000);
    expect(stage2.fsck(machine).findings).toEqual([]);
    expect(translator.translateMany(ipas)).toEqual(before);
    expect(abort(cpu, 'write', GUEST + 9n * 4096n).ret).toBe(1);
  });

  it('is left alone by functions and constructors that are given anything', () => {
    const { machine, vm, translator, cpu } = world();
    const live = [machine, vm, translator, cpu];
    const args = () => {
      const found = some();
      if (numbers.next(3) === 0) found[0] = live[numbers.next(live.length)];
      return found;
    };
    for (const name of FUNCTIONS) {
      const call = byName.get(name) as (...args: unknown[]) => unknown;
      for (let i = 0; i < ROUNDS; i++) {
        const given = args();
        refused(name, given, () => {
          const answer = call(...given);
          if (name === 'tableLeaves') (answer as Generator).next();
          if (name === 'watchTables') (answer as stage2.TableWatch).end();
        });
      }
    }
    for (const name of CLASSES) {
      const Type = byName.get(name) as unknown as new (...args: unknown[]) => { destroy?: () => void };
      for (let i = 0; i < ROUNDS; i++) {
        const given = args();
        refused(`new ${name}`, given, () => new Type(...given).destroy?.());
      }
    }
    expect([...wrong]).toEqual([]);
    expect(stage2.fsck(machine).findings).toEqual([]);
    // stage2UnmapVm of the live VM is an answer, too.
    abort(cpu, 'write', GUEST);
    expect(translator.translate({ ipa: GUEST }).ok).toBe(true);
  });
});
