import { type Citations, readCitations, readConstant } from './constant.js';
import { type DataError, show } from './error.js';
import { Field } from './field.js';
import type { KernelClass, KernelKind, KernelPart, KernelTable, RegisterGroup } from './kernel.js';

const FORMAT = 'stage2-kernels/1';

/** Reads src/data/kernels.json. @throws {@link DataError} naming what is wrong. */
export function parseKernels(value: unknown, file: string): KernelTable {
  const root = Field.root(value, file, FORMAT);
  const cited = readCitations(root.get('sources'));
  const stall = root.get('stall');
  return {
    kernels: root.get('kernels').map((field, name) => readKernel(name, field, cited)),
    stall: {
      inOrder: readConstant(stall.get('in-order'), cited),
      outOfOrder: readConstant(stall.get('out-of-order'), cited),
    },
    functions: readFunctions(root.get('functions'), cited),
    vmmSpread: readConstant(root.get('vmmSpread'), cited),
    prices: root.get('prices').map((price) => readConstant(price, cited)),
    fwb: new Set(root.get('fwb').get('cores').texts()),
  };
}

function readFunctions(field: Field, cited: Citations): ReadonlyMap<string, KernelPart> {
  const entries = field.entries().filter(([name]) => name !== 'about');
  return new Map(entries.map(([name, item]) => [name, readPart(item, cited)]));
}

function readKernel(name: string, field: Field, cited: Citations): KernelClass {
  const parts = field.get('parts').map((item) => readPart(item, cited));
  const list = (at: Field): KernelPart[] =>
    at.present ? at.list().map((item) => parts.get(item.text()) ?? item.expected('a part')) : [];
  const change = field.get('switch');
  return {
    name,
    about: field.get('about').text(),
    kinds: field.get('kinds').map((item) => readKind(item, list)),
    switch: {
      world: change.get('world').optional((world) => world.flag()) ?? false,
      parts: list(change.get('parts')),
      permission: list(change.get('permission')),
    },
    groups: readGroups(field.get('groups'), cited),
    groupFence: list(field.get('groupFence')),
    hostAtEl2: field.get('host').optional((host) => host.oneOf(['el2'])) !== undefined,
  };
}

function readKind(field: Field, list: (at: Field) => KernelPart[]): KernelKind {
  return {
    worldSwitch: field.get('switch').optional((name) => name.text()),
    path: field.get('path').optional((name) => name.text()),
    parts: list(field.get('parts')),
    noFwb: list(field.get('noFwb')),
    locked: list(field.get('locked')),
    lockedNoFwb: list(field.get('lockedNoFwb')),
    lock: field.get('lock').optional((lock) => lock.oneOf(['exclusive', 'shared'] as const)),
    measured: field
      .get('measured')
      .optional((insn) => ({ fwb: insn.get('fwb').count(), noFwb: insn.get('noFwb').count() })),
  };
}

function readGroups(field: Field, cited: Citations): ReadonlyMap<string, RegisterGroup> {
  const read = (group: Field): RegisterGroup => ({
    save: readPart(group.get('save'), cited),
    restore: readPart(group.get('restore'), cited),
  });
  return field.optional((groups) => groups.map(read)) ?? new Map();
}

function readPart(field: Field, cited: Citations): KernelPart {
  return {
    counts: field.get('counts').map((n) => BigInt(n.count())),
    src: field
      .get('src')
      .list()
      .map((id) => cited.get(id.text()) ?? id.fail(`found ${show(id.value)}, expected the id of a source`)),
  };
}
