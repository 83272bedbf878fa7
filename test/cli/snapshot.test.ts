import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { registerSnapshot } from '../../src/cli/commands/snapshot.js';
import { saveSnapshot } from '../../src/snapshot/index.js';
import { world } from '../snapshot/driver.js';
import { type Captured, runCommand } from './capture.js';
import { schemaErrors } from './schema.js';

const bytes = saveSnapshot(world(false).machine);
const snapshot = (stdin: Uint8Array, ...args: string[]): Promise<Captured> =>
  runCommand(registerSnapshot, ['snapshot', '-', ...args], stdin);

describe('stage2 snapshot', () => {
  it('says what a snapshot holds', async () => {
    const { stdout, exit } = await snapshot(bytes);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^standard input: [\d,]+ bytes, whole\n {2}functional core/);
    expect(stdout).toContain('address spaces: 2, VMs: 3, translators: 1, cores: 0');
    expect(stdout).toContain('fsck: nothing found');
    expect(stdout).toMatch(/0 ordinary +rfc +4 KiB +40 +3 +2 +0 +0 +-\n/);
    expect(stdout).toMatch(/1 internal +predflag +4 KiB +40 +1 +1 +0 +0 +onMmio\n/);
  });

  it('says the same as one JSON document, of a gzipped one as well', async () => {
    const { stdout } = await snapshot(gzipSync(bytes), '--json');
    expect(schemaErrors(stdout)).toEqual([]);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      core: 'functional',
      bytes: bytes.length,
      findings: 0,
      addressSpaces: 2,
    });
    expect(document.vms.map((vm: { needsHandler: boolean }) => vm.needsHandler)).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('refuses what is none in one line and with exit code 2', async () => {
    const damaged = bytes.slice();
    damaged[5000] = (damaged[5000] as number) ^ 1;
    const { stderr, exit } = await snapshot(damaged);
    expect({ stderr, exit }).toEqual({
      stderr: 'stage2: standard input: found damaged bytes: the checksum is another one\n',
      exit: 2,
    });
    const { stdout } = await snapshot(new TextEncoder().encode('{}'), '--json');
    expect(JSON.parse(stdout).error.message).toMatch(/expected a snapshot of stage2/);
  });
});
