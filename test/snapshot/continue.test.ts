// A restored machine goes on exactly as the saved one does.
import { describe, expect, it } from 'vitest';
import { fsck } from '../../src/kvm/index.js';
import { restoreSnapshot, saveSnapshot } from '../../src/snapshot/index.js';
import { HANDLERS, Numbers, step, world } from './driver.js';

const POINTS = 12;
const STEPS_BETWEEN = 40;
const STEPS_AFTER = 60;

/** Steps from a state of the random numbers; what each answers. */
function run(objects: Parameters<typeof step>[0], state: number, steps: number) {
  const numbers = new Numbers(state);
  return { answers: Array.from({ length: steps }, () => step(objects, numbers)), state: numbers.state };
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
      expect(saveSnapshot(restored.machine)).toEqual(bytes);
      expect(fsck(restored.machine)).toEqual(fsck(objects.machine));
      const expected = run(objects, state, STEPS_AFTER);
      expect(run(restored, state, STEPS_AFTER).answers).toEqual(expected.answers);
      expect(saveSnapshot(restored.machine)).toEqual(saveSnapshot(objects.machine));
      state = expected.state;
    }
  });
});
