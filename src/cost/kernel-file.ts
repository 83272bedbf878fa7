import { type Citations, readCitations, readConstant } from './constant.js';
import { DataError, show } from './error.js';
import { Field } from './field.js';
import type { KernelClass, KernelKind, KernelPart, KernelTable, RegisterGroup } from './kernel.js';

const FORMAT = 'stage2-kernels/1';

/** Reads src/data/kernels.json. @throws {@link DataError} naming what is wrong. */
export function parseKernels(value: unknown, file: string): KernelTable {
  const root = Field.root(value, file, DataError);
  if (root.get('format').value !== FORMAT) root.get('format').expected(FORMAT);
  const cited = readCitations(root.get('sources'));
  const stall = root.get('stall');
  const kernels = root
    .get('kernels')
    .entries()
    .map(([name, field]) => [name, readKernel(name, field, cited)] as const);
  return {
    kernels: new Map(kernels),
    stall: {
      inOrder: readConstant(stall.get('in-order'), cited),
      outOfOrder: readConstant(stall.get('out-of-order'), cited),
    },
    functions: readFunctions(root.get('functions'), cited),
    vmmSpread: readConstant(root.get('vmmSpread'), cited),
    prices: new Map(
      root
        .get('prices')
        .entries()
        .map(([event, price]) => [event, readConstant(price, cited)]),
    ),
    fwb: new Set(texts(root.get('fwb').get('cores'))),
  };
}

function readFunctions(field: Field, cited: Citations): ReadonlyMap<string, KernelPart> {
  const entries = field.entries().filter(([name]) => name !== 'about');
  return new Map(entries.map(([name, item]) => [name, readPart(item, cited)]));
}

function readKernel(name: string, field: Field, cited: Citations): KernelClass {
  const parts = new Map(
    field
      .get('parts')
      .entries()
      .map(([part, item]) => [part, readPart(item, cited)]),
  );
  const list = (at: Field): KernelPart[] =>
    at.present ? at.list().map((item) => parts.get(item.text()) ?? item.expected('a part')) : [];
  const change = field.get('switch');
  const host = field.get('host');
  return {
    name,
    about: field.get('about').text(),
    kinds: new Map(
      field
        .get('kinds')
        .entries()
        .map(([kind, item]) => [kind, readKind(item, list)]),
    ),
    switch: {
      world: change.get('world').present && change.get('world').flag(),
      parts: list(change.get('parts')),
      permission: list(change.get('permission')),
    },
    groups: readGroups(field.get('groups'), cited),
    groupFence: list(field.get('groupFence')),
    hostAtEl2: host.present && host.oneOf(['el2']) === 'el2',
  };
}

function readKind(field: Field, list: (at: Field) => KernelPart[]): KernelKind {
  const optional = (at: Field): string | undefined => (at.present ? at.text() : undefined);
  const lock = field.get('lock');
  const measured = field.get('measured');
  return {
    worldSwitch: optional(field.get('switch')),
    path: optional(field.get('path')),
    parts: list(field.get('parts')),
    noFwb: list(field.get('noFwb')),
    locked: list(field.get('locked')),
    lockedNoFwb: list(field.get('lockedNoFwb')),
    lock: lock.present ? lock.oneOf(['exclusive', 'shared'] as const) : undefined,
    measured: measured.present
      ? { fwb: measured.get('fwb').count(), noFwb: measured.get('noFwb').count() }
      : undefined,
  };
}

function readGroups(field: Field, cited: Citations): ReadonlyMap<string, RegisterGroup> {
  if (!field.present) return new Map();
  return new Map(
    field
      .entries()
      .map(([name, group]) => [
        name,
        { save: readPart(group.get('save'), cited), restore: readPart(group.get('restore'), cited) },
      ]),
  );
}

function readPart(field: Field, cited: Citations): KernelPart {
  return {
    counts: new Map(
      field
        .get('counts')
        .entries()
        .map(([event, n]) => [event, BigInt(n.count())]),
    ),
    src: field
      .get('src')
      .list()
      .map((id) => cited.get(id.text()) ?? id.fail(`found ${show(id.value)}, expected the id of a source`)),
  };
}

function texts(field: Field): string[] {
  return field.list().map((item) => item.text());
}
