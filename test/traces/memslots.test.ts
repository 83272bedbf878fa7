import { describe, expect, it } from 'vitest';
import { classifyBacking, parseMemslots, readMemslots } from '../../src/trace/index.js';
import { fixture, inChunks, traceErrorOf } from './sources.js';

const slot = {
  vm: 1,
  slot: 0,
  gpa: '0x40000000',
  size: '0x200000',
  flags: 0,
  flag_names: [],
  hva: '0xffffa6400000',
  backing: 'anon-4k(MADV_NOHUGEPAGE)',
  op: 'create',
  phase: null,
  from_line: 15,
  until_line: 100,
};

const file = {
  trace: 'a.txt.gz',
  kernel: 'Linux 6.1',
  cpu: 'QEMU max',
  host_page_size: 4096,
  vms: [{ vm: 1, ipa_bits: 40, created_line: 14, destroyed_line: 100 }],
  slots: [slot],
  phases: [{ line: 16, phase: 'p01' }],
  host_operations: [{ line: 20, phase: 'p01', op: 'ksm ran' }],
  dumps: [{ line: 30, name: 'd1' }],
  mmio_ranges: { '0x9000000': 'doorbell' },
};

const errorOf = async (value: unknown) =>
  (await traceErrorOf(() => parseMemslots(JSON.stringify(value), 'm.json'))).message;
const errorOfSlots = (...changes: object[]) =>
  errorOf({ ...file, slots: changes.map((change) => ({ ...slot, ...change })) });

describe('parseMemslots on real files', () => {
  it('reads guest A with its kprobes', async () => {
    const name = 'guestA_6.1_max-vhe_kprobes.memslots.json.gz';
    const { trace, hostPageSize, vms, slots, phases, hostOperations, dumps } = await readMemslots(
      fixture(name),
      name,
    );
    expect({ trace, hostPageSize }).toEqual({
      trace: 'guestA_6.1_max-vhe_kprobes.txt.gz',
      hostPageSize: 4096,
    });
    expect(vms).toEqual([{ vm: 1, ipaBits: 40, createdLine: 14, destroyedLine: 63373 }]);
    expect([slots.length, phases.length, hostOperations.length, dumps.length]).toEqual([24, 58, 25, 5]);
    expect(slots[0]).toEqual({
      vm: 1,
      slot: 0,
      gpa: 0x40000000n,
      size: 0x200000n,
      flags: 0,
      hva: 0xffffa6400000n,
      backing: 'anon-4k(MADV_NOHUGEPAGE)',
      backingKind: 'anon4k',
      hugeShift: null,
      op: 'create',
      phase: null,
      fromLine: 15,
      untilLine: 63373,
    });
  });

  it('reads a file of several VMs that use the same slots and addresses', async () => {
    const name = 'guestA-ipa_6.1_max_kprobes.memslots.json.gz';
    const { vms, slots } = await readMemslots(fixture(name), name);
    expect(vms).toHaveLength(12);
    expect(slots).toHaveLength(63);
  });

  it('reads guest B, which lists no VM and no operations', async () => {
    const name = 'guestB_6.1_max_thp.memslots.json.gz';
    const { vms, slots, mmioRanges } = await readMemslots(fixture(name), name);
    expect(vms).toEqual([]);
    expect(slots.map(({ op, phase, untilLine }) => [op, phase, untilLine])).toEqual(
      Array(4).fill([null, null, null]),
    );
    expect(mmioRanges).toContainEqual({
      range: '0xa000000-0xa004000',
      start: 0xa000000n,
      end: 0xa004000n,
      what: 'virtio-mmio transports',
    });
    expect(mmioRanges).toContainEqual({
      range: '0x40000000-',
      start: 0x40000000n,
      end: null,
      what: 'RAM (slot 2)',
    });
  });

  it('keeps a range that is given in words', () => {
    const { mmioRanges } = parseMemslots(
      JSON.stringify({ ...file, mmio_ranges: { 'all else': 'hole' } }),
      'm.json',
    );
    expect(mmioRanges).toEqual([{ range: 'all else', start: null, end: null, what: 'hole' }]);
  });

  it('passes over fields it does not know', () => {
    expect(parseMemslots(JSON.stringify({ ...file, mood: 'good' }), 'm.json')).not.toHaveProperty('mood');
  });
});

describe('classifyBacking', () => {
  it.each([
    ['anon-4k(MADV_NOHUGEPAGE)', 'anon4k', null],
    ['anon-basepage, KVM_MEM_READONLY (ROM)', 'anon4k', null],
    ['anon-thp(MADV_HUGEPAGE)', 'thp', null],
    ['anon-thp, gpa misaligned by 3 pages vs hva', 'thp', null],
    ['QEMU anonymous RAM (MADV_HUGEPAGE) / flash / pvtime', 'thp', null],
    ['hugetlb-64k', 'hugetlb', 16],
    ['hugetlb-2m', 'hugetlb', 21],
    ['hugetlb-32m', 'hugetlb', 25],
    ['hugetlb-1g', 'hugetlb', 30],
    ['hugetlb-3m', 'other', null],
    ['tmpfs file, MAP_PRIVATE PROT_READ, slot flags=0', 'file', null],
    ['tmpfs file, MAP_SHARED', 'file', null],
    ['ro', 'other', null],
  ])('calls %j %s', (text, kind, hugeShift) => {
    expect(classifyBacking(text)).toEqual({ kind, hugeShift });
  });
});

describe('parseMemslots refuses', () => {
  it('text that is no JSON, on one line', async () => {
    const error = await traceErrorOf(() => parseMemslots('{\n "trace": oops\n}', 'm.json'));
    expect(error.message).toMatch(/^m\.json: found text that is not JSON \(.+\), expected a JSON document$/);
  });

  it('an empty file', async () => {
    const { message } = await traceErrorOf(() => parseMemslots('', 'm.json'));
    expect(message).toMatch(/^m\.json: found text that is not JSON/);
  });

  it.each([
    ['null', null, 'm.json: top level: found null, expected an object'],
    ['an array', [1, 2], 'm.json: trace: the field is missing'],
    ['JSON of another sort', { name: 'x', version: 1 }, 'm.json: trace: the field is missing'],
    ['no slots', { ...file, slots: undefined }, 'm.json: slots: the field is missing'],
    ['slots that are no array', { ...file, slots: {} }, 'm.json: slots: found an object, expected an array'],
    [
      'an odd page size',
      { ...file, host_page_size: 5000 },
      'm.json: host_page_size: found 5000, expected a page size: 4096, 16384 or 65536',
    ],
    [
      'a phase without a line',
      { ...file, phases: [{ phase: 'p' }] },
      'm.json: phases[0].line: the field is missing',
    ],
    [
      'line 0',
      { ...file, dumps: [{ line: 0, name: 'd' }] },
      'm.json: dumps[0].line: found 0, expected a whole number from 1 to 4294967295',
    ],
  ])('%s', async (_, value, message) => {
    expect(await errorOf(value)).toBe(message);
  });

  it.each([
    [
      'an address that is a JSON number',
      { gpa: 0x40000000 },
      'm.json: slots[0].gpa: found 1073741824, expected a hex string of up to 64 bits such as "0x1000"',
    ],
    [
      'an address wider than 64 bits',
      { gpa: '0x10000000000000000' },
      'm.json: slots[0].gpa: found "0x10000000000000000", expected a hex string of up to 64 bits such as "0x1000"',
    ],
    [
      'an unaligned gpa',
      { gpa: '0x40000800' },
      'm.json: slots[0].gpa: found 0x40000800, expected a multiple of 4096',
    ],
    [
      'an unaligned size',
      { size: '0x1001' },
      'm.json: slots[0].size: found 0x1001, expected a multiple of 4096',
    ],
    [
      'an unaligned hva',
      { hva: '0x1001' },
      'm.json: slots[0].hva: found 0x1001, expected a multiple of 4096',
    ],
    ['a slot of size 0', { size: '0x0' }, 'm.json: slots[0].size: found 0, expected a size above 0'],
    [
      'a slot beyond 52 bits',
      { gpa: '0xffffffffff000', size: '0x2000' },
      'm.json: slots[0].gpa: found a slot that ends at 0x10000000001000, expected an end of at most 0x10000000000000',
    ],
    [
      'a slot that ends before it begins',
      { from_line: 15, until_line: 14 },
      'm.json: slots[0].until_line: found 14, expected a line from 15 (from_line) on',
    ],
    [
      'a fractional slot number',
      { slot: 1.5 },
      'm.json: slots[0].slot: found 1.5, expected a whole number from 0 to 32767',
    ],
    [
      'a backing that is no text',
      { backing: null },
      'm.json: slots[0].backing: found null, expected a string',
    ],
  ])('%s', async (_, change, message) => {
    expect(await errorOfSlots(change)).toBe(message);
  });

  it('16K-unaligned slots on a host of 16K pages', async () => {
    const message = await errorOf({
      ...file,
      host_page_size: 16384,
      slots: [{ ...slot, gpa: '0x40001000' }],
    });
    expect(message).toBe('m.json: slots[0].gpa: found 0x40001000, expected a multiple of 16384');
  });

  it('slots of one VM that overlap while both are in force, and names both', async () => {
    expect(await errorOfSlots({}, { slot: 7, gpa: '0x401ff000', from_line: 50, until_line: null })).toBe(
      'm.json: slots[1]: found slot 7 at 0x401ff000 size 0x200000 lines 50 to the end, ' +
        'expected no overlap with slots[0] (slot 0 at 0x40000000 size 0x200000 lines 15 to 100) of the same VM',
    );
  });

  it('overlapping slots in whatever order the file has them', async () => {
    const message = await errorOfSlots({ slot: 7, from_line: 50, until_line: null }, { from_line: 1 });
    expect(message).toMatch(/^m\.json: slots\[1\]: found slot 0 .* no overlap with slots\[0\] \(slot 7 /);
  });

  it('one slot number in two places at the same time', async () => {
    const message = await errorOfSlots({}, { gpa: '0x80000000', from_line: 50 });
    expect(message).toMatch(/^m\.json: slots\[1\]: .*expected another slot number than slots\[0\]/);
  });

  it('a file with damaged gzip data', async () => {
    await traceErrorOf(() => readMemslots(inChunks(Uint8Array.of(0x1f, 0x8b, 8, 0)), 'm.json.gz'));
  });
});

describe('parseMemslots accepts', () => {
  const accepts = (...changes: object[]) => {
    const slots = changes.map((change) => ({ ...slot, ...change }));
    return parseMemslots(JSON.stringify({ ...file, slots }), 'm.json').slots;
  };

  it('the same place again from the line where the slot ended', () => {
    expect(accepts({}, { flags: 1, op: 'flags', from_line: 100, until_line: null })).toHaveLength(2);
  });

  it('the same place at the same time in another VM', () => {
    expect(accepts({}, { vm: 2 })).toHaveLength(2);
  });

  it('slots that touch', () => {
    expect(accepts({}, { slot: 1, gpa: '0x40200000' })).toHaveLength(2);
  });

  it('a slot that ends just at 52 bits', () => {
    expect(accepts({ gpa: '0xfffffffe00000' })).toHaveLength(1);
  });
});
