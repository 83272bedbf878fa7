// The checker against every walk at every time, on random steps of table code that keeps no rule at all.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TableChecker } from '../../../src/kvm/bbm/checker.js';
import {
  type Geometry,
  type HeldBecause,
  type TableStep,
  type ViolationKind,
  Vm,
} from '../../../src/kvm/index.js';
import { machineFor } from '../../model/geometries.js';
import { AllWalks } from './brute.js';

const RUNS = 300;
const STEPS = 24;
const VMID = 5;
const GEOMETRY: Geometry = { granuleShift: 12, ipaBits: 25, startLevel: 2 };
const SPAN = 0x20_0000n;
const PAGE = 0x1000n;
const OUTPUT = 0x4000_0000n;

/** Two entries of the root and two of each of two tables: what is written, and which IPAs are looked at. */
const IPAS = [0n, PAGE, SPAN, SPAN + PAGE];

type Draw =
  | { do: 'root'; index: number; value: 'none' | 'block' | 'block 2' | 'table 0' | 'table 1' }
  | { do: 'leaf'; table: number; index: number; value: 'none' | 'a' | 'b' | 'old' }
  | { do: 'dsb'; waits: 'stores' | 'all' }
  | { do: 'tlbi'; ipa: bigint | undefined; vmid: number };

const draw: fc.Arbitrary<Draw> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('root' as const),
      index: fc.nat(1),
      value: fc.constantFrom('none' as const, 'none', 'block', 'block 2', 'table 0', 'table 1', 'table 0'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('leaf' as const),
      table: fc.nat(1),
      index: fc.nat(1),
      value: fc.constantFrom('none' as const, 'a', 'b', 'old'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('dsb' as const),
      waits: fc.constantFrom('stores' as const, 'all', 'all'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('tlbi' as const),
      ipa: fc.constantFrom(undefined, ...IPAS),
      vmid: fc.constantFrom(VMID, VMID, VMID, VMID + 1),
    }),
  },
);

/** The steps that the draws mean, with the value that each write finds. */
function stepsOf(draws: readonly Draw[], root: bigint, tables: readonly bigint[]): TableStep[] {
  const memory = new Map<bigint, bigint>();
  const write = (address: bigint, desc: bigint): TableStep => {
    const old = memory.get(address) ?? 0n;
    memory.set(address, desc);
    return { do: 'write', address, old, desc };
  };
  const leaf = { none: 0n, a: OUTPUT | 0x7ffn, b: (OUTPUT + PAGE) | 0x7ffn, old: OUTPUT | 0x3ffn };
  const entry = {
    none: 0n,
    block: OUTPUT | 0x7fdn,
    'block 2': (OUTPUT + SPAN) | 0x7fdn,
    'table 0': (tables[0] as bigint) | 3n,
    'table 1': (tables[1] as bigint) | 3n,
  };
  return draws.map((d): TableStep => {
    if (d.do === 'root') return write(root + BigInt(d.index) * 8n, entry[d.value]);
    if (d.do === 'leaf') return write((tables[d.table] as bigint) + BigInt(d.index) * 8n, leaf[d.value]);
    if (d.do === 'dsb') return d;
    return d.ipa === undefined
      ? { do: 'tlbi', op: 'vmalls12e1is', vmid: d.vmid }
      : { do: 'tlbi', op: 'ipas2e1is', vmid: d.vmid, ipa: d.ipa };
  });
}

/** Of entries that combine both stages, which AllWalks does not know. */
const COMBINED: readonly (HeldBecause | undefined)[] = [
  'combined entries left',
  'combined invalidation not complete',
];
const CLASHES: readonly ViolationKind[] = ['no-break', 'make-before-invalidate', 'mixed-walk'];

/** Of a leaf as AllWalks gives it, what must not differ between two of them. */
function sizeAndOutput(leaf: string): string {
  const [level, desc] = leaf.split(':') as [string, string];
  return `${level} ${BigInt(desc) & 0xffff_ffff_f000n}`;
}

const text = (steps: readonly TableStep[]) =>
  steps.map((s) => JSON.stringify(s, (_, v) => (typeof v === 'bigint' ? v.toString(16) : v))).join('\n');

/** One set of steps through both; throws an Error with the steps where they disagree. How many leaves were compared. */
function compare(vm: Vm, steps: readonly TableStep[]): number {
  const brute = new AllWalks(new Map(), steps, vm.tables.pgd, VMID);
  const checker = new TableChecker(vm.machine, [vm]);
  const space = checker.walkers.spaceOf(vm);
  const clashes = new Set<bigint>();
  let held = 0;
  for (let done = 0; done <= steps.length; done++) {
    if (done > 0) checker.apply(steps[done - 1] as TableStep);
    for (const ipa of IPAS) {
      const own = checker.walkers.heldFor(space, ipa).map(({ level, desc }) => `${level}:${desc}`);
      const all = brute.leaves(ipa, done);
      held += all.size;
      if (new Set([...all].map(sizeAndOutput)).size > 1) clashes.add(ipa);
      if (own.every((leaf) => all.has(leaf)) && new Set(own).size === all.size) continue;
      const where = `IPA ${ipa.toString(16)} after ${done} steps of\n${text(steps)}`;
      throw new Error(`held: ${own}; expected: ${[...all]}; ${where}`);
    }
  }
  compareReports(checker, clashes, steps);
  return held;
}

/**
 * Two leaves that may not stand together are a violation, and one that says so is not made up.
 */
function compareReports(
  checker: TableChecker,
  clashes: ReadonlySet<bigint>,
  steps: readonly TableStep[],
): void {
  const { violations } = checker.report();
  if (clashes.size > 0 && !violations.some(({ kind }) => CLASHES.includes(kind)))
    throw new Error(`a clash that is not reported:\n${text(steps)}`);
  const wrong = violations.find(
    ({ reasons, because, ipa }) =>
      reasons.includes('output address') && !COMBINED.includes(because) && !clashes.has(ipa as bigint),
  );
  if (wrong !== undefined)
    throw new Error(`a clash at ${wrong.ipa?.toString(16)} that no walk can meet:\n${text(steps)}`);
}

describe('what the checker says that a TLB may hold', () => {
  it('is after every step what some walk at some time can have put there, and clashes where it reports one', () => {
    // The steps are made up: nothing is written to the machine.
    const machine = machineFor(GEOMETRY, 8, true);
    const vm = new Vm(machine, { geometry: GEOMETRY, vmid: VMID });
    const tables = [0, 1].map(() => BigInt.asUintN(64, machine.core.tableAlloc()));
    const draws = fc.noBias(fc.array(draw, { minLength: STEPS / 2, maxLength: STEPS, size: 'max' }));
    let held = 0;
    fc.assert(
      fc.property(draws, (drawn) => {
        held += compare(vm, stepsOf(drawn, vm.tables.pgd, tables));
      }),
      { numRuns: RUNS },
    );
    expect(held).toBeGreaterThan(RUNS);
  }, 120_000);
});
