// Short histories of several VMs, and the tools of the long ones: shrinking, and files that replay.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SET_ASIDE } from '../model/history/internal-model.js';
import { type History, histories, runHistory, type Step, World } from '../model/history/world.js';
import { historyText, parseHistory } from '../soak/histories/file.js';
import { shrink } from '../soak/histories/shrink.js';

const [sample] = fc.sample(histories(40), { numRuns: 1, seed: 1 }) as [History];

describe('a history of several VMs', () => {
  it('leaves a sound machine after every step, and each VM as its model has it', () => {
    for (const history of fc.sample(histories(60), { numRuns: 8, seed: 20261122 })) {
      const outcome = runHistory(history);
      expect(outcome).toEqual({
        steps: history.steps.length,
        known: expect.any(Number),
        broken: expect.any(Number),
      });
    }
  });

  it('fails at the step after which the machine is not sound', () => {
    const world = new World(sample.setup);
    world.machine.core.tableAlloc();
    expect(() => world.run(sample.steps[0] as Step)).toThrow(/^fsck: page-unowned at 0x/);
  });

  it.each(['asPosted', 'upFront', 'blocks'] as const)(
    'names what a slot mapped %s must return when it is refused pages',
    (idmap) => {
      const act = { do: 'prep', slot: 512, base: SET_ASIDE.pa, size: 0x1000n, flags: 0 } as const;
      const world = new World({
        ...sample.setup,
        internal: { idmap, contiguous: false, region: 'refuse' },
      });
      for (const budget of [0, 1]) world.run({ vm: 'internal', act, budget });
      world.run({ vm: 'internal', act });
      world.end();
    },
  );
});

describe('a history file', () => {
  it('replays the same steps', () => {
    expect(parseHistory(historyText(sample, 'nothing'))).toEqual(sample);
  });

  it.each([
    ['no JSON', '{'],
    ['another file', '{"format":"stage2-vectors","version":2}'],
    ['another version', '{"format":"stage2-history","version":1}'],
    ['no setup', '{"format":"stage2-history","version":2,"steps":[]}'],
    ['no steps', '{"format":"stage2-history","version":2,"setup":{"pageShift":12,"geometry":0}}'],
  ])('is refused if it is %s', (_, text) => {
    expect(() => parseHistory(text)).toThrow();
  });
});

describe('shrinking', () => {
  const of = (n: number) => Array.from({ length: n }, (_, i) => i);

  it('keeps the steps that the failure needs, in their order', () => {
    const needed = [3, 57, 58, 99];
    expect(shrink(of(100), (steps) => needed.every((n) => steps.includes(n)))).toEqual(needed);
  });

  it('keeps one of several that do alone', () => {
    expect(shrink(of(64), (steps) => steps.length > 0)).toHaveLength(1);
  });

  it('keeps all if none can go', () => {
    expect(shrink(of(9), (steps) => steps.length === 9)).toEqual(of(9));
  });
});
