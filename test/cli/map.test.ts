import { describe, expect, it } from 'vitest';
import { CPU_PRESETS, cpuFromId } from '../../src/arm/cpu.js';
import { idFromCpu } from '../../src/arm/cpu-id.js';
import { registerDump } from '../../src/cli/commands/dump.js';
import { registerMap } from '../../src/cli/commands/map.js';
import { registerWalk } from '../../src/cli/commands/walk.js';
import { type Captured, runProgram } from './capture.js';

const stage2 = (args: readonly string[], stdin?: string): Promise<Captured> =>
  runProgram(
    [registerMap, registerWalk, registerDump],
    args,
    stdin === undefined ? undefined : Buffer.from(stdin),
  );
const map = (...args: string[]): Promise<Captured> => stage2(['map', ...args]);

const ranges = (stdout: string): string[] =>
  stdout.split('---[ Guest IPA ]---\n')[1]?.trimEnd().split('\n') ?? [];

describe('stage2 map', () => {
  it('maps ranges with the largest entries that fit, under the registers that it prints', async () => {
    const { stdout, stderr, exit } = await map(
      '0x4000_0000:0x8_8000_0000:6M:rx',
      '0x900_0000:0x900_0000:4K:rw,device',
      '0x8000_0000:0xc000_0000:1G',
    );
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
    expect(stdout).toMatch(
      /^VTCR_EL2 0x80053558: T0SZ=24 [\s\S]*\nVTTBR_EL2 0x1001000000000: VMID=1 BADDR=0x1000000000 CnP=0\n/,
    );
    expect(ranges(stdout)).toEqual([
      '0x0000000009000000-0x0000000009001000           4K PTE   R W NX AF             ISH Device-nGnRE',
      '0x0000000040000000-0x0000000040600000           6M PMD   R   x  AF BLK         ISH Normal WB',
      '0x0000000080000000-0x00000000c0000000           1G PUD   R W x  AF BLK         ISH Normal WB',
    ]);
  });

  it.each([
    ['4K', [], 'PMD'],
    ['2M', ['--largest', '2M'], 'PMD'],
    ['pages', ['--largest', '4K'], 'PTE'],
    ['16K', ['--granule', '16K'], 'PMD'],
    ['64K', ['--granule', '64k'], 'PTE'],
  ])('has no entries larger than asked for: %s', async (_, args, level) => {
    const { stdout } = await map('0x4000_0000:0x8000_0000:64M', ...args);
    expect(ranges(stdout)).toHaveLength(1);
    expect(ranges(stdout)[0]).toContain(` 64M ${level} `);
  });

  it('takes every attribute, with FWB the types it has', async () => {
    const at = (i: number): string => `${i * 4096}:${i * 4096}:4K`;
    const words = ['-,nc', 'r,wt,nsh', 'w,gre,osh', 'rwx0,ngnrne', 'rx1,ngre,dbm', 'rwx,wb,noaf'];
    const { stdout } = await map(...words.map((word, i) => `${at(i)}:${word}`));
    expect(ranges(stdout).map((line) => line.replace(/^\S+ +4K PTE {3}/, ''))).toEqual([
      '    NX AF             ISH Normal NC',
      'R   NX AF             NSH Normal WT',
      '  W NX AF             OSH Device-GRE',
      'R W x0 AF             ISH Device-nGnRnE',
      'R   x1 AF         DBM ISH Device-nGRE',
      'R W x                 ISH Normal WB',
    ]);
    const forced = await map('--fwb', `${at(0)}:nc`, `${at(1)}:wb`, `${at(2)}:device`);
    expect(forced.stdout).toContain(', FWB\n');
    expect(ranges(forced.stdout).map((line) => line.split('ISH ')[1])).toEqual([
      'Normal NC',
      'Normal WB',
      'Device-nGnRE',
    ]);
  });

  it.each([
    ['--granule', '4K', '--ipa-bits', '40'],
    ['--granule', '4K', '--ipa-bits', '34', '--cpu', 'cortex-a53'],
    ['--granule', '4K', '--ipa-bits', '52', '--tables-at', '0xf_0000_0000_0000'],
    ['--granule', '4K', '--ipa-bits', '41', '--start-level', '0'],
    ['--granule', '16K', '--ipa-bits', '36', '--fwb'],
    ['--granule', '64K', '--ipa-bits', '42', '--vmid', '7'],
  ])('prints with --json a dump that walks as it says, %s %s %s %s', async (...args) => {
    const { stdout } = await map(
      '0x4000_0000:0x8000_0000:6M',
      '0x5000_0000:0x9001_0000:192K:r,nc',
      ...args,
      '--json',
    );
    const checked = await stage2(['walk', '--tables', '-', '--check'], stdout);
    expect(checked).toMatchObject({
      exit: 0,
      stderr: '',
      stdout: expect.stringMatching(/^checked \d+ mappings, \d+ gap probes: 0 different\n$/),
    });
    const plain = await map('0x4000_0000:0x8000_0000:6M', '0x5000_0000:0x9001_0000:192K:r,nc', ...args);
    expect((await stage2(['dump', '--tables', '-'], stdout)).stdout).toBe(plain.stdout);
  });

  it.each<[string, string]>([
    [
      '1:2',
      'range: found "1:2", expected IPA:PA:SIZE or IPA:PA:SIZE:ATTRIBUTES such as 0x4000_0000:0x8000_0000:2M:rw,device',
    ],
    ['0x1:0:4K', 'range 0x1:0:4K: found IPA 0x1, expected a multiple of the 4K granule'],
    ['0:0:5', 'range 0:0:5: found size 0x5, expected a multiple of the 4K granule'],
    ['0:0:0', 'range 0:0:0: size: found "0", expected 1 byte to 16 EiB'],
    [
      '0:0:16384P',
      'range 0:0:16384P: size: found "16384P", expected a number such as 0x4000_0000 or 1073741824',
    ],
    ['0:0:16777216T', 'range 0:0:16777216T: size: found "16777216T", expected 1 byte to 16 EiB'],
    [
      '0:0:4K:devise',
      'range 0:0:4K:devise: found "devise", expected one of rwx, wb, wt, nc, device, ngnrne, ngnre, ngre, gre, nsh, osh, ish, dbm, noaf (did you mean device?)',
    ],
    ['0:0:8K 0x1000:0:4K', 'IPA 0x1000: in the range from 0x0 already, expected ranges apart'],
    ['0:0x10_0000_0000:4K', 'PA 0x1000000000: its range holds the tables at'],
    ['0:0:2T', 'range 0:0:2T: ends beyond the 40 bits of --ipa-bits, expected IPAs below'],
    ['0:0:1T --largest 4K', 'tables of more than 512 MiB: expected smaller ranges or larger blocks'],
    [
      '0:0x100_0000_0000:4K --cpu cortex-a53',
      'range 0:0x100_0000_0000:4K: ends beyond the 40-bit PA space of --cpu, expected PAs below',
    ],
    [
      '0:0x1_0000_0000_0000:4K --cpu neoverse-n1',
      '--cpu: found neoverse-n1, expected one with FEAT_LPA2 for 52-bit addresses',
    ],
    [
      '0:0:16K --granule 16K --cpu cortex-a53',
      '--granule: found 16K, which cortex-a53 has not, expected 4K, 64K',
    ],
    ['0:0:4K --granule 5', '--granule: found "5", expected one of 4K, 16K, 64K'],
    ['0:0:4K --largest 5', '--largest: found "5", expected one of 4K, 2M, 1G, 512G'],
    ['0:0:4K --tables-at 0x100', '--tables-at: found 0x100, expected a multiple of 0x2000 below 2^48'],
    ['0:0:4K --ipa-bits 53', '--ipa-bits: found "53", expected a whole number from 16 to 52'],
    ['0:0:4K --start-level 3', '--ipa-bits, --start-level: ipaBits 40: expected 13 to 25 from level 3'],
    [
      '0:0:4K --ipa-bits 20 --cpu neoverse-n1',
      '--cpu: neoverse-n1 walks no tables of 20-bit IPAs with granules of 2^12 bytes',
    ],
    ['0:0:4K --fwb --cpu neoverse-n1', '--fwb: needs FEAT_S2FWB, which neoverse-n1 has not'],
    ['0:0:4K:wt --fwb', 'range 0:0:4K:wt: found wt, which there is not with --fwb'],
    ['0:0:4K:rx0 --cpu cortex-a53', 'range 0:0:4K:rx0: found x0, which needs FEAT_XNX, expected x'],
  ])('refuses %s in one line', async (args, message) => {
    const { exit, stdout, stderr } = await map(...args.split(' '));
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr.startsWith(`stage2: ${message}`) && stderr.split('\n').length === 2, stderr).toBe(true);
  });
});

describe('ID registers of features', () => {
  it.each(Object.entries(CPU_PRESETS))('name those of %s', (_, features) => {
    expect(cpuFromId(idFromCpu(features))).toEqual(features);
  });
});
