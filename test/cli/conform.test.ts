import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { registerConform } from '../../src/cli/commands/conform.js';
import { query, type RecordedJson, smallRecorded } from '../conform/small.js';
import { type Captured, runCommand } from './capture.js';
import { withFile } from './dump-files.js';

const conform = (args: readonly string[], stdin?: Uint8Array): Promise<Captured> =>
  runCommand(registerConform, ['conform', ...args], stdin);
const conformFile = (file: unknown, ...args: string[]): Promise<Captured> =>
  withFile(JSON.stringify(file), (path) => conform([path, ...args]));

/** A query that records no outcome is applicable to nothing, whatever the walk gives. */
const unanswered = (): RecordedJson => smallRecorded(query({ par: undefined }));
/** No walk gives this. */
const impossible = (): RecordedJson => smallRecorded(query({ par: '0xffff' }));

function withQueries(file: RecordedJson, n: number): RecordedJson {
  for (const each of file.cases) each.queries = Array.from({ length: n }, () => ({ ...each.queries[0] }));
  return file;
}

describe('stage2 conform', () => {
  it('prints a line for each file, and exits 0 without a difference', async () => {
    const { stdout, stderr, exit } = await conformFile(unanswered());
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
    expect(stdout).toMatch(
      /dump\.json +1 +0 +0 +0 +1\n.*: 1 not applicable: the query records no outcome\n$/,
    );
  });

  it('exits 1 on a difference, and shows the first three in full', async () => {
    const { stdout, exit } = await conformFile(withQueries(impossible(), 5));
    expect(exit).toBe(1);
    expect(stdout.match(/\n {2}differs in: /g)).toHaveLength(3);
    expect(stdout).toContain('dump.json: cases[0] (small/000), queries[2]: AT_S12E1R VA 0x1234 from EL2\n');
  });

  it('shows as many as --first says, over all files', async () => {
    const text = JSON.stringify(withQueries(impossible(), 3));
    const shown = async (n: string): Promise<number> => {
      const { stdout } = await withFile(text, (path) => conform([path, path, '--first', n]));
      expect(stdout).toMatch(/\n {2}total +6 +0 +0 +6 +0\n/);
      return stdout.match(/\n {2}differs in: /g)?.length ?? 0;
    };
    expect([await shown('0'), await shown('4'), await shown('100')]).toEqual([0, 4, 6]);
  });

  it('reads gzip from standard input', async () => {
    const { stdout, exit } = await conform(['-'], gzipSync(JSON.stringify(unanswered())));
    expect(exit).toBe(0);
    expect(stdout).toContain('standard input        1 ');
  });

  it('prints one document with --json, bits and addresses as hex strings', async () => {
    const { stdout, exit } = await conformFile(withQueries(impossible(), 2), '--json', '--first', '1');
    expect(exit).toBe(1);
    const { total, files, kinds } = JSON.parse(stdout);
    expect(total).toMatchObject({ queries: 2, equal: 0, different: 2 });
    expect(kinds).toMatchObject([{ queries: 2 }]);
    expect(files[0].differences).toMatchObject([
      {
        case: 'small/000',
        queryIndex: 0,
        registers: { hcr: '0x80000001' },
        expected: { kind: 'par', par: '0xffff' },
      },
    ]);
  });
});

describe('stage2 conform refuses, in one line and with exit 2,', () => {
  it.each<[string, (file: RecordedJson) => void, RegExp]>([
    [
      'another format',
      (f) => Object.assign(f, { format: 'stage2-build/1' }),
      /json: format: found "stage2-build\/1", expected a64-s2-oracle\/1 or a64-s2-spec\/1\n$/,
    ],
    [
      'a word outside the banks',
      (f) => Object.assign(f, { ram: [] }),
      /json: cases\[0\] \(small\/000\): memory\[0\]\.pa: found a word at 0x48000008, expected all in ram, which is empty\n$/,
    ],
    [
      'an unknown operation',
      query({ op: 'FLY' }),
      /json: cases\[0\] \(small\/000\): queries\[0\]\.op: found "FLY", expected /,
    ],
  ])('%s', async (_, edit, message) => {
    const { stdout, stderr, exit } = await conformFile(smallRecorded(edit));
    expect({ stdout, exit }).toEqual({ stdout: '', exit: 2 });
    expect(stderr).toMatch(message);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('a file that is not there, and text that is not JSON', async () => {
    expect(await conform(['/no/such.json'])).toMatchObject({
      exit: 2,
      stderr: 'stage2: /no/such.json: no such file\n',
    });
    expect((await conform(['-'], new TextEncoder().encode('hello'))).stderr).toMatch(
      /^stage2: standard input: found text that is not JSON/,
    );
  });

  it('a count that is none, and no file', async () => {
    expect(await conform(['x', '--first', '-1'])).toMatchObject({ exit: 2 });
    expect(await conform([])).toMatchObject({ exit: 2 });
  });

  it('as a document with --json', async () => {
    const { stdout, exit } = await conformFile(
      smallRecorded((f) => Object.assign(f.features, { sve: 1 })),
      '--json',
    );
    expect(exit).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'EINVAL',
      message: expect.stringContaining('features.sve'),
    });
  });
});
