import { describe, expect, it } from 'vitest';
import { RFC_VARIANT } from '../../src/kvm/index.js';
import {
  checkEvent,
  type FaultObserver,
  replayableVms,
  replayFaults,
  replayTrace,
} from '../../src/scenario/replay/index.js';
import {
  type Memslots,
  parseLine,
  parseMemslots,
  TraceError,
  type TraceEvent,
} from '../../src/trace/index.js';
import { loadDump } from './dumps.js';

const DUMP = 'guestA-ipa_6.1_max.ipa33.json.gz';
const PREFIX = '  vmm-1   [000] .....   1.0: ';

/** A slots file as JSON, in as far as the tests change it. */
interface SlotsJson {
  trace: string;
  host_page_size: number;
  vms: { vm: number; ipa_bits: number; created_line: number; destroyed_line: number | null }[];
  slots: Record<string, string | number>[];
  dumps: object[];
}

function slotsFile(edit: (json: SlotsJson) => void = () => undefined): Memslots {
  const lines = { from_line: 1, until_line: 100 };
  const json = {
    trace: 'guestA-ipa_6.1_max_kprobes.txt.gz',
    kernel: 'k',
    cpu: 'c',
    host_page_size: 4096,
    vms: [{ vm: 1, ipa_bits: 33, created_line: 1, destroyed_line: 100 }],
    slots: [{ vm: 1, slot: 0, gpa: '0x0', size: '0x1000', flags: 0, hva: '0x1000', backing: 'x', ...lines }],
    phases: [],
    host_operations: [],
    dumps: [{ line: 50, name: 'ipa33' }],
    mmio_ranges: {},
  };
  edit(json);
  return parseMemslots(JSON.stringify(json), 'slots.json');
}

function problemOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(TraceError);
    return (error as Error).message;
  }
  throw new Error('expected a TraceError');
}

describe('a slots file that cannot be replayed is refused by field', () => {
  const cases: [string, (json: SlotsJson) => void, string][] = [
    [
      'pages of another size',
      (json) => Object.assign(json, { host_page_size: 16384, slots: [] }),
      'slots.json: host_page_size: found 16384, expected a capture of a host with 4096-byte pages',
    ],
    [
      'an IPA size that no 4K table has',
      ({ vms: [vm] }) => Object.assign(vm ?? {}, { ipa_bits: 52 }),
      'slots.json: vms[0].ipa_bits: found 52, expected 32 to 48',
    ],
    [
      'a slot beyond the IPA space of its VM',
      ({ slots: [slot] }) => Object.assign(slot ?? {}, { gpa: '0x200000000' }),
      'slots.json: slots[0].gpa: found a slot that ends at 0x200001000, expected an end inside the 33-bit IPA space of VM 1',
    ],
    [
      'a slot of an unknown VM',
      ({ slots: [slot] }) => Object.assign(slot ?? {}, { vm: 7 }),
      'slots.json: slots[0].vm: found 7, expected one of 1',
    ],
    [
      'host memory that no process has',
      ({ slots: [slot] }) => Object.assign(slot ?? {}, { hva: '0x1000000000000' }),
      'slots.json: slots[0].hva: found 0x1000000000000, expected host memory below 2^48, which is all a v4.13 process has',
    ],
    [
      'more memory than is kept account of',
      ({ vms: [vm], slots: [slot] }) => {
        Object.assign(vm ?? {}, { ipa_bits: 48 });
        Object.assign(slot ?? {}, { size: '0x8000000000' });
      },
      'slots.json: slots: found slots of more than 256 GiB in VM 1, expected at most that',
    ],
    [
      'two VMs at once',
      ({ vms }) => vms.push({ vm: 2, ipa_bits: 40, created_line: 90, destroyed_line: null }),
      'slots.json: vms[1]: found VM 2 created at line 90, expected VM 1 to be gone by then: a trace does not tell which VM an event belongs to',
    ],
  ];
  it.each(cases)('%s', (_, edit, message) => {
    const slots = slotsFile(edit);
    expect(problemOf(() => replayableVms(slots, 'slots.json'))).toBe(message);
  });

  it('a dump without a line, or of another capture or shape', async () => {
    const dump = await loadDump(DUMP);
    const check = (slots: Memslots, changed = dump) =>
      problemOf(() => replayableVms(slots, 'slots.json', [{ file: 'dump.json', dump: changed }]));
    expect(check(slotsFile((json) => Object.assign(json, { dumps: [] })))).toBe(
      'slots.json: dumps: found no line for the dump "ipa33" of dump.json, expected one',
    );
    expect(check(slotsFile((json) => Object.assign(json, { trace: 'other.txt' })))).toBe(
      'dump.json: trace: found "guestA-ipa_6.1_max_kprobes.txt.gz", expected "other.txt", the trace that slots.json belongs to',
    );
    const coarse = { ...dump, geometry: { ...dump.geometry, granule: 16384 } };
    expect(check(slotsFile(), coarse)).toBe('dump.json: geometry.granule: found 16384, expected 4096');
  });
});

describe('a line that cannot be is refused by number', () => {
  const cases: [string, string][] = [
    ['garbage', 't:1: found a damaged line (not an event line)'],
    [
      `${PREFIX}kvm_guest_fault: ipa 0x1000, hsr 0x53c08047, hxfar 0x0, pc 0x00000000400000`,
      't:1: found hsr 0x53c08047, expected the syndrome of an instruction or data abort of the guest',
    ],
    [`${PREFIX}kvm_entry: PC:`, 't:1: found a damaged line (kvm_entry: expected "PC: ")'],
    [
      `${PREFIX}s2_split: (f+0x0/0x1) ipa=0x0`,
      't:1: found the unknown stage-2 operation s2_split, expected s2_map, s2_map_ret, s2_unmap, s2_relax, s2_relax_perms, s2_wrprotect, s2_mkold or s2_test_clear_young',
    ],
    [
      `${PREFIX}kvm_guest_fault: ipa 0x10000000000000, hsr 0x93c08047, hxfar 0x0, pc 0x00000000400000`,
      't:1: found IPA 0x10000000000000, expected an address below 2^52',
    ],
    [
      `${PREFIX}s2_unmap: (f+0x0/0x1) ipa=0x800 size=0x1000`,
      't:1: found IPA 0x800, expected a multiple of 4096',
    ],
    [
      `${PREFIX}s2_wrprotect: (f+0x0/0x1) ipa=0x1000 size=0x0`,
      't:1: found size 0x0, expected a multiple of 4096 up to 2^52',
    ],
  ];
  it.each(cases)('%s', async (text, message) => {
    const event = parseLine(text, 1) as TraceEvent;
    expect(problemOf(() => checkEvent(event, 't'))).toBe(message);
    await expect(replayFaults([event], slotsFile())).rejects.toThrow(message.replace(/^t:/, 'trace:'));
  });

  it.each([
    'CPU:0 [LOST 12 EVENTS]',
    `${PREFIX}kvm_timer_update_irq: VCPU: 0, IRQ 27, level 0`,
    `${PREFIX}some_future_event: x=1`,
  ])('but %s is only counted', (text) => {
    expect(() => checkEvent(parseLine(text, 1) as TraceEvent, 't')).not.toThrow();
  });
});

describe('replayTrace', () => {
  async function* batches(...lines: string[]): AsyncGenerator<TraceEvent[]> {
    for (const [i, line] of lines.entries()) yield [parseLine(line, i + 1) as TraceEvent];
  }
  const options = { traceName: 't.txt', slotsName: 'slots.json', variant: RFC_VARIANT };
  const unmap = `${PREFIX}s2_unmap: (f+0x0/0x1) ipa=0x0 size=0x1000`;

  it('counts lines and says where the trace ended', async () => {
    const result = await replayTrace(batches(unmap, unmap), slotsFile(), options);
    expect(result.lines).toEqual({ last: 2, events: { s2Unmap: 2 }, notInterpreted: [] });
    expect(result.tables).toMatchObject({ operations: { unmap: 2 }, comparisons: [] });
    expect(result).toMatchObject({ variant: 'rfc', capture: { cpu: 'c' }, faults: { captured: 0 } });
  });

  it('has no tables where the trace has no operations, and refuses to compare them', async () => {
    expect((await replayTrace(batches(`${PREFIX}kvm_x: 1`), slotsFile(), options)).tables).toBeNull();
    const dumps = [{ file: 'dump.json', dump: await loadDump(DUMP) }];
    await expect(
      replayTrace(batches(`${PREFIX}kvm_x: 1`), slotsFile(), { ...options, dumps }),
    ).rejects.toThrow(
      't.txt: found no stage-2 operations (s2_map and its like) to compare with a dump, expected a capture with these kprobes',
    );
  });

  it('stops at a damaged line unless it is told to go on', async () => {
    await expect(replayTrace(batches(unmap, 'cut off'), slotsFile(), options)).rejects.toThrow(
      't.txt:2: found a damaged line',
    );
    const result = await replayTrace(batches(unmap, 'cut off'), slotsFile(), { ...options, keepGoing: true });
    expect(result.lines.events).toEqual({ s2Unmap: 1, unparsed: 1 });
  });

  it('names the line of an operation that no tables could take, which is the line it comes to an end in', async () => {
    const map = `${PREFIX}s2_map: (f+0x0/0x1) ipa=0x0 size=0x1000 phys=0x40000800 prot=0x7`;
    const run = replayTrace(batches(unmap, map, unmap), slotsFile(), options);
    await expect(run).rejects.toThrow(TraceError);
    await expect(run).rejects.toThrow('t.txt:3: map: expected multiples of the granule, 2^12 bytes');
  });

  it('takes no fault whose syndrome is of no abort, if it is told to go on', async () => {
    const line = `${PREFIX}kvm_guest_fault: ipa 0x0, hsr 0x0, hxfar 0x0, pc 0x00000000400000`;
    const { faults } = await replayTrace(batches(unmap, line), slotsFile(), { ...options, keepGoing: true });
    expect(faults).toMatchObject({ captured: 1, taken: 0, notTaken: 1, outcomes: {}, paths: [] });
    expect(faults.differences).toContainEqual({
      kind: 'notTaken',
      reason: 'the syndrome is of no abort of the guest: the line is damaged',
      count: 1,
      firstLine: 2,
    });
  });

  it('shows each fault to its observer, before and after it is replayed', async () => {
    const line = `${PREFIX}kvm_guest_fault: ipa 0x0, hsr 0x82000007, hxfar 0x0, pc 0x00000000400000`;
    const seen: string[] = [];
    const observer: FaultObserver = {
      before: ({ fault }) => seen.push(`before line ${fault.line}`),
      after: (_, __, results) => seen.push(`after, results: ${results.length}`),
    };
    await replayTrace(batches(unmap, line), slotsFile(), { ...options, observer });
    expect(seen).toEqual(['before line 2', 'after, results: 1']);
  });

  it('tells how far it is', async () => {
    const reached: number[] = [];
    await replayTrace(batches(unmap, unmap), slotsFile(), {
      ...options,
      onProgress: (line) => reached.push(line),
    });
    expect(reached).toEqual([1, 2]);
  });
});
