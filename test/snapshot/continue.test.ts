// A restored machine goes on exactly as the saved one does.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fsck } from '../../src/kvm/index.js';
import { restoreSnapshot, saveSnapshot } from '../../src/snapshot/index.js';
import { isSame } from '../reliability/state.js';
import { HANDLERS, Numbers, step, world } from './driver.js';

const POINTS = 5;
const STEPS_BETWEEN = 40;
const STEPS_AFTER = 60;
const SCALAR = {
  functional: 'dist/core/stage2-scalar.wasm',
  accounted: 'dist/core/stage2-scalar-accounted.wasm',
};
const WASM_PAGE = 65_536;
const BASE = 3 * WASM_PAGE;

/** Steps from a state of the random numbers; what each answers. */
function run(objects: Parameters<typeof step>[0], state: number, steps: number) {
  const numbers = new Numbers(state);
  return { answers: Array.from({ length: steps }, () => step(objects, numbers)), state: numbers.state };
}

/** A memory full of ones with room for the machine at BASE. */
function foreignMemory(bytes: number): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: BASE / WASM_PAGE + Math.ceil(bytes / WASM_PAGE) + 1 });
  new Uint8Array(memory.buffer).fill(0xff);
  return memory;
}

const seed = Math.floor(Math.random() * 2 ** 32);

describe.each([
  ['functional', false],
  ['accounted', true],
] as const)(`a snapshot of a machine of the %s core, seed ${seed}`, (_, accounted) => {
  it('goes on as the machine that was saved, at many points of a history', () => {
    const objects = world(accounted);
    let { state } = run(objects, seed, STEPS_BETWEEN);
    for (let point = 0; point < POINTS; point++) {
      const bytes = saveSnapshot(objects.machine);
      const restored = restoreSnapshot(bytes, { onMmio: HANDLERS });
      expect(isSame(saveSnapshot(restored.machine), bytes)).toBe(true);
      expect(fsck(restored.machine)).toEqual(fsck(objects.machine));
      const expected = run(objects, state, STEPS_AFTER);
      expect(run(restored, state, STEPS_AFTER).answers).toEqual(expected.answers);
      expect(isSame(saveSnapshot(restored.machine), saveSnapshot(objects.machine))).toBe(true);
      state = expected.state;
    }
  });

  it('is restored at any place of the embedder’s memory, and nothing beside it is touched', () => {
    const objects = world(accounted);
    const { state } = run(objects, seed, STEPS_BETWEEN);
    const bytes = saveSnapshot(objects.machine);
    const memory = foreignMemory(objects.machine.bytes);
    const restored = restoreSnapshot(bytes, { onMmio: HANDLERS, memory, memoryBase: BASE });
    const expected = run(objects, state, STEPS_AFTER);
    expect(run(restored, state, STEPS_AFTER).answers).toEqual(expected.answers);
    expect(isSame(saveSnapshot(restored.machine), saveSnapshot(objects.machine))).toBe(true);
    const around = [
      new Uint8Array(memory.buffer, 0, BASE),
      new Uint8Array(memory.buffer, BASE + objects.machine.bytes),
    ];
    for (const outside of around) expect(outside.every((byte) => byte === 0xff)).toBe(true);
  });

  it('goes on in a core without SIMD as well', () => {
    const objects = world(accounted);
    const { state } = run(objects, seed, STEPS_BETWEEN);
    const core = new WebAssembly.Module(readFileSync(accounted ? SCALAR.accounted : SCALAR.functional));
    const restored = restoreSnapshot(saveSnapshot(objects.machine), { onMmio: HANDLERS, core });
    const expected = run(objects, state, STEPS_AFTER);
    expect(run(restored, state, STEPS_AFTER).answers).toEqual(expected.answers);
    expect(isSame(saveSnapshot(restored.machine), saveSnapshot(objects.machine))).toBe(true);
  });

  it('does not depend on where the machine lies that was saved', () => {
    const here = world(accounted);
    const there = world(accounted, { memory: foreignMemory(here.machine.bytes), memoryBase: BASE });
    run(here, seed, STEPS_BETWEEN);
    run(there, seed, STEPS_BETWEEN);
    expect(isSame(saveSnapshot(there.machine), saveSnapshot(here.machine))).toBe(true);
  });

  it('changes nothing of the machine that is saved', () => {
    const { machine } = world(accounted);
    const before = machine.view.bytes(0, machine.bytes).slice();
    saveSnapshot(machine);
    expect(isSame(machine.view.bytes(0, machine.bytes), before)).toBe(true);
  });
});
