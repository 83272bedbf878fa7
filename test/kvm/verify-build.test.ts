import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerVerifyBuild } from '../../src/cli/commands/verify-build.js';
import { type Captured, runCommand } from '../cli/capture.js';
import { type BlockJson, type BuildJson, buildJson } from './verify-files.js';

const BUILD = 'gcc12c-rfc';
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stage2-verify-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const verify = (...args: string[]): Promise<Captured> =>
  runCommand(registerVerifyBuild, ['verify-build', ...args]);

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A copy of the build, changed by `edit`. */
function editedBuild(name: string, edit: (build: BuildJson) => void): string {
  const build = buildJson(BUILD);
  edit(build);
  return write(name, JSON.stringify(build));
}

function branch(build: BuildJson, site: string): BlockJson {
  const blocks = Object.values(build.functions).flatMap((fn) => fn.blocks);
  const found = blocks.find((block) => block.site === site);
  if (found === undefined) throw new Error(`no branch at ${site}`);
  return found;
}

describe('stage2 verify-build', () => {
  it('verifies the builds of the package when none is named', async () => {
    const { stdout, stderr, exit } = await verify();
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBe(14);
    for (const line of lines)
      expect(line).toMatch(/^gcc12c?-\w+ +45 scenarios {2}45 equal {2}0 different {2}/);
  });

  it('takes a packed file under any name and variant, and gives every scenario as JSON', async () => {
    const build = { ...buildJson(BUILD), id: 'mine', variant: 'another patch' };
    const path = write('mine.json.gz', gzipSync(JSON.stringify(build)));
    const { stdout, exit } = await verify(path, '--json');
    expect(exit).toBe(0);
    const { builds, results } = JSON.parse(stdout);
    expect(builds).toMatchObject([{ build: 'mine', scenarios: 45, equal: 45, different: 0 }]);
    expect(results.length).toBe(45);
    const write_anon = results.find((each: { scenario: string }) => each.scenario === 'write_anon_warm');
    expect(write_anon).toMatchObject({ build: 'mine', equal: true, differences: [] });
    expect(write_anon.got).toEqual(expect.objectContaining({ ret: 1, blocks: write_anon.expected.blocks }));
  });

  it.each(['A1', 'U2', 'C1', 'P6', 'U15'])('notices a branch turned around at %s, exit 1', async (site) => {
    const path = editedBuild(`flipped-${site}.json`, (build) => {
      const block = branch(build, site);
      const when = block.when as string;
      block.when = when.startsWith('!') ? when.slice(1) : `!${when}`;
    });
    const { stdout, stderr, exit } = await verify(path);
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 1 });
    expect(stdout).toMatch(/^gcc12c-rfc \w+: (blocks\[\d+\]: expected .*, got .*|walk: .*)$/m);
    expect(stdout).toMatch(/\d+ equal {2}[1-9]\d* different/);
  });

  it('takes further scenarios from a file of paths', async () => {
    const { paths } = buildJson(BUILD);
    const { write_thp_tail, device_pfn } = paths;
    const build = editedBuild('build.json', () => {});
    const good = write(
      'good.json',
      JSON.stringify({ format: 'stage2-paths/1', paths: { write_thp_tail, device_pfn } }),
    );
    expect(await verify(build, '--paths', good)).toMatchObject({ exit: 0, stderr: '' });
    const wrong = { ...device_pfn, ret: -14 };
    const content = { format: 'stage2-paths/1', build: 'gcc11-rfc', paths: { write_thp_tail, wrong } };
    const { stdout, exit } = await verify(build, '--paths', write('bad.json', JSON.stringify(content)));
    expect(exit).toBe(1);
    expect(stdout.split('\n')).toEqual([
      'gcc12c-rfc wrong: ret: expected -14, got 1',
      'gcc12c-rfc: these scenarios are of gcc11-rfc',
      'gcc12c-rfc  2 scenarios  1 equal  1 different  0 values not reached',
      '',
    ]);
  });

  const noWhere = (build: BuildJson): void => {
    branch(build, 'U2').taken = 'b9999';
  };
  const noMeaning = (build: BuildJson): void => {
    branch(build, 'U2').when = 'vm_is_purple';
  };
  const BAD: [string, () => string[], RegExp][] = [
    [
      'a successor that is not there',
      () => [editedBuild('dangling.json', noWhere)],
      /taken.*b9999.*no block/,
    ],
    [
      'a predicate nobody knows',
      () => [editedBuild('unknown.json', noMeaning)],
      /unknown predicate "vm_is_purple"/,
    ],
    ['a file that is not there', () => [join(folder, 'absent.json')], /no such file/],
    ['a file that is no JSON', () => [write('text.json', 'blocks')], /not JSON/],
    [
      'a file of another format',
      () => [write('other.json', '{"format":"other/1"}')],
      /expected stage2-build\/1/,
    ],
    [
      'paths without the build',
      () => ['--paths', write('p.json', '{}')],
      /--paths: found 0 build files, expected the one/,
    ],
    [
      'paths with an unknown predicate',
      () => {
        const path = structuredClone(buildJson(BUILD).paths.oom);
        Object.assign(path?.predicates ?? {}, { is_purple: true });
        const file = write('purple.json', JSON.stringify({ format: 'stage2-paths/1', paths: { oom: path } }));
        return [editedBuild('whole.json', () => {}), '--paths', file];
      },
      /scenario "oom": unknown predicate "is_purple"/,
    ],
  ];

  it.each(BAD)('refuses %s in one line, exit 2', async (_, args, message) => {
    const { stdout, stderr, exit } = await verify(...args());
    expect({ stdout, exit }).toEqual({ stdout: '', exit: 2 });
    expect(stderr).toMatch(/^stage2: [^\n]*\n$/);
    expect(stderr).toMatch(message);
  });
});
