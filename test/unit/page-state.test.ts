// The page's state in a link, and back.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACCESS_KINDS } from '../../src/arm/access.js';
import { DEFAULT_CHOICES } from '../../src/arm/choices.js';
import { CPU_PRESETS, type CpuFeatures } from '../../src/arm/cpu.js';
import { CONFIGS, VARIANTS } from '../../src/web/choices.js';
import { cpuText, FEATURES, featuresOf } from '../../src/web/explorer/features.js';
import {
  decodeState,
  encodeState,
  filesOf,
  initialState,
  type PageState,
  VIEWS,
} from '../../src/web/state.js';

const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const names = fc.array(fc.stringMatching(/^[\w.+-]{1,12}$/), { minLength: 1, maxLength: 4 });
const guestState = fc.oneof(
  fc.constantFrom({ kind: 'cold' as const }, { kind: 'warm' as const }),
  fc.integer({ min: 1, max: 1e9 }).map((cycles) => ({ kind: 'guest' as const, cycles })),
);

const arbitraryState: fc.Arbitrary<PageState> = fc
  .record({
    view: fc.constantFrom(...VIEWS),
    files: fc.record({ trace: fc.string({ minLength: 1 }), profile: fc.string() }),
    explorer: fc.record({
      tables: fc.string({ minLength: 1 }),
      choices: fc
        .record({
          t0sz: fc.constantFrom('fault' as const, 'clamp' as const),
          granule: fc.constantFrom('smallest' as const, 4 as const, 16 as const, 64 as const),
        })
        .map((some) => ({ ...DEFAULT_CHOICES, ...some })),
      cpu: fc.constantFrom(...Object.keys(CPU_PRESETS), 'pa40 4k xnx'),
      vtcr: u64,
      vttbr: u64,
      address: u64,
      mode: fc.constantFrom('ipa' as const, 'va' as const),
      access: fc.constantFrom(...ACCESS_KINDS),
      edits: fc.array(fc.tuple(u64, u64), { maxLength: 3 }),
      follow: fc.boolean(),
    }),
    replay: fc.record({
      config: fc.constantFrom(...CONFIGS),
      variant: fc.constantFrom(...VARIANTS),
      core: fc.string({ minLength: 1 }),
      state: guestState,
      fault: fc.integer({ min: 1, max: 2 ** 31 }),
    }),
    compare: fc.record({
      variants: fc.subarray([...VARIANTS], { minLength: 1 }),
      cores: names,
      states: fc.array(guestState, { minLength: 1, maxLength: 3 }),
      contention: fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000),
      rate: fc.integer({ min: 0, max: 160 }).map((n) => n / 20),
      mebibytes: fc.array(fc.integer({ min: 1, max: 1 << 19 }).map(String), { minLength: 1 }),
      clean: fc.boolean(),
    }),
  })
  .map(({ view, files, explorer, replay, compare }) => {
    const initial = initialState();
    return {
      view,
      files,
      explorer: { ...initial.explorer, ...explorer },
      replay: { ...initial.replay, ...replay },
      compare: { ...initial.compare, ...compare },
    };
  });

describe('a link of the page', () => {
  it('brings every state back', () => {
    fc.assert(
      fc.property(arbitraryState, (state) => {
        expect(decodeState(`#${encodeState(state)}`)).toEqual({ state, problems: [] });
      }),
      { numRuns: 300 },
    );
  });

  it('of what the page opens with names version and view alone', () => {
    expect(encodeState(initialState())).toBe('v=1&view=explorer');
  });

  it('is readable: addresses in hex, names as they are', () => {
    const state = initialState();
    state.explorer = { ...state.explorer, address: 0x4000_0000n, edits: [[0x8000n, 0x3n]] };
    expect(encodeState(state)).toBe('v=1&view=explorer&e.at=0x40000000&e.edit=0x8000:0x3');
  });

  it('names the files that it is about', () => {
    const state = initialState();
    expect(filesOf(state)).toEqual([]);
    state.files = { trace: 't.txt', profile: 'my.json' };
    state.explorer = { ...state.explorer, tables: 'ipa40' };
    expect(filesOf(state)).toEqual(['ipa40', 't.txt', 'my.json']);
  });

  it('without a hash is the state the page opens with', () => {
    expect(decodeState('')).toEqual({ state: initialState(), problems: [] });
  });

  it('with a field that cannot be read has a line about it, and keeps all others', () => {
    const { state, problems } = decodeState(
      '#v=1&view=replay&e.at=zz&e.vtcr=0x10&r.fault=0&c.variants=rfc,pred',
    );
    expect(problems).toEqual([
      'at: found "zz", expected a number such as 0x4000_0000 or 1073741824',
      'fault: found "0", expected a whole number from 1 to 2147483648',
    ]);
    expect(state.view).toBe('replay');
    expect(state.explorer.vtcr).toBe(0x10n);
    expect(state.compare.variants).toEqual(['rfc', 'pred']);
    expect(state.replay.fault).toBe(1);
  });

  it('whose lists are empty, or name what there is not, keeps what the page begins with', () => {
    const { state, problems } = decodeState(
      '#v=1&c.variants=rfc,zzz&c.states=&c.mib=&c.policies=foo&e.edit=1&e.choices=t0sz:maybe',
    );
    expect(state).toEqual(initialState());
    expect(problems.map((problem) => problem.slice(0, problem.indexOf(', expected')))).toEqual([
      'choices.t0sz: found maybe',
      'edit: found "1"',
      'variants: found "zzz"',
      'states: found ""',
      'mib: found ""',
      'policies: found "foo"',
    ]);
  });

  it.each(['0', '2', '99999', 'x', '1e9', '-1'])('of version %s is refused as a whole', (version) => {
    const { state, problems } = decodeState(`#v=${version}&view=compare`);
    expect(state).toEqual(initialState());
    expect(problems).toEqual([`v: found "${version}", expected a link of version 1`]);
  });

  it('never throws, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), (hash) => {
        const { state } = decodeState(hash);
        expect(VIEWS).toContain(state.view);
      }),
    );
    expect(decodeState('#%E0%A4%A=1').problems).toEqual(['link: found "%E0%A4%A=1", expected KEY=TEXT']);
    expect(decodeState('#view=__proto__').problems).toHaveLength(1);
  });
});

describe('the features of a CPU as text', () => {
  it('come back from the text', () => {
    const word = fc.subarray(FEATURES.map((feature) => feature.word));
    fc.assert(
      fc.property(fc.constantFrom('pa40', 'pa48', 'pa52'), word, (pa, words) => {
        const cpu: CpuFeatures = featuresOf([pa, ...words].join(' '), 'cpu');
        expect(featuresOf(cpuText(cpu), 'cpu')).toEqual(cpu);
      }),
    );
  });

  it.each(Object.keys(CPU_PRESETS))('of %s are the name of a core that has the same', (name) => {
    const text = cpuText(featuresOf(name, 'cpu'));
    expect(Object.keys(CPU_PRESETS)).toContain(text);
    expect(featuresOf(text, 'cpu')).toEqual(featuresOf(name, 'cpu'));
  });

  it('with a word that nobody knows are refused by name', () => {
    expect(() => featuresOf('pa48 4k warp', 'cpu')).toThrow('cpu: found "warp", expected cortex-a53');
    expect(() => featuresOf('', 'cpu')).toThrow('cpu: found ""');
  });
});
