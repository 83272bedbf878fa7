// Holds a VM's tables against the model: what every address near the ends of a leaf translates to, once by a walk
// of the test's own from the registers, once by the core's hardware walk.
import { expect } from 'vitest';
import * as L from '../../src/abi/layout.js';
import { addressBits, type Vm, vtcr } from '../../src/kvm/index.js';
import type { RawLeaf } from './check-tables.js';
import { Access, Hardware } from './hardware.js';
import { RegisterWalk, type Translation, type WalkAccess } from './register-walk.js';
import type { TableModel } from './table-model.js';

const ACCESSES: readonly [WalkAccess, Access][] = [
  ['read', Access.READ],
  ['write', Access.WRITE],
  ['execute', Access.EXECUTE],
];
/** Leaves looked at from each end of the list. */
const SAMPLE = 12;

/** Fails at the first leaf that differs. */
export function expectLeaves(found: readonly RawLeaf[], expected: readonly RawLeaf[]): void {
  const same = (a: RawLeaf, b: RawLeaf | undefined) =>
    a.ipa === b?.ipa && a.desc === b.desc && a.level === b.level;
  const different = found.findIndex((leaf, i) => !same(leaf, expected[i]));
  if (different >= 0) expect(found[different]).toEqual(expected[different]);
  expect(found).toHaveLength(expected.length);
}

/** Translates both ends of leaves, and just beside them, under the registers KVM would load. */
export function checkTranslations(vm: Vm, model: TableModel, leaves: readonly RawLeaf[]): void {
  const book = registerWalk(vm);
  const hardware = new Hardware(vm);
  for (const ipa of probes(model, leaves)) {
    for (const [name, access] of ACCESSES) {
      const expected = answer(model, ipa, name);
      for (const found of [book.translate(ipa, name), hardware.translate(ipa, access)]) {
        if (!sameTranslation(found, expected)) expect(found).toEqual(expected);
      }
    }
  }
  hardware.release();
}

/** The walk by the book under the registers of a VM, with output addresses as wide as its layout has them. */
export function registerWalk(vm: Vm): RegisterWalk {
  return new RegisterWalk(vm.machine, {
    vtcr: vtcr(vm.geometry, addressBits(vm.geometry)),
    vttbr: vm.machine.view.u64(vm.offset + L.VM_VTTBR),
    lpa: vm.geometry.layout === 'lpa',
  });
}

function sameTranslation(a: Translation, b: Translation): boolean {
  if ('pa' in a || 'pa' in b) return 'pa' in a && 'pa' in b && a.pa === b.pa;
  return a.type === b.type && a.level === b.level;
}

/** Both ends of the space and of each leaf of a sample, and the words beside them. */
function probes(model: TableModel, leaves: readonly RawLeaf[]): Set<bigint> {
  const sample =
    leaves.length <= 2 * SAMPLE ? leaves : [...leaves.slice(0, SAMPLE), ...leaves.slice(-SAMPLE)];
  const ends = sample.flatMap(({ ipa, level }) => [ipa, ipa + model.span(level)]);
  const all = [0n, model.end, ...ends].flatMap((ipa) => [ipa - 8n, ipa]);
  return new Set(all.filter((ipa) => ipa >= 0n));
}

function answer(model: TableModel, ipa: bigint, access: WalkAccess): Translation {
  const leaf = model.at(ipa);
  if (typeof leaf === 'number') return { type: 0x04, level: leaf };
  const { attributes, level } = leaf;
  const set = (bit: number) => (attributes >> BigInt(bit)) % 2n === 1n;
  if (!set(10)) return { type: 0x08, level };
  const allowed = { read: set(6), write: set(7), execute: !set(54) }[access];
  return allowed ? { pa: leaf.pa + (ipa - leaf.ipa) } : { type: 0x0c, level };
}
