import { beforeAll, describe, expect, it } from 'vitest';
import { BASE_VARIANT } from '../../src/kvm/index.js';
import {
  type Difference,
  FaultReplay,
  type FaultsReplay,
  replayFaults,
} from '../../src/scenario/replay/index.js';
import type { TraceEvent } from '../../src/trace/index.js';
import { type Capture, IPA_SIZES, LINUX, type Loaded, load, PHASES } from './replay-captures.js';

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);
const countOf = (events: readonly TraceEvent[], kind: TraceEvent['kind']): number =>
  events.filter((event) => event.kind === kind).length;
const isAbortExit = (event: TraceEvent): boolean =>
  event.kind === 'exit' && event.code === 'TRAP' && (event.ec === 0x20 || event.ec === 0x24);

/** Differences as `count @first line reason`, of one kind. */
function reasons({ differences }: FaultsReplay, kind: Difference['kind']): string[] {
  return differences
    .filter((row) => row.kind === kind)
    .map(({ count, firstLine, reason }) => `${count} @${firstLine} ${reason}`);
}

/** The capture as the stock trace points alone would have shown it. */
function stock(events: readonly TraceEvent[]): TraceEvent[] {
  return events.filter(({ kind }) => !kind.startsWith('s2'));
}

const cases: [string, Capture][] = [
  ['the phases of guest A', PHASES],
  ['VMs of every IPA size', IPA_SIZES],
  ['a Linux boot', LINUX],
];

describe.each(cases)('the faults of %s', (_, capture) => {
  let loaded: Loaded;
  let result: FaultsReplay;
  beforeAll(async () => {
    loaded = await load(capture);
    result = await replayFaults(loaded.events, loaded.slots);
  });

  it('are each taken or counted under a reason', () => {
    expect(result.captured).toBe(countOf(loaded.events, 'guestFault'));
    expect(result.taken + result.notTaken).toBe(result.captured);
    expect(sum(result.differences.filter(({ kind }) => kind === 'notTaken').map(({ count }) => count))).toBe(
      result.notTaken,
    );
    const { fetch, data } = result.injectedBefore;
    expect(result.captured + fetch + data).toBe(loaded.events.filter(isAbortExit).length);
  });

  it('add up by class, by outcome and by path', () => {
    for (const row of result.classes) expect(row.taken + row.notTaken).toBe(row.captured);
    expect(sum(result.classes.map(({ captured }) => captured))).toBe(result.captured);
    const answers = result.taken + result.takenAgain;
    expect(sum(Object.values(result.outcomes))).toBe(answers);
    expect(sum(result.classes.flatMap(({ outcomes }) => Object.values(outcomes)))).toBe(answers);
    expect(sum(result.paths.map(({ count }) => count)) + result.pathsUnrecorded).toBe(answers);
    expect(result.pathsUnrecorded).toBe(0);
  });

  it('come out the same a second time, from a generator', async () => {
    function* again(): Generator<TraceEvent> {
      yield* loaded.events;
    }
    expect(await replayFaults(again(), loaded.slots)).toEqual(result);
  });

  it('end alike without the patch', async () => {
    const base = await replayFaults(loaded.events, loaded.slots, { variant: BASE_VARIANT });
    expect(base.outcomes).toEqual(result.outcomes);
    expect(base.differences).toEqual(result.differences);
  });

  it('are taken too where only the stock trace points are there', async () => {
    const rest = await replayFaults(stock(loaded.events), loaded.slots);
    expect(rest.captured).toBe(result.captured);
    expect(rest.taken + rest.notTaken).toBe(rest.captured);
    expect(rest.notTaken - result.notTaken).toBeLessThan(rest.captured / 50);
    expect(reasons(rest, 'assumption').join()).toContain('the capture shows no host page');
  });
});

describe('what v4.13 does otherwise than the captured kernel', () => {
  let phases: Loaded;
  let result: FaultsReplay;
  beforeAll(async () => {
    phases = await load(PHASES);
    result = await replayFaults(phases.events, phases.slots);
  });

  it('is named with count and line: faults not taken, other syndromes, other answers', () => {
    expect(reasons(result, 'notTaken')).toEqual([
      '19 @14851 execute permission: newer kernels map execute-never and fault again at the first fetch; v4.13 maps memory executable',
    ]);
    expect(reasons(result, 'syndrome')).toEqual([
      '2 @60398 translation level 1 becomes translation level 2: the CPU of the capture gives the level of the stage-1 walk (QEMU does)',
      '2 @60427 translation level 2 becomes translation level 3: the CPU of the capture gives the level of the stage-1 walk (QEMU does)',
      '1 @19622 permission level 1 becomes permission level 2: v4.13 maps blocks of 2 MiB where the captured kernel maps 1 GiB',
    ]);
    expect(reasons(result, 'answer')).toEqual([
      '3 @22488 captured: exit to user space, KVM_EXIT_ARM_NISV; v4.13: KVM_RUN fails with -ENOSYS',
      '2 @60989 captured: resumes the guest; v4.13: KVM_RUN fails with -ENOSYS, taking every stage-1 walk for a write, here into a read-only slot',
      '1 @19441 captured: maps a block of 1024 MiB; v4.13: a block of 2 MiB, and would fault again for the rest',
      '1 @33799 v4.13 writes a block over a live table, whose page is lost',
    ]);
  });

  it('is named for the host and for what the capture leaves open', () => {
    expect(reasons(result, 'host')).toEqual([
      '3 @62400 KVM_CLEAR_DIRTY_LOG: v4.13 has none, its KVM_GET_DIRTY_LOG protects again itself; not done',
      '1 @18675 slot backed by 64 KiB huge pages: a v4.13 host has 2 MiB and 1 GiB ones only, 4 KiB pages stand for them',
      '1 @19132 slot backed by 32 MiB huge pages: a v4.13 host has 2 MiB and 1 GiB ones only, 2 MiB huge pages stand for them',
      '1 @20658 writable slot over read-only memory: v4.13 refuses it with -EPERM; replayed as if the memory became read-only after',
    ]);
    expect(reasons(result, 'assumption')).toEqual([
      '1 @18231 write permission that the captured kernel gave along: v4.13 would fault at the first write, which the capture does not show',
    ]);
  });

  it('leaves the outcomes as they are, retries after copy-on-write included', () => {
    expect(result.outcomes).toEqual({
      MAPPED_PAGE: 4421,
      RETRY: 529,
      MMIO_USER: 208,
      MAPPED_BLOCK: 73,
      'ERROR -ENOSYS': 5,
      'ERROR -EFAULT': 1,
      INJECT_PABT: 1,
    });
    expect(result.takenAgain).toBe(0);
    expect(result.kernelLog).toMatchObject({ MMIO_NO_ISV: 5, NO_VMA: 0, INTERNAL_VM_FAULT: 0 });
  });

  it('gives every dirty log as many pages as captured', () => {
    expect(result.dirtyLogs).toEqual({ captured: 5, equal: 5 });
  });

  it('leaves tables like those of the captured kernel, but for what is named', () => {
    const replay = new FaultReplay(phases.slots, phases.vms);
    const found: Record<string, string[]> = {};
    const dumps = new Map(phases.slots.dumps.map(({ line, name }) => [line, name]));
    for (const event of phases.events) {
      const name = dumps.get(event.line);
      if (name !== undefined) found[name] = tableDifferences(replay, phases, name);
      replay.feed(event);
    }
    expect(found).toEqual({
      // One page got write permission along with execute; 1 GiB is 2 MiB.
      d1_mixed: ['0x180005000 write', '0x240000000 level'],
      d2_dirtylog: ['0x240000000 level'],
      d2b_aged: [],
      // Stage-1 walks through the read-only slot fail.
      d3_mmu_on: ['0x10020000 missing', '0x10030000 missing'],
      // KVM_CLEAR_DIRTY_LOG is not done: 16 pages written since are writable.
      d4_end: [
        '0x10020000 missing',
        '0x10030000 missing',
        ...Array.from({ length: 16 }, () => expect.stringMatching(/^0x1c00\w\w000 write$/)),
      ],
    });
  });

  it('is another world for VMs beyond 40 bits of IPA', async () => {
    const { events, slots } = await load(IPA_SIZES);
    const ipa = await replayFaults(events, slots);
    expect(reasons(ipa, 'answer')).toEqual([
      '97 @4596 captured: resumes the guest; v4.13: device access in user space, having refused the slot',
      '6 @1067 captured: maps a block of 1024 MiB; v4.13: a block of 2 MiB, and would fault again for the rest',
    ]);
    expect(reasons(ipa, 'host')[0]).toBe(
      '21 @4583 slot refused by v4.13 (-EFAULT): ends at or above the 40-bit IPA space',
    );
    expect(reasons(ipa, 'host').slice(1)).toHaveLength(11);
    expect(reasons(ipa, 'syndrome').join()).toContain('33-bit VM start at level 2');
  });

  it('is nothing but execute-never for a Linux boot', async () => {
    const { events, slots } = await load(LINUX);
    const boot = await replayFaults(events, slots);
    expect(boot.differences.map(({ kind, count }) => [kind, count])).toEqual([
      ['notTaken', 6],
      ['assumption', 1],
    ]);
    expect(boot.outcomes).toEqual({ MMIO_USER: 939, MMIO_KERNEL: 537, MAPPED_BLOCK: 53, MAPPED_PAGE: 1 });
  });
});

/** Where the tables of the v4.13 world are not those of a dump: level, page, write permission. */
function tableDifferences(replay: FaultReplay, { dumps }: Loaded, name: string): string[] {
  const dump = dumps.find((each) => each.dump.name === name)?.dump;
  const ours = new Map([...(replay.vm?.tables.leaves() ?? [])].map((leaf) => [leaf.ipa, leaf]));
  const differences: string[] = [];
  for (const { ipa, pa, level, w } of dump?.mappings ?? []) {
    const leaf = ours.get(ipa);
    ours.delete(ipa);
    const what =
      leaf === undefined
        ? 'missing'
        : leaf.level !== level
          ? 'level'
          : // The captured page is the one at the same address modulo 32 GiB in the emulated host.
            (leaf.desc & 0x7_ffff_f000n) !== (pa & 0x7_ffff_f000n)
            ? 'page'
            : Number((leaf.desc >> 7n) & 1n) !== w
              ? 'write'
              : undefined;
    if (what !== undefined) differences.push(`0x${ipa.toString(16)} ${what}`);
  }
  return [...differences, ...[...ours.keys()].map((ipa) => `0x${ipa.toString(16)} extra`)];
}
