import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { registerConform } from '../../src/cli/commands/conform.js';
import { registerDump } from '../../src/cli/commands/dump.js';
import { registerIdmap } from '../../src/cli/commands/idmap.js';
import { registerMap } from '../../src/cli/commands/map.js';
import { registerProfiles } from '../../src/cli/commands/profiles.js';
import { registerTranslate } from '../../src/cli/commands/translate.js';
import { registerVerifyBuild } from '../../src/cli/commands/verify-build.js';
import { registerWalk } from '../../src/cli/commands/walk.js';
import { dataPath } from '../../src/cli/io.js';
import { query, smallRecorded, smallSpec } from '../conform/small.js';
import { dumpPath } from '../traces/dumps.js';
import { runProgram } from './capture.js';
import { editedDump, withFile } from './dump-files.js';
import { schemaErrors } from './schema.js';

const COMMANDS = [
  ...[registerConform, registerDump, registerIdmap, registerMap, registerProfiles],
  ...[registerTranslate, registerVerifyBuild, registerWalk],
];
const D1 = 'guestA_6.1_max-vhe.d1_mixed.json.gz';
const TABLES = ['--tables', dumpPath(D1)];

const json = async (...args: string[]): Promise<string> =>
  (await runProgram(COMMANDS, [...args, '--json'])).stdout;

// Those of compare, replay and validate are held to theirs where these commands are tested.
describe('documents are what their schemas say', () => {
  it.each<[string, string[]]>([
    ['walks that end and that fault', ['walk', ...TABLES, '0x40000123', '0x80000000', '0x100_0000_0000']],
    ['walks of VAs', ['walk', ...TABLES, '--va', '0x40000000', '0x80000000']],
    ['walks without stage 2', ['walk', ...TABLES, '--reg', 'HCR_EL2=0', '0x1']],
    ['registers that describe no walk', ['walk', ...TABLES, '--reg', 'VTCR_EL2=0', '0x1']],
    ['a check', ['walk', ...TABLES, '--check']],
    ['translations', ['translate', ...TABLES, '0x40000123', '0x80000000']],
    ['translations of VAs', ['translate', ...TABLES, '--va', '0x40000123', '0x80000000']],
    ['tables that are made', ['map', '0x4000_0000:0x8000_0000:6M', '0:0:64K:r,device', '--fwb']],
    ['tables of a dump', ['dump', ...TABLES]],
    ['the list of cores', ['profiles']],
    ['the values of a core', ['profiles', 'apple-m1-firestorm']],
    ['internal VMs that are mapped', ['idmap', '--size', '16M', '--core', 'cortex-a53']],
    ['firmware that is mapped', ['idmap', '--scenario', 'uefi', '--core', 'cortex-a53']],
    ['a build that is verified', ['verify-build', dataPath('builds/gcc12c-base.json')]],
    ['an error', ['walk', ...TABLES, 'x']],
    ['an error of usage', ['walk', '--tabels']],
  ])('%s', async (_, args) => {
    expect(schemaErrors(await json(...args))).toEqual([]);
  });

  it('a check that found differences', async () => {
    const edited = editedDump(D1, (dump) => {
      for (const mapping of dump.mappings) mapping.pa = '0x0';
    });
    const stdout = await withFile(edited, (path) => json('walk', '--tables', path, '--check'));
    expect(JSON.parse(stdout).check.differences).not.toEqual([]);
    expect(schemaErrors(stdout)).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['another PAR', smallRecorded(query({ par: '0xa0f' }))],
    ['another PA', smallSpec(query({ spec: { pa: '0x6000', attr: '0xff', sh: 3 } }))],
    ['a fault', smallSpec(query({ acc: 'W', ipa: '0x123456', spec: { pa: '0x6000', attr: '0xff', sh: 3 } }))],
  ])('translations that differ from what is recorded: %s', async (_, file) => {
    const stdout = await withFile(JSON.stringify(file), (path) => json('conform', path));
    expect(JSON.parse(stdout).total.different).toBe(1);
    expect(schemaErrors(stdout)).toEqual([]);
  });
});

describe('a schema', () => {
  const folder = new URL('../../schemas/', import.meta.url);

  it.each(readdirSync(folder))('says what each field is, in %s', (name) => {
    const { $id, title, definitions } = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    expect($id).toBe(`stage2/schema/${name}`);
    expect(title).toMatch(/stage2/);
    expect(Object.keys(definitions)).not.toContain('Machine');
  });

  it('refuses what is not said in it', async () => {
    const document = JSON.parse(await json('walk', ...TABLES, '0x40000123'));
    const wrong = { ...document, walks: [{ ...document.walks[0], pa: 12, more: true }] };
    expect(schemaErrors(JSON.stringify(wrong))).not.toEqual([]);
  });
});
