import { describe, expect, it } from 'vitest';
import { registerEsr } from '../../src/cli/commands/esr.js';
import { type Captured, runCommand } from './capture.js';
import { schemaErrors } from './schema.js';

const esr = (...args: string[]): Promise<Captured> => runCommand(registerEsr, ['esr', ...args]);

describe('stage2 esr', () => {
  it('prints every field with its bits and meaning', async () => {
    const { stdout, stderr, exit } = await esr('0x9380_0047');
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
    expect(stdout).toMatch(/\n {2}EC +31:26 +0x24 +Data Abort from a lower EL\n/);
    expect(stdout).toMatch(/\n {2}SAS +23:22 +0x2 +4 bytes\n/);
    expect(stdout).toMatch(/\n {2}WnR +6 +0x1 +write\n {2}DFSC +5:0 +0x7 +Translation fault, level 3\n$/);
  });

  it.each<[string, string[], string]>([
    [
      'page of HPFAR and offset of FAR',
      ['0x93800047', '--far', '0xffff000012345678', '--hpfar', '0x400010'],
      'IPA 0x40001678: page of HPFAR_EL2, offset of FAR_EL2',
    ],
    [
      'the page alone of a stage-1 table',
      ['0x920000c7', '--far', '0x678', '--hpfar', '0x400010'],
      'IPA: page 0x40001000 of a stage-1 table; FAR_EL2 has the VA of the access',
    ],
    [
      'that neither has it after a permission fault',
      ['0x9200004f', '--far', '0x678', '--hpfar', '0x400010'],
      'IPA: not in these registers; HPFAR_EL2 is UNKNOWN for this exception',
    ],
    ['what is missing', ['0x93800047', '--far', '0x678'], 'IPA: its page is in HPFAR_EL2 (--hpfar)'],
  ])('says of the IPA: %s', async (_, args, line) => {
    expect((await esr(...args)).stdout.split('\n').at(-2)).toBe(`  ${line}`);
  });

  it('prints one document with --json', async () => {
    const { stdout } = await esr('0x93800047', '--hpfar', '0x400010', '--far', '0x4', '--json');
    expect(schemaErrors(stdout)).toEqual([]);
    expect(JSON.parse(stdout)).toMatchObject({ esr: '0x93800047', ipaIn: 'whole', ipa: '0x40001004' });
  });

  it.each([
    ['abc', 'ESR_EL2: found "abc", expected a number'],
    ['0x1_0000_0000_0000_0000', 'expected at most 64 bits'],
  ])('refuses %s in one line', async (value, message) => {
    const { stdout, stderr, exit } = await esr(value);
    expect({ stdout, exit, lines: stderr.split('\n').length }).toEqual({ stdout: '', exit: 2, lines: 2 });
    expect(stderr).toContain(message);
  });
});
