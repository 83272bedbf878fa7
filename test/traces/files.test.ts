import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { LineTally, readTrace, readTraceBatches, type TraceEvent } from '../../src/trace/index.js';
import { collect, fixture, inChunks } from './sources.js';

async function read(name: string) {
  const tally = new LineTally();
  const events = await collect(readTrace(fixture(name), name, tally));
  return { tally, events, counts: countKinds(events) };
}

function countKinds(events: TraceEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of events) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

describe('readTrace on cut-outs of real captures', () => {
  it('reads tracefs text with stage-2 kprobes', async () => {
    const { tally, counts } = await read('guestA-kprobes.txt');
    expect(tally.rows('unparsed')).toEqual([]);
    expect(counts).toMatchObject({ exit: 13, entry: 12, guestFault: 11, s2Map: 8, s2MapRet: 8, s2MkOld: 9 });
    expect(counts).toMatchObject({
      vmCreate: 1,
      vmDestroy: 1,
      memslotMarker: 3,
      s2WrProtect: 1,
      setSpteHva: 2,
    });
  });

  it('reads trace-cmd report text', async () => {
    const { tally, counts } = await read('guestA-trace-cmd-report.txt');
    expect(tally.rows('unparsed')).toEqual([]);
    expect(counts).toMatchObject({ exit: 10, entry: 13, guestFault: 10, mmio: 3, vmCreate: 1, vmDestroy: 1 });
  });

  it('reads a Linux guest under QEMU', async () => {
    const { tally, counts, events } = await read('guestB.txt');
    expect(tally.rows('unparsed')).toEqual([]);
    expect(counts).toMatchObject({ memslotProbe: 4, unmapHvaRange: 78 });
    expect(new Set(events.map(({ task }) => task))).toContain('ld-linux-aarch6-106');
  });

  it('reads the events of other tasks that interleave', async () => {
    const { events } = await read('guestA-kprobes.txt');
    const tasks = new Set(events.map(({ task }) => task));
    expect(tasks).toEqual(new Set(['vmm-108', 'khugepaged-28', 'ksmd-27']));
  });

  it('reads a file in which one VM ends and the next begins', async () => {
    const { events } = await read('guestA-ipa.txt');
    const vms = events.filter(({ kind }) => kind === 'vmCreate' || kind === 'vmDestroy');
    expect(vms).toMatchObject([
      { kind: 'vmDestroy', vm: 1 },
      { kind: 'vmCreate', vm: 2, ipaBits: 33 },
      { kind: 'vmDestroy', vm: 12 },
    ]);
  });

  it('numbers events by the line of the file', async () => {
    const { events } = await read('guestA-kprobes.txt');
    const lines = readFileSync(new URL('fixtures/guestA-kprobes.txt', import.meta.url), 'utf8').split('\n');
    const create = events.find(({ kind }) => kind === 'vmCreate');
    expect(lines[(create?.line ?? 0) - 1]).toContain('KT vm_create');
  });

  it('gives the same events from gzip, with CRLF and in batches', async () => {
    const text = readFileSync(new URL('fixtures/guestA-trace-cmd-report.txt', import.meta.url), 'utf8');
    const { events } = await read('guestA-trace-cmd-report.txt');
    const packed = gzipSync(text.replaceAll('\n', '\r\n'));
    expect(await collect(readTrace(inChunks(packed, 999), 'crlf.gz'))).toEqual(events);
    const batches = await collect(readTraceBatches(inChunks(packed, 999), 'crlf.gz'));
    expect(batches.flat()).toEqual(events);
  });
});

describe('LineTally', () => {
  it('counts what was not interpreted or not parsed, with the first example of each', async () => {
    const lines = [
      '             vmm-108     [000] d....     1.000001: kvm_arm_setup_debug: flags: 0x0',
      '             vmm-108     [000] d....     1.000002: kvm_entry: PC: 0x0000000040000000',
      'garbage',
      '             vmm-108     [000] d....     1.000003: kvm_arm_setup_debug: flags: 0x1',
      '             vmm-108     [000] d....     1.000003: kvm_entry: PC:',
      'CPU:0 [LOST 3 EVENTS]',
      'more garbage',
    ];
    const tally = new LineTally();
    await collect(readTrace(inChunks(lines.join('\n')), 'a.txt', tally));
    expect(tally.rows('other')).toEqual([
      { kind: 'other', what: 'kvm_arm_setup_debug', count: 2, firstLine: 1, firstText: lines[0] },
    ]);
    expect(tally.rows('unparsed')).toEqual([
      { kind: 'unparsed', what: 'not an event line', count: 2, firstLine: 3, firstText: 'garbage' },
      { kind: 'unparsed', what: 'kvm_entry: expected "PC: "', count: 1, firstLine: 5, firstText: lines[4] },
      { kind: 'unparsed', what: 'events lost', count: 1, firstLine: 6, firstText: lines[5] },
    ]);
    expect([tally.total(), tally.total('other'), tally.total('unparsed')]).toEqual([6, 2, 4]);
  });
});
