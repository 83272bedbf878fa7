import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerIdmap } from '../../src/cli/commands/idmap.js';
import type { IdmapReport } from '../../src/report/idmap.js';
import type { EfiReport } from '../../src/report/idmap-efi.js';
import { type Captured, runCommand } from './capture.js';

const idmap = (...args: string[]): Promise<Captured> => runCommand(registerIdmap, ['idmap', ...args]);
const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

describe('stage2 idmap', () => {
  let report: IdmapReport & { format: string };
  let run: Captured;

  beforeAll(async () => {
    run = await idmap('--size', '1M,4M', '--granule', '4k,64k', '--core', 'cortex-a72,neoverse-v1', '--json');
    report = JSON.parse(run.stdout);
  });

  it('prints one JSON document: every granule, size and policy in turn', () => {
    expect([run.exit, run.stderr, report.format]).toEqual([0, '', 'stage2-idmap/1']);
    expect(report.maps.map(({ counts }) => [counts.granuleShift, counts.bytes, counts.policy])).toEqual(
      [12, 16].flatMap((shift) =>
        ['0x100000', '0x400000'].flatMap((bytes) =>
          ['asPosted', 'upFront', 'upFront+contiguous', 'blocks', 'blocks+contiguous'].map((policy) => [
            shift,
            bytes,
            policy,
          ]),
        ),
      ),
    );
  });

  it('prices each on every core, each figure with its range, and says what is not counted', () => {
    for (const { cores } of report.maps) {
      expect(cores.map(({ core }) => core)).toEqual(['cortex-a72', 'neoverse-v1']);
      for (const { total, ms, clockGhz } of cores) {
        expect(total.lo).toBeLessThan(total.v);
        expect(total.v).toBeLessThan(total.hi);
        expect(ms.v).toBeCloseTo(total.v / clockGhz / 1e6, 9);
      }
    }
    expect(report.notCounted.length).toBeGreaterThan(3);
  });

  it('cleans nothing on a core with FWB under a kernel that knows it', async () => {
    const flushes = async (kernel: string) => {
      const { stdout } = await idmap(
        '--size',
        '1M',
        '--policy',
        'blocks',
        '--core',
        'neoverse-v1,cortex-a72',
        '--kernel',
        kernel,
        '--json',
      );
      const { maps } = JSON.parse(stdout) as IdmapReport;
      return maps[0]?.cores.map(({ flush }) => flush.v > 0);
    };
    expect(await flushes('nvhe')).toEqual([true, true]);
    expect(await flushes('vhe')).toEqual([false, true]);
  });

  it('prints text of at most 100 columns, cycles with their range', async () => {
    const { stdout, exit } = await idmap('--size', '1M,1G', '--granule', '4k,16k');
    expect(exit).toBe(0);
    expect(widest(stdout)).toBeLessThanOrEqual(100);
    expect(stdout).toMatch(/^ {3}asPosted +\d[\d.,]* \[[\d.,]+ - [\d.,]+\]/m);
    expect(stdout).toContain('without 16 KiB pages: cortex-a53, cortex-a72');
    expect(stdout).toContain('Emulated is v4.13 built for 16 KiB pages');
  });

  it('prints CSV: a header, then as many cells in every line', async () => {
    const { stdout } = await idmap('--size', '1M', '--policy', 'asPosted', '--core', 'cortex-a53', '--csv');
    const [header, ...rows] = stdout.trimEnd().split('\n');
    expect(header).toBe('granule,bytes,policy,core,quantity,unit,value,low,high');
    expect(rows).toHaveLength(9 + 6);
    for (const row of rows) expect(row.split(',')).toHaveLength(9);
    expect(rows).toContain('4096,1048576,asPosted,,leaked,pages,38,38,38');
  });

  it('has every core for "all", and every core of a file of the user', async () => {
    const { stdout } = await idmap('--size', '64k', '--policy', 'blocks', '--core', 'all', '--json');
    expect((JSON.parse(stdout) as IdmapReport).maps[0]?.cores.length).toBeGreaterThan(9);
  });

  it.each([
    [['--size', '1X'], '--size: found "1X", expected bytes such as 16M or 1G, in whole pages of 4K, to 512G'],
    [['--size', ''], '--size: found ""'],
    [['--size', '0'], '--size: found "0"'],
    [['--size', '-1M'], '--size: found "-1M"'],
    [['--size', '513G'], '--size: found "513G"'],
    [['--size', '999999999999999G'], '--size: found "999999999999999G"'],
    [['--size', '36K', '--granule', '64k'], 'in whole pages of 64K'],
    [['--granule', '8k'], '--granule: found "8k", expected one of 4k, 16k, 64k'],
    [
      ['--policy', 'sections'],
      '--policy: found "sections", expected one of asPosted, upFront, upFront+contiguous',
    ],
    [['--core', 'z80'], '--core: found "z80", expected one of cortex-a53'],
    [['--kernel', 'bsd'], '--kernel: found "bsd", expected one of nvhe, vhe'],
    [['--scenario', 'bios'], '--scenario: found "bios", expected one of uefi, uefi-thunderx'],
    [['--scenario', 'uefi', '--map', 'x'], 'found --scenario and --map, expected one'],
    [['--scenario', 'uefi', '--size', '1M'], '--size: expected none with --scenario or --map'],
    [['--scenario', 'uefi', '--csv'], '--csv: expected it without --scenario and --map'],
    [
      ['--scenario', 'uefi', '--region', 'any'],
      '--region: found "any", expected one of none, refuse, deviceAttributes',
    ],
    [['--region', 'none'], '--region: expected it with --scenario or --map only'],
    [['--json', '--csv'], 'found --json and --csv, expected one'],
    [['--map', '/nowhere.json'], '/nowhere.json: no such file'],
  ])('refuses %j in one line', async (args, message) => {
    const { stdout, stderr, exit } = await idmap(...args);
    const said = args.includes('--json') ? JSON.parse(stdout).error.message : stderr;
    expect(said).toContain(message);
    expect(said.trimEnd()).not.toContain('\n');
    expect(exit).toBe(2);
  });
});

describe('stage2 idmap with an EFI memory map', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stage2-efi-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const written = (name: string, content: string) => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return file;
  };
  const SMALL = {
    format: 'stage2-efi-map/1',
    about: 'a board',
    source: ['me'],
    regions: [
      { type: 'MemoryMappedIO', pa: '0x9000000', size: '0x1000', attributes: 'RUN UC', what: 'an UART' },
      { type: 'RuntimeServicesData', pa: '0x80000000', size: '0x3000', attributes: 'RUN WB' },
    ],
  };

  it('of the package maps a real firmware under each policy, and prices the first call on each core', async () => {
    const { stdout } = await idmap(
      '--scenario',
      'uefi',
      '--policy',
      'asPosted,blocks',
      '--core',
      'cortex-a72',
      '--json',
    );
    const report = JSON.parse(stdout) as EfiReport & { format: string };
    expect(report.format).toBe('stage2-idmap-efi/1');
    expect(report.mappings).toHaveLength(6);
    const calls = report.mappings.map(({ cores }) => cores[0]?.call);
    expect(calls.map((call) => call?.faults)).toEqual([0, 0, 5, 5, 0, 0]);
    for (const call of calls) {
      expect(call?.again.v).toBeLessThanOrEqual(call?.cached.v ?? Number.NaN);
      expect(call?.cached.v).toBeLessThan(call?.cold.v ?? Number.NaN);
      for (const { lo, v, hi } of [call?.cold, call?.cached].flatMap((range) => range ?? [])) {
        expect(lo).toBeLessThan(v);
        expect(v).toBeLessThan(hi);
      }
    }
    // Thirty-two pages are touched; of the flash, four lie in one block.
    expect(calls.map((call) => call?.pages)).toEqual([32, 32, 32, 32, 32, 32]);
    expect([calls[0]?.walks, calls[1]?.walks]).toEqual([32, 29]);
    expect([calls[0]?.reads, calls[1]?.reads]).toEqual([32 * 3, 28 * 3 + 2]);
  });

  it('of the user is mapped as well, and says what its windows became', async () => {
    const { stdout, exit } = await idmap(
      '--map',
      written('map.json', JSON.stringify(SMALL)),
      '--policy',
      'asPosted',
    );
    expect(exit).toBe(0);
    expect(widest(stdout)).toBeLessThanOrEqual(100);
    expect(stdout).toContain('- none: 0x9000000+0x1000: NORMAL WRITE-BACK MEMORY, EXECUTABLE');
    expect(stdout).toContain(
      '- refuse: an UART: slot 512: region [0x9000000, 0x9001000) is device registers',
    );
    expect(stdout).toContain('- deviceAttributes: 0x9000000+0x1000: Device-nGnRE, execute-never');
  });

  it.each([
    ['text that is no JSON', 'EFI', 'found text that is not JSON'],
    ['another document', '{"format":"stage2-profiles/1"}', 'format: found "stage2-profiles/1", expected'],
    [
      'no runtime region',
      JSON.stringify({ ...SMALL, regions: [] }),
      'regions: found none with the attribute RUN',
    ],
  ])('with %s is refused in one line', async (_, content, message) => {
    const { stderr, exit } = await idmap('--map', written('bad.json', content));
    expect(stderr).toContain(message);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(exit).toBe(2);
  });
});
