import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerReplay } from '../../src/cli/commands/replay.js';
import { dumpPath } from '../traces/dumps.js';
import { IPA_SIZES, LINUX, PHASES } from '../traces/replay-captures.js';
import { type Captured, runCommand } from './capture.js';
import { schemaErrors } from './schema.js';

const replay = (...args: string[]): Promise<Captured> => runCommand(registerReplay, ['replay', ...args]);
const expectTables = (files: readonly string[]): string[] =>
  files.flatMap((file) => ['--expect-tables', dumpPath(file)]);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stage2-replay-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file of the tests' own with this content. */
async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const textOf = (path: string): string => gunzipSync(readFileSync(path)).toString();

describe('stage2 replay', () => {
  it('reproduces the tables of all captures: exit 0', async () => {
    for (const { trace, slots, dumps } of [PHASES, IPA_SIZES, LINUX]) {
      const { exit, stdout, stderr } = await replay(trace, '--slots', slots, ...expectTables(dumps));
      expect([exit, stderr]).toEqual([0, '']);
      const rows = stdout.split('\n').filter((line) => /^ {2}(?:d\d|ipa|gb)\S+ .* 0 +0 +0$/.test(line));
      expect(rows).toHaveLength(dumps.length);
    }
  });

  it('puts counts first, then the differences, the tables and the lines not interpreted', async () => {
    const { stdout } = await replay(PHASES.trace, '--slots', PHASES.slots);
    const order = [
      'captured on Linux 6.1.0-56-arm64',
      'Guest faults',
      '  captured                                             5,257',
      '  taken by v4.13                                       5,238',
      'Captured class',
      '  translation fault, level 3, write                          1,570  1,570          0  page 1,400, retry 155, device 15',
      'Faults that v4.13 does not take\n  19  execute permission',
      'Faults that v4.13 takes with another syndrome',
      'Faults that v4.13 answers otherwise',
      'What v4.13 and its host do otherwise',
      'What the capture leaves open',
      "Tables: the captured kernel's own operations",
      'Lines: 63,362 events up to line 63374, of which 28,833 were not interpreted.',
      '  kvm_arm_set_dreg32       10,647  line 17  vmm-108',
    ].map((text) => [text, stdout.indexOf(text)] as const);
    expect(order.filter(([, at]) => at < 0)).toEqual([]);
    expect(order.map(([, at]) => at)).toEqual(order.map(([, at]) => at).sort((a, b) => a - b));
  });

  it('prints one JSON document with --json, and finds the slots file beside the trace', async () => {
    const { exit, stdout } = await replay(IPA_SIZES.trace, '--json', ...expectTables(IPA_SIZES.dumps));
    expect(exit).toBe(0);
    expect(schemaErrors(stdout)).toEqual([]);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      format: 'stage2-replay/1',
      variant: 'rfc',
      faults: { captured: 694, taken: 694, notTaken: 0 },
      tables: { operations: { map: 595 }, mapsRefused: 0 },
    });
    expect(document.tables.comparisons).toHaveLength(12);
    expect(document.faults.paths[0]).toEqual({ count: expect.any(Number), words: expect.any(Array) });
    expect(document.lines.notInterpreted[0]).toMatchObject({
      what: 'kvm_arm_set_dreg32',
      count: 1430,
      firstLine: 17,
    });
  });

  it('shows a difference of the tables in full and exits 1', async () => {
    const json = JSON.parse(textOf(dumpPath('guestA-ipa_6.1_max.ipa32.json.gz')));
    json.mappings[0].pa = '0x1234000';
    const dump = await fileOf('changed.json', JSON.stringify(json));
    const { exit, stdout } = await replay(
      IPA_SIZES.trace,
      '--slots',
      IPA_SIZES.slots,
      '--expect-tables',
      dump,
    );
    expect(exit).toBe(1);
    expect(stdout).toMatch(
      /ipa32: 0x40000000: dump has 0x1234000, level 3, 4 KiB, write, execute, ours has 0x[0-9a-f]+, level 3, 4 KiB, write, execute\n/,
    );
  });

  it('takes plain text, and the form of the patch by name', async () => {
    const trace = await fileOf('plain.txt', textOf(IPA_SIZES.trace));
    const { exit, stdout } = await replay(trace, '--slots', IPA_SIZES.slots, '--variant', 'base');
    expect(exit).toBe(0);
    const words = stdout.replace(/\s+/g, ' ');
    expect(words).toContain('replayed on v4.13, variant base');
    expect(words).toContain(`${IPA_SIZES.slots} says it belongs to guestA-ipa_6.1_max_kprobes.txt.gz.`);
  });
});

describe('bad input ends stage2 replay with one line and exit 2', () => {
  const { trace, slots, dumps } = IPA_SIZES;
  const [dump = ''] = dumps.map(dumpPath);

  async function refusal(...args: string[]): Promise<string> {
    const { exit, stdout, stderr } = await replay(...args);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^stage2: [^\n]*\n$/);
    return stderr.replace('stage2: ', '').trimEnd();
  }

  it('files that are not there, and options that are missing or unknown', async () => {
    expect(await refusal('no.txt.gz')).toBe(
      'no.txt.gz: its memory slots are missing, expected --slots FILE or no.memslots.json beside it',
    );
    const empty = await fileOf('empty.txt', '# tracer: nop\n');
    expect(await refusal(empty, '--slots', slots)).toBe(
      `${empty}: found no event, expected the text of a trace`,
    );
    expect(await refusal('-')).toBe('standard input: its memory slots are missing, expected --slots FILE');
    expect(await refusal('/nowhere', '--slots', slots)).toBe('/nowhere: no such file');
    expect(await refusal(trace, '--slots', '/nowhere')).toBe('/nowhere: no such file');
    expect(await refusal(trace, '--slots', slots, '--expect-tables', '/nowhere')).toBe(
      '/nowhere: no such file',
    );
    expect(await refusal(trace, '--slots', slots, '--variant', 'x')).toMatch(
      /^--variant: found "x", expected one of base, rfc,/,
    );
  });

  it('a trace that is cut off: as gzip, in a line, or before a dump', async () => {
    const cutGzip = await fileOf('cut.txt.gz', readFileSync(trace).subarray(0, 30_000));
    expect(await refusal(cutGzip, '--slots', slots)).toMatch(
      /cut\.txt\.gz: found damaged or cut-off gzip data/,
    );
    const text = textOf(trace);
    const cutLine = await fileOf('cut.txt', text.slice(0, text.indexOf('hsr') + 6));
    expect(await refusal(cutLine, '--slots', slots)).toMatch(
      /cut\.txt:\d+: found a damaged line \(kvm_guest_fault: expected/,
    );
    const short = await fileOf('short.txt', text.slice(0, text.indexOf('\n', 50_000) + 1));
    expect(await refusal(short, '--slots', slots, '--expect-tables', dump)).toMatch(
      /short\.txt: found the end of the trace at line \d+, expected it to reach line 528, where .*ipa32\.json\.gz was taken/,
    );
  });

  it('a damaged line in the middle, unless --keep-going counts it', async () => {
    const lines = textOf(trace).split('\n');
    lines[4000] = `${lines[4000]?.slice(0, 30)}`;
    const damaged = await fileOf('damaged.txt.gz', gzipSync(lines.join('\n')));
    expect(await refusal(damaged, '--slots', slots)).toMatch(/damaged\.txt\.gz:4001: found a damaged line/);
    const { exit, stdout } = await replay(damaged, '--slots', slots, '--keep-going');
    expect(exit).toBe(0);
    expect(stdout).toMatch(/not an event line +1 +line 4001/);
  });

  it('an unknown stage-2 operation, and one outside the IPA space', async () => {
    const text = textOf(trace);
    const unknown = await fileOf('unknown.txt', text.replace('s2_unmap:', 's2_fold:'));
    expect(await refusal(unknown, '--slots', slots)).toMatch(
      /unknown\.txt:\d+: found the unknown stage-2 operation s2_fold, expected s2_map/,
    );
    const beyond = await fileOf('beyond.txt', text.replace('ipa=0x80000000 size', 'ipa=0x180000000 size'));
    expect(await refusal(beyond, '--slots', slots)).toMatch(
      /beyond\.txt:\d+: found \[0x180000000, 0x180001000\), expected addresses in the 32-bit IPA space of VM 1/,
    );
  });

  it('JSON of another kind, and slots that overlap', async () => {
    expect(await refusal(trace, '--slots', dump)).toMatch(
      /ipa32\.json\.gz: kernel: .*|ipa32\.json\.gz: host_page_size: the field is missing/,
    );
    expect(await refusal(trace, '--slots', slots, '--expect-tables', slots)).toMatch(
      /memslots\.json: found no table dump, expected JSON with /,
    );
    const json = JSON.parse(readFileSync(slots, 'utf8'));
    json.slots[1].gpa = json.slots[0].gpa;
    const overlapping = await fileOf('overlapping.json', JSON.stringify(json));
    expect(await refusal(trace, '--slots', overlapping)).toMatch(
      /overlapping\.json: slots\[1\]: found .*, expected no overlap with slots\[0\]/,
    );
  });

  it('dumps of a capture without operations, or of another capture', async () => {
    const stock = textOf(trace)
      .split('\n')
      .filter((line) => !/: s2_\w+: /.test(line));
    const without = await fileOf('stock.txt', stock.join('\n'));
    expect(await refusal(without, '--slots', slots, '--expect-tables', dump)).toMatch(
      /stock\.txt: found no stage-2 operations/,
    );
    const other = dumpPath(PHASES.dumps[0] ?? '');
    expect(await refusal(trace, '--slots', slots, '--expect-tables', other)).toMatch(
      /d1_mixed\.json\.gz: trace: found "guestA_6\.1_max-vhe/,
    );
  });

  it('as a JSON document with --json', async () => {
    const { exit, stdout, stderr } = await replay('/nowhere', '--slots', slots, '--json');
    expect([exit, stderr]).toEqual([2, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'EINVAL', message: '/nowhere: no such file' },
    });
  });
});
