import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLine, type TraceEvent } from '../../src/trace/index.js';

const ENTRY = 'kvm_entry: PC: 0x00000000400015e4';

describe('the columns before the name of an event', () => {
  it.each([
    [' ld-linux-aarch6-106     [000] .....     5.408516: ', 'ld-linux-aarch6-106', 0],
    ['      khugepaged-28      [003] dN.2.    14.448044: ', 'khugepaged-28', 3],
    ['          <idle>-0       [127] d.h1.     5.408516: ', '<idle>-0', 127],
    ['           <...>-4121    [001] .....     5.408516: ', '<...>-4121', 1],
    ['    kworker/0:1H-57      [000] .....     5.408516: ', 'kworker/0:1H-57', 0],
    ['     CPU 0/KVM-4711     [002] .....     5.408516: ', 'CPU 0/KVM-4711', 2],
    ['    a [001] b: c-12      [002] .....     5.408516: ', 'a [001] b: c-12', 2],
    ['   my-vm--7-1-99         [000] .....     5.408516: ', 'my-vm--7-1-99', 0],
    ['                -12      [000] .....     5.408516: ', '-12', 0],
    ['             vmm-103   [000]     3.589191: ', 'vmm-103', 0],
    ['             vmm-103   [000] d..1.     3.589191: ', 'vmm-103', 0],
    ['             vmm-103   [000] 123456789.589191123: ', 'vmm-103', 0],
    ['             vmm-108     (    108) [000] d....     5.408516: ', 'vmm-108', 0],
    ['             vmm-108     (-------) [000] d....     5.408516: ', 'vmm-108', 0],
    ['             vmm-108     [000] d....  9177236: ', 'vmm-108', 0],
  ])('are understood in %j', (columns, task, cpu) => {
    expect(parseLine(columns + ENTRY, 1)).toEqual({ kind: 'entry', line: 1, task, cpu, pc: 0x400015e4n });
  });

  it.each([
    ['none at all', ENTRY],
    ['no thread id', `             vmm     [000] .....     5.408516: ${ENTRY}`],
    ['no CPU', `             vmm-108     .....     5.408516: ${ENTRY}`],
    ['no time stamp', `             vmm-108     [000] ..... ${ENTRY}`],
    ['a CPU that is no number', `             vmm-108     [x] .....     5.408516: ${ENTRY}`],
    ['no name', '             vmm-108     [000] .....     5.408516: hello'],
    ['nothing behind the time stamp', '             vmm-108     [000] .....     5.408516: '],
    [
      'a function tracer line',
      '             vmm-108     [000] .....     5.408516: kvm_vcpu_ioctl <-ksys_ioctl',
    ],
    ['the second line of a marker', 'of a text in two lines'],
  ])('make the line unparsed if there is %s', (_, text) => {
    const expected = { kind: 'unparsed', line: 9, task: '', cpu: -1, reason: 'not an event line', text };
    expect(parseLine(text, 9)).toEqual(expected);
  });
});

describe('lines that are no events', () => {
  it.each([
    '# tracer: nop',
    '#',
    '##### CPU 2 buffer started ####',
    'cpus=1',
    'version = 7',
    'CPU 3 is empty',
    '',
    '   ',
  ])('are passed over: %j', (text) => {
    expect(parseLine(text, 1)).toBeNull();
  });

  it.each(['CPU:3 [LOST 12 EVENTS]', 'CPU:3 [LOST EVENTS]', 'CPU:0 [128 EVENTS DROPPED]'])(
    'are counted if they say that events were lost: %s',
    (text) => {
      expect(parseLine(text, 1)).toMatchObject({ kind: 'unparsed', reason: 'events lost', text });
    },
  );
});

const payload = (text: string) => parseLine(`             vmm-108     [000] d....     3.297813: ${text}`, 1);

describe('a known event with another payload', () => {
  it.each([
    ['kvm_exit: TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: ', 'kvm_exit: expected a hex number of 6 to 16 digits'],
    ['kvm_exit: TRAP: HSR_EC: 0x0024 (DABT_LOW)', 'kvm_exit: expected text and "), PC: "'],
    [
      'kvm_exit: reason EPT_VIOLATION rip 0xffffffff81060f2e info 0 0',
      'kvm_exit: expected text and ": HSR_EC: "',
    ],
    ['kvm_entry: vcpu 0, rip 0xfff0', 'kvm_entry: expected "PC: "'],
    ['kvm_entry: PC: 0x00000000400015e4 more', 'kvm_entry: expected the end of the line'],
    ['kvm_entry: PC: 0x00000000400015zz', 'kvm_entry: expected the end of the line'],
    ['kvm_entry: PC: 0x100000000400015e4', 'kvm_entry: expected a hex number of 6 to 16 digits'],
    ['kvm_guest_fault: ipa 0x100001000, hsr 0x93c48007, hxfar 0x1000', 'kvm_guest_fault: expected ", pc "'],
    ['kvm_guest_fault: [FAILED TO PARSE] vcpu_pc=0x4000 hsr=0x93', 'kvm_guest_fault: expected "ipa "'],
    ['kvm_mmio: mmio swap len 8 gpa 0x9000000 val 0x2', 'kvm_mmio: expected "write"'],
    ['kvm_mmio: mmio write len 0x8 gpa 0x9000000 val 0x2', 'kvm_mmio: expected " gpa "'],
    ['kvm_mmio: mmio write len 1234567890123456 gpa 0x9 val 0x2', 'kvm_mmio: expected a decimal number'],
    ['kvm_userspace_exit: reason KVM_EXIT_MMIO', 'kvm_userspace_exit: expected text and " ("'],
    ['kvm_age_hva: mmu notifier age hva: 0x00ffff99400000', 'kvm_age_hva: expected " -- "'],
    [
      's2_map: (sym+0x0/0x1) ipa=0x1000 size=0x1000 phys=0x1000 prot=',
      's2_map: expected a hex number of 1 to 16 digits',
    ],
    ['s2_map: (sym+0x0/0x1) ipa=0x1000 size=0x1000', 's2_map: expected " phys="'],
    ['s2_map: (sym+0x0/0x1) ipa=0x10q size=0x1000 phys=0 prot=1', 's2_map: expected a space'],
    [
      's2_map: (sym+0x0/0x1) ipa=0 size=0x1000 phys=0 prot=0x100000000',
      's2_map: expected a number of 32 bits',
    ],
    ['s2_unmap: ipa=0x1000 size=0x1000', 's2_unmap: expected "("'],
    ['s2_map_ret: (a <- b) ret=(fault)', 's2_map_ret: expected a decimal number'],
    ['tracing_mark_write: KT vm_create vm=1', 'tracing_mark_write: expected " ipa_bits="'],
    ['tracing_mark_write: KT vm_destroy vm=', 'tracing_mark_write: expected a decimal number'],
    ['tracing_mark_write: KT memslot op=create slot=0 gpa=0x4000', 'tracing_mark_write: expected " size="'],
  ])('is unparsed, with the reason: %s', (text, reason) => {
    expect(payload(text)).toMatchObject({ kind: 'unparsed', task: 'vmm-108', cpu: 0, reason });
  });

  it('keeps the whole line', () => {
    const text = '             vmm-108     [000] d....     3.297813: kvm_entry: gone';
    expect(parseLine(text, 1)).toMatchObject({ kind: 'unparsed', text });
  });
});

describe('numbers', () => {
  it('stay exact beyond 53 bits', () => {
    const mmio = payload('kvm_mmio: mmio read len 8 gpa 0xfffffffffffff001 val 0xffffffffffffffff');
    expect(mmio).toMatchObject({ gpa: 0xfffffffffffff001n, val: 0xffffffffffffffffn });
  });

  it('come back as they were printed', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (ipa, size) => {
          const text = `s2_unmap: (kvm_pgtable_stage2_unmap+0x0/0x70) ipa=0x${ipa.toString(16)} size=0x${size.toString(16)}`;
          expect(payload(text)).toMatchObject({ kind: 's2Unmap', ipa, size });
        },
      ),
    );
  });
});

const realLines = [
  '             vmm-108     [000] .....    28.521119: kvm_guest_fault: ipa 0x100003000, hsr 0x93c48007, hxfar 0x100003000, pc 0x00000040001654',
  '             vmm-103   [000]     3.598961: kvm_exit:             <CANT FIND FIELD exit_reason>IRQ: HSR_EC: 0x0000 (UNKNOWN), PC: 0x0000000040000000',
  '             vmm-108     [000] d....     3.297813: s2_map: (kvm_pgtable_stage2_map+0x0/0x1a0) ipa=0x40000000 size=0x1000 phys=0x1015cd000 prot=0x7 flags=0x40000000',
  '             vmm-103   [000]     3.594235: print:                tracing_mark_write: KT memslot op=create slot=0 gpa=0x40000000 size=0x200000 flags=0 hva=0xffffb6000000 backing=anon-4k(MADV_NOHUGEPAGE) rc=0',
];

describe('parseLine on arbitrary text', () => {
  const garbage = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: fc.constantFrom(...'[]()-: .0123456789xabcdefKT=<>'), maxLength: 80 }),
  );

  it('never throws and calls garbage unparsed or other', () => {
    fc.assert(
      fc.property(garbage, (text) => {
        const event = parseLine(text, 1);
        if (event !== null) expect(['unparsed', 'other']).toContain(event.kind);
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws on garbage behind the columns of an event, and keeps the columns', () => {
    const names = fc.constantFrom(
      'kvm_exit',
      'kvm_entry',
      'kvm_guest_fault',
      's2_map',
      'print',
      'kvm_mmio',
      'x',
    );
    fc.assert(
      fc.property(names, garbage, (name, text) => {
        const event = payload(`${name}: ${text}`);
        expect(event).toMatchObject({ task: 'vmm-108', cpu: 0 });
        expect(['unparsed', 'other']).toContain(event?.kind);
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws on a real line with one character changed, dropped or inserted', () => {
    const edits = fc.record({
      line: fc.constantFrom(...realLines),
      at: fc.nat(250),
      drop: fc.nat(1),
      add: fc.string({ maxLength: 1 }),
    });
    fc.assert(
      fc.property(edits, ({ line, at, drop, add }) => {
        const event: TraceEvent | null = parseLine(line.slice(0, at) + add + line.slice(at + drop), 1);
        if (event !== null) expect(event.line).toBe(1);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(realLines)('takes no line for whole that is cut before its last field: %s', (line) => {
    const whole = parseLine(line, 1);
    const lastField = Math.max(line.lastIndexOf(' '), line.lastIndexOf('=') - 1);
    for (let length = 1; length < lastField; length += 1) {
      const event = parseLine(line.slice(0, length), 1);
      if (event?.kind === whole?.kind && event?.kind !== 's2Map') expect(event).toBe('a cut line');
    }
  });

  it.each([
    '[',
    ' ',
    '-1',
    '-1 ',
    '-1 (',
    '-1 (- ',
    '[0] ',
    '-1 [0] ',
    '-1 [0] a',
    '-1 [0] a 1',
    '-1 [0] 1: a',
    ')',
  ])('stays linear on a long line of %j', (piece) => {
    const started = performance.now();
    parseLine(piece.repeat(65536 / piece.length), 1);
    parseLine(`x-1 [0] ${piece.repeat(65536 / piece.length)}`, 1);
    expect(performance.now() - started).toBeLessThan(200);
  });
});
