import { createReadStream } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { registerSlots } from '../../src/cli/commands/slots.js';
import { parseMemslots, readMemslots } from '../../src/trace/index.js';
import { LINUX, PHASES } from '../traces/replay-captures.js';
import { type Captured, runCommand } from './capture.js';
import { schemaErrors } from './schema.js';

const slots = (args: readonly string[], stdin?: Uint8Array): Promise<Captured> =>
  runCommand(registerSlots, ['slots', ...args], stdin);

/** A trace of calls of __kvm_set_memory_region, one a line. */
function traceOf(...calls: string[]): Uint8Array {
  const line = (call: string) =>
    `vmm-1 [000] d.... 1.000001: kvm_memslot: (__kvm_set_memory_region+0x0/0x450) ${call}\n`;
  return new TextEncoder().encode(calls.map(line).join(''));
}
async function slotsOf(...calls: string[]) {
  const { stdout } = await slots(['-'], traceOf(...calls));
  return parseMemslots(stdout, 'stdout').slots;
}
const RAM = 'slot=0 flags=0x0 gpa=0x40000000 size=0x2000 hva=0xffff00000000';

describe('stage2 slots', () => {
  it('takes from options what a trace does not say', async () => {
    const { stdout } = await slots(
      ['-', '--backing', 'file', '--kernel', 'mine', '--cpu', 'N1'],
      traceOf(RAM),
    );
    const { kernel, cpu, slots: rows } = parseMemslots(stdout, 'stdout');
    expect({ kernel, cpu, backing: rows[0]?.backing }).toEqual({
      kernel: 'mine',
      cpu: 'N1',
      backing: 'file',
    });
  });

  it('finds the slots of a Linux boot as they were written down beside the capture', async () => {
    const { stdout, stderr, exit } = await slots([LINUX.trace]);
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
    const places = ({ slots: rows }: Awaited<ReturnType<typeof readMemslots>>) =>
      rows.map(({ vm, slot, gpa, size, flags, hva, fromLine, untilLine }) => ({
        vm,
        slot,
        gpa,
        size,
        flags,
        hva,
        fromLine,
        untilLine,
      }));
    const written = await readMemslots(createReadStream(LINUX.slots), LINUX.slots);
    expect(places(parseMemslots(stdout, 'stdout'))).toEqual(places(written));
  });

  it('ends a slot where it is deleted, moved or changed, and calls each by its name', async () => {
    const moved = RAM.replace('gpa=0x40000000', 'gpa=0x80000000');
    const rows = await slotsOf(
      RAM,
      RAM.replace('flags=0x0', 'flags=0x1'),
      moved,
      moved.replace('size=0x2000', 'size=0x0'),
    );
    expect(rows.map(({ op, fromLine, untilLine }) => [op, fromLine, untilLine])).toEqual([
      ['create', 1, 2],
      ['flags', 2, 3],
      ['move', 3, 4],
    ]);
  });

  it('has a document of its schema with --json', async () => {
    const { stdout } = await slots(['-', '--json'], traceOf(RAM));
    expect(schemaErrors(stdout)).toEqual([]);
    expect(parseMemslots(stdout, 'stdout').slots).toHaveLength(1);
  });

  it('takes the backing and the page size from its options', async () => {
    const { stdout } = await slots(['-', '--backing', 'hugetlb-2m', '--page-size', '4096'], traceOf(RAM));
    expect(parseMemslots(stdout, 'stdout').slots[0]).toMatchObject({ backingKind: 'hugetlb', hugeShift: 21 });
  });

  it.each([
    [
      'a trace without the probe',
      [PHASES.trace],
      undefined,
      'found no kvm_memslot event, expected at least one',
    ],
    ['a page size of no granule', ['-', '--page-size', '8192'], traceOf(RAM), '--page-size: found "8192"'],
    [
      'slots of two VMs in one place',
      ['-'],
      traceOf(RAM, RAM.replace('slot=0', 'slot=1')),
      'expected no overlap',
    ],
    ['a slot of half a page', ['-'], traceOf(RAM.replace('0x2000', '0x2800')), 'expected a multiple of 4096'],
  ])('refuses %s in one line', async (_, args, stdin, message) => {
    const { stdout, stderr, exit } = await slots(args, stdin);
    expect({ stdout, exit }).toEqual({ stdout: '', exit: 2 });
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
