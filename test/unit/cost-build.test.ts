import { describe, expect, test } from 'vitest';
import { BuildError, parseBuild } from '../../src/cost/index.js';
import { dataFile, handlerBlock, loadBuild, SITES, spoiledBuild } from './fixtures-cost/load.js';

describe('a build file', () => {
  const build = loadBuild('gcc12c-rfc');

  test('says what was compiled', () => {
    expect(build).toMatchObject({ id: 'gcc12c-rfc', variant: 'rfc', compiler: 'GCC 12.2' });
    expect(build.source.get('mmu.c')).toMatch(/^1d2d3df/);
    expect(build.cores).toEqual(['cortex-a53', 'cortex-a55', 'cortex-a57', 'neoverse-n1']);
  });

  test('places the added test of the mm', () => {
    const block = build.handler.blocks.get('b27');
    expect(block).toMatchObject({ label: 'a27', bytes: 8, calls: [] });
    expect(block?.end).toEqual({
      kind: 'cond',
      op: 'cbz',
      isKey: false,
      taken: 'b91',
      fall: 'b28',
      site: 'U2',
      when: { kind: 'predicate', name: 'vm_has_mm', negated: true },
    });
  });

  test('may hold more than the format names', () => {
    const more = spoiledBuild((file) => {
      file.extra = { anything: [1] };
      handlerBlock(file, 'b0').extra = 'x';
    });
    expect(more.id).toBe('gcc12c-rfc');
  });

  test('may end a function in a tail call', () => {
    const tail = spoiledBuild((file) => {
      const block = handlerBlock(file, 'b0');
      for (const key of ['op', 'taken', 'fall', 'site', 'when']) delete block[key];
      Object.assign(block, { term: 'tailcall', calls: ['printk', 'kvm_is_write_fault'] });
    });
    const counts = tail.handler.blocks.get('b0')?.counts;
    expect(counts).toMatchObject({ calls: 1, br: 1, cbr: 0, ret: 0 });
  });
});

const A = 'kvm_handle_guest_abort';

// biome-ignore lint/suspicious/noExplicitAny: the cases reach into parsed JSON
type Spoil = (file: any) => void;
const block =
  (id: string, change: object): Spoil =>
  (file) =>
    Object.assign(handlerBlock(file, id), change);

const CASES: [what: string, spoil: Spoil, field: string, problem: string][] = [
  [
    'another format',
    (f) => (f.format = 'stage2-build/2'),
    'format',
    'found "stage2-build/2", expected stage2-build/1',
  ],
  [
    'a successor that does not exist',
    block('b0', { taken: 'b999' }),
    `${A} b0`,
    'taken names "b999", which is no block of the function',
  ],
  [
    'a dangling fall-through',
    block('b0', { fall: 'b998' }),
    `${A} b0`,
    'fall names "b998", which is no block of the function',
  ],
  [
    'an unknown predicate',
    block('b0', { when: '!is_wrote' }),
    `${A} b0.when`,
    'unknown predicate "is_wrote"',
  ],
  [
    'an undeclared predicate',
    (f) => delete f.predicates.type_sea,
    `${A} b0.when`,
    'predicate "type_sea" is not declared by the file',
  ],
  [
    'an unknown predicate deep inside',
    block('b0', { when: ['or', 'is_cm', ['and', 'is_dabt', 'x']] }),
    `${A} b0.when[2][2]`,
    'unknown predicate "x"',
  ],
  [
    'an operator that is none',
    block('b0', { when: ['xor', 'is_cm', 'is_dabt'] }),
    `${A} b0.when[0]`,
    'found "xor", expected and or or',
  ],
  [
    'an empty condition',
    block('b0', { when: [] }),
    `${A} b0.when`,
    'found an array of 0, expected an operator and its terms',
  ],
  [
    'an unknown quantity of a loop',
    block('b0', { when: { count_from: 'room', bias: 0, first: 'taken' } }),
    `${A} b0.when.count_from`,
    'unknown quantity "room"',
  ],
  [
    'a loop without a direction',
    block('b0', { when: { count_from: 'alloc_ok', bias: 0, first: 'up' } }),
    `${A} b0.when.first`,
    'found "up", expected taken or fall',
  ],
  [
    'a site nobody knows',
    block('b0', { site: 'Z9' }),
    `${A} b0.site`,
    'found "Z9", expected the tag of a branch site in the site table',
  ],
  [
    'a bad end',
    block('b0', { term: 'goto' }),
    `${A} b0.term`,
    'found "goto", expected cond or jump or fallthrough or ret or tailcall or trap',
  ],
  [
    'a bad branch',
    block('b0', { op: 'jne' }),
    `${A} b0.op`,
    'found "jne", expected a conditional branch, or nop or b for a static key',
  ],
  [
    'a missing entry',
    (f) => (f.functions[A].entry = 'b777'),
    `functions.${A}.entry`,
    'found "b777", expected the id of a block of the function',
  ],
  ['overlapping blocks', block('b1', { off: 64 }), `${A} b1`, 'the block overlaps the one before it'],
  [
    'a block outside its function',
    block('b91', { bytes: 4000 }),
    `${A} b91`,
    'the block ends outside its function of 1948 bytes',
  ],
  ['two blocks of one id', block('b1', { id: 'b0' }), `functions.${A}`, 'two blocks are called "b0"'],
  [
    'a call of a stranger',
    block('b0', { calls: ['memcpy'] }),
    `${A} b0.calls[0]`,
    'found "memcpy", expected a function, a callee or an opaque callee',
  ],
  [
    'a tail call of nothing',
    block('b15', { term: 'tailcall', calls: [] }),
    `${A} b15.calls`,
    'found an array of 0, expected the target of the tail call',
  ],
  [
    'a negative count',
    block('b0', { insn: -1 }),
    `${A} b0.insn`,
    'found -1, expected a whole number from 0 to 4294967295',
  ],
  [
    'a count that is not whole',
    block('b0', { loads: 1.5 }),
    `${A} b0.loads`,
    'found 1.5, expected a whole number from 0 to 4294967295',
  ],
  [
    'a count that is no number',
    block('b0', { stores: Number.NaN }),
    `${A} b0.stores`,
    'found NaN, expected a whole number from 0 to 4294967295',
  ],
  [
    'blocks without cycles',
    (f) => delete f.mca['cortex-a55'][A].b5,
    `mca.cortex-a55.${A}.b5`,
    'found nothing, expected a number',
  ],
  [
    'a function without cycles',
    (f) => delete f.mca['cortex-a57'].stage2_set_pte,
    'mca.cortex-a57.stage2_set_pte',
    'found nothing, expected an object',
  ],
  [
    'no handler',
    (f) => {
      f.functions.other = { ...f.functions[A], code: 'z' };
      for (const core of Object.values<Record<string, unknown>>(f.mca)) core.other = core[A];
      delete f.functions[A];
    },
    'functions',
    `there is no function ${A}`,
  ],
  [
    'one letter for two functions',
    (f) => (f.functions.stage2_set_pte.code = 'a'),
    'functions.stage2_set_pte.code',
    `"a" is the code of ${A} too`,
  ],
  [
    'an outcome without a code',
    (f) => (f.callees.find_vma['cache-lost'] = f.callees.find_vma['cache-hit']),
    'callees.find_vma.cache-lost',
    'outcome "cache-lost" of find_vma is not known',
  ],
  [
    'outcomes nothing decides between',
    (f) => (f.callees.pmd_huge.never = f.callees.pmd_huge.any),
    'callees.pmd_huge',
    'several outcomes, but nothing to tell them apart',
  ],
  [
    'a slope over an unknown quantity',
    (f) => (f.callees.find_vma['*'].per.steps = { insn: 1, cycles: [0, 0, 0, 0] }),
    'callees.find_vma.*.per.steps',
    'unknown quantity "steps"',
  ],
  [
    'cycles for too few cores',
    (f) => f.callees.pmd_huge.any.cycles.pop(),
    'callees.pmd_huge.any.cycles',
    'found an array of 3, expected the cycles of 4 cores',
  ],
  [
    'a callee that is a function too',
    (f) => (f.callees[A] = f.callees.pmd_huge),
    '',
    `"${A}" is both a function and a callee`,
  ],
  [
    'a constant nobody declared',
    (f) => (f.constants.always = true),
    'constants.always',
    'predicate "always" is not declared by the file',
  ],
  [
    'a constant that is no flag',
    (f) => (f.constants.va_linear = 1),
    'constants.va_linear',
    'found 1, expected true or false',
  ],
];

describe('a spoiled build file is refused in one line that names the place', () => {
  test.each(CASES)('%s', (_, spoil, field, problem) => {
    let found: unknown;
    try {
      spoiledBuild(spoil);
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(BuildError);
    const where = field === '' ? '' : `${field}: `;
    expect(found).toMatchObject({
      code: 'EINVAL',
      file: 'gcc12c-rfc.json',
      field,
      message: `gcc12c-rfc.json: ${where}${problem}`,
    });
  });

  test.each([null, 1, 'x', [], {}, { format: 'stage2-build/1' }])('%j', (value) => {
    expect(() => parseBuild(value, 'x.json', SITES)).toThrow(BuildError);
  });

  test('text of the file cannot break the line', () => {
    expect(() =>
      parseBuild({ ...dataFile('builds/gcc12c-rfc.json'), format: 'a\nb' }, 'x\ny.json', SITES),
    ).toThrow('x\\ny.json: format: found "a\\nb", expected stage2-build/1');
  });
});
