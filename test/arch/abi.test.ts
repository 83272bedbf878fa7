// What docs/abi.md promises: the numbers and exports of an ABI version stay, and hosts of another are told.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cName } from '../../scripts/c-header.mjs';
import { builtAbi } from '../../scripts/record-abi.mjs';
import { ABI_MAGIC, ABI_VERSION, HEADER_ABI, HEADER_MAGIC } from '../../src/abi/layout.js';
import { coreModule } from '../../src/core/load.js';
import { Machine } from '../../src/core/machine.js';
import { machineBytes } from '../../src/core/plan.js';
import recorded from './abi.json' with { type: 'json' };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const wasm = (name: string) => new WebAssembly.Module(readFileSync(`${ROOT}build/${name}.wasm`));
const SMALL = {
  arenaBytes: 4096,
  tablePool: { pa: 1n << 40n, pages: 1 },
  roots: { pa: 1n << 41n, size: 4096 },
};

/** (module (import "env" "memory" (memory 0)) (func (export "abiVersion") (result i32) i32.const 99)) */
const VERSION_99 =
  '0061736d0100000001050160' +
  '00017f020f0103656e76066d656d6f7279020000030201' +
  '00070e010a61626956657273696f6e00000a0701050041e3000b';

/** Entries of `before` that `after` has not, or not with the same value. */
function changed(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  return Object.keys(before).filter((name) => before[name] !== after[name]);
}

describe('an ABI version', () => {
  it('keeps its numbers and exports: what moves one raises ABI_VERSION and runs scripts/record-abi.mjs', async () => {
    const built = await builtAbi();
    expect(built.version).toBe(recorded.version);
    expect(changed(recorded.numbers, built.numbers)).toEqual([]);
    expect(changed(recorded.exports, built.exports)).toEqual([]);
  });

  it('is what every core says before it has memory, and stamps into the header', () => {
    for (const name of ['stage2', 'stage2-accounted', 'stage2-scalar', 'stage2-scalar-accounted']) {
      const memory = new WebAssembly.Memory({ initial: 0 });
      const { abiVersion } = new WebAssembly.Instance(wasm(name), { env: { memory } }).exports;
      expect((abiVersion as () => number)()).toBe(ABI_VERSION);
    }
    const machine = new Machine(SMALL);
    expect([machine.header(HEADER_MAGIC), machine.header(HEADER_ABI)]).toEqual([ABI_MAGIC, ABI_VERSION]);
  });

  it('is in the C header with every other number', async () => {
    const header = readFileSync(`${ROOT}dist/core/stage2_abi.h`, 'utf8');
    const defined = new Map(
      [...header.matchAll(/\b(STAGE2_\w+)(?: =)? (0x[\da-f]+|-?\d+)/g)].map(([, name, value]) => [
        name,
        Number(value),
      ]),
    );
    const { numbers } = await builtAbi();
    const missing = Object.entries(numbers).filter(
      ([name, value]) => defined.get(cName(name.split(' ')[1] ?? '')) !== value,
    );
    expect(missing).toEqual([]);
  });
});

describe('a core given to a machine', () => {
  it.each(['stage2', 'stage2-scalar'])('may be %s.wasm, compiled by the embedder', (name) => {
    expect(new Machine({ ...SMALL, core: wasm(name) }).core.abiVersion()).toBe(ABI_VERSION);
  });

  it('is refused unless it is of this ABI, accounted as asked for, and a core at all', () => {
    const refused = (core: unknown, accounted: boolean, message: string) =>
      expect(() => new Machine({ ...SMALL, accounted, core: core as WebAssembly.Module })).toThrow(message);
    const bytes = (hex: string) => new WebAssembly.Module(Buffer.from(hex, 'hex'));
    refused(bytes(VERSION_99), false, `core: ABI version 99, expected ${ABI_VERSION}`);
    refused(bytes('0061736d01000000'), false, 'core: no abiVersion, expected a core of stage2');
    refused(
      coreModule(true),
      false,
      'core: found stage2-accounted.wasm, expected stage2.wasm (accounted false)',
    );
    refused(
      coreModule(false),
      true,
      'core: found stage2.wasm, expected stage2-accounted.wasm (accounted true)',
    );
    refused('core.wasm', false, 'core: found string, expected a WebAssembly.Module');
  });

  it('that refuses it leaves the memory as it was', () => {
    const options = { ...SMALL, accounted: true };
    const memory = new WebAssembly.Memory({ initial: Math.ceil(machineBytes(options) / 65536) });
    const bytes = new Uint8Array(memory.buffer).fill(0xa5);
    expect(() => new Machine({ ...options, memory, core: coreModule(false) })).toThrow('expected stage2-acc');
    expect(bytes.every((byte) => byte === 0xa5)).toBe(true);
  });
});

describe('docs/abi.md', () => {
  const text = readFileSync(`${ROOT}docs/abi.md`, 'utf8');

  it('describes every export with as many arguments as it has', () => {
    const described = new Map(
      [...text.matchAll(/`(\w+)\(([^)]*)\)[ \w]*`/g)].map(([, name, list = '']) => [
        name,
        list.split(',').filter(Boolean).length,
      ]),
    );
    const exports = new WebAssembly.Instance(wasm('stage2-accounted'), {
      env: { memory: new WebAssembly.Memory({ initial: 0 }) },
    }).exports as Record<string, () => unknown>;
    for (const [name, { length }] of Object.entries(exports))
      expect([name, described.get(name)]).toEqual([name, length]);
  });

  it('names no constant that there is not, and says which version it is about', async () => {
    const { numbers } = await builtAbi();
    const known = new Set(Object.keys(numbers).map((name) => name.split(' ')[1]));
    const named = [...text.matchAll(/`([A-Z][A-Z\d]*_[A-Z\d_]+)`/g)].map(([, name]) => name ?? '');
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter((name) => !known.has(name) && !/^(STAGE2|_)/.test(name))).toEqual([]);
    expect(text).toContain(`The current version is ${ABI_VERSION}`);
  });
});
