import { describe, expect, test } from 'vitest';
import {
  Access,
  CLASS_ACCESS_LSB,
  CLASS_LEVEL_LSB,
  CLASS_S1PTW_LSB,
  ClassType,
  GupOutcome,
  MmioOutcome,
  PfnOutcome,
  SIG_ALLOC_OK,
  SIG_CACHE_ROOM,
  SIG_CALLEES,
  SIG_DISPOSITION_LSB,
  SIG_KNOWN,
  SIG_MAP_LINES,
  SIG_VALUE,
  SIGCALL_CODE_LSB,
  SIGCALL_QUANTITIES_LSB,
  SIGQ_ID_LSB,
  SlotSearch,
  VmaOutcome,
} from '../../src/abi/event.js';
import { Callee, Disposition, Predicate, Quantity } from '../../src/abi/kvm.js';
import {
  CostError,
  decodeSignature,
  describeClass,
  outcomeCode,
  outcomeName,
  outcomesOf,
} from '../../src/cost/index.js';
import { CALLEES } from '../../src/cost/names.js';
import { BUILD_IDS, loadBuild } from './fixtures-cost/load.js';

const call = (callee: Callee, code: number, quantities = 0) =>
  callee | (code << SIGCALL_CODE_LSB) | (quantities << SIGCALL_QUANTITIES_LSB);
const quantity = (id: Quantity, value: number) => (id << SIGQ_ID_LSB) | value;

/** A signature with these callee records, otherwise empty; padded as the core does. */
function signature(...records: number[]): Uint32Array {
  const length = SIG_CALLEES + records.length;
  const words = new Uint32Array(length + (length % 2));
  words.set(records, SIG_CALLEES);
  return words;
}

describe('a signature', () => {
  test('gives class, disposition, signed return value and fault quantities', () => {
    const words = signature(call(Callee.handle_exit, 0));
    words[0] = 0x35 | (Disposition.ERROR << SIG_DISPOSITION_LSB);
    words[1] = -14;
    words[SIG_CACHE_ROOM] = 39;
    words[SIG_ALLOC_OK] = 1_000_000;
    words[SIG_MAP_LINES] = 32_768;
    expect(decodeSignature(words)).toMatchObject({
      faultClass: 0x35,
      disposition: Disposition.ERROR,
      ret: -14,
      quantities: { cache_room: 39, alloc_ok: 1_000_000, map_lines: 32_768 },
    });
  });

  test('names the predicates that are known, on both sides of bit 64', () => {
    const words = signature();
    for (const [id, value] of [
      [Predicate.is_write, true],
      [Predicate.vm_has_mm, false],
      [Predicate.cap_cache_dic, true],
    ] as const) {
      words[SIG_KNOWN + (id >> 5)]! |= 1 << (id & 31);
      if (value) words[SIG_VALUE + (id >> 5)]! |= 1 << (id & 31);
    }
    expect(Predicate.cap_cache_dic).toBeGreaterThanOrEqual(64);
    expect([...decodeSignature(words).predicates]).toEqual([
      ['is_write', true],
      ['vm_has_mm', false],
      ['cap_cache_dic', true],
    ]);
  });

  test('gives calls in order with their outcomes and quantities', () => {
    const words = signature(
      call(Callee.handle_exit, 0),
      call(Callee.gfn_to_memslot, SlotSearch.LRU_BELOW | SlotSearch.NONE_GAP, 2),
      quantity(Quantity.slot_steps_ge, 3),
      quantity(Quantity.slot_steps_lt, 1),
      call(Callee.find_vma, VmaOutcome.CACHE_HIT),
    );
    expect(decodeSignature(words).callees).toEqual([
      { name: 'handle_exit', code: 0, outcome: 'aarch64', q: {} },
      {
        name: 'gfn_to_memslot',
        code: 5,
        outcome: 'lru-below,none-gap',
        q: { slot_steps_ge: 3, slot_steps_lt: 1 },
      },
      { name: 'find_vma', code: 0, outcome: 'cache-hit', q: {} },
    ]);
  });

  test('takes one trailing zero word for padding, but not the first record', () => {
    expect(decodeSignature(signature(call(Callee.handle_exit, 0))).callees).toHaveLength(1);
    expect(
      decodeSignature(signature(call(Callee.handle_exit, 0), call(Callee.down_read, 1))).callees,
    ).toHaveLength(2);
  });

  test.each([
    ['too short', new Uint32Array(4), 'a signature has 14 to 128 words, not 4'],
    ['a callee without a name', signature(200, 0), 'signature calls callee 200, which has no name'],
    [
      'an outcome without a name',
      signature(call(Callee.down_read, 9), 0),
      'outcome code 9 of down_read is not known',
    ],
    ['a record cut short', signature(call(Callee.find_vma, 0, 7)), 'signature gives quantity'],
  ])('that is %s is refused', (_, words, message) => {
    if (message.startsWith('signature gives')) expect(() => decodeSignature(words)).toThrow(CostError);
    else expect(() => decodeSignature(words)).toThrow(message);
  });

  test('with a predicate that has no name is refused', () => {
    const words = signature();
    words[SIG_KNOWN + 3] = 1 << 31;
    expect(() => decodeSignature(words)).toThrow('signature sets predicate 127, which has no name');
  });
});

describe('a fault class in words', () => {
  test('names type, level, access and walk', () => {
    const faultClass =
      ClassType.PERMISSION |
      (3 << CLASS_LEVEL_LSB) |
      (Access.WRITE << CLASS_ACCESS_LSB) |
      (1 << CLASS_S1PTW_LSB);
    expect(describeClass(faultClass)).toEqual({
      type: 'permission',
      level: 3,
      access: 'write',
      s1ptw: true,
      text: 'permission fault, level 3, write, on a stage-1 walk',
    });
  });
});

describe('outcome names', () => {
  test.each([...CALLEES])('of %s are one for each code, and are read back', (callee) => {
    const names = outcomesOf(callee);
    expect(new Set(names.values()).size).toBe(names.size);
    for (const [code, name] of names) expect(outcomeCode(callee, name)).toBe(code);
  });

  test('cover every outcome of every build and every recorded path', () => {
    for (const build of BUILD_IDS.map(loadBuild)) {
      for (const callee of CALLEES) {
        const names = new Set(outcomesOf(callee).values());
        for (const outcome of build.callees.get(callee)?.keys() ?? []) expect(names).toContain(outcome);
      }
    }
  });

  test.each([
    [
      'gfn_to_pfn_prot',
      GupOutcome.PAGE | GupOutcome.READ | GupOutcome.UPGRADED | GupOutcome.TAIL,
      'page,read,upgraded,tail',
    ],
    ['gfn_to_pfn_prot', GupOutcome.PAGE | GupOutcome.READ, 'page,read,not-upgraded'],
    ['gfn_to_pfn_prot', GupOutcome.PFNMAP | GupOutcome.NOT_MEMORY_ABOVE, 'pfnmap,write,not-memory-above'],
    [
      'kvm_set_pfn_accessed',
      PfnOutcome.TAIL | PfnOutcome.INACTIVE | PfnOutcome.ACTIVATE_LRU,
      'page,inactive,activate-lru-anon,tail',
    ],
    ['kvm_set_pfn_accessed', PfnOutcome.NOT_MEMORY_BELOW, 'not-memory,below'],
    [
      'io_mem_abort',
      MmioOutcome.READ | (3 << 2) | MmioOutcome.KERNEL | MmioOutcome.SF | MmioOutcome.AARCH32,
      'read,8,kernel,x,aarch32',
    ],
    ['io_mem_abort', MmioOutcome.WRITE | (2 << 2), 'write,4,user'],
    ['pfn_valid', PfnOutcome.PAGE, 'memory'],
  ] as const)('%s %i is %s', (callee, code, name) => {
    expect(outcomeName(callee, code)).toBe(name);
  });

  test.each([
    [() => outcomeName('find_vma', 3), 'outcome code 3 of find_vma is not known'],
    [() => outcomeName('gfn_to_pfn_prot', GupOutcome.POISON | GupOutcome.TAIL), 'is not known'],
    [() => outcomeCode('find_vma', 'lost'), 'outcome "lost" of find_vma is not known'],
    [() => outcomesOf('printk'), 'callee "printk" has no outcome codes'],
  ])('there is none for what does not exist', (ask, message) => {
    expect(ask).toThrow(message);
  });
});
