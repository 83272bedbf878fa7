// A file that was saved once is one for as long as its versions say so: a change of layout or meaning counts one of them
// up. SNAPSHOT_WRITE=1 writes the file of new versions.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ABI_VERSION } from '../../src/abi/layout.js';
import { SNAPSHOT_VERSION } from '../../src/abi/snapshot.js';
import { fsck } from '../../src/kvm/index.js';
import { restoreSnapshot, saveSnapshot } from '../../src/snapshot/index.js';
import { isSame } from '../reliability/state.js';
import { HANDLERS, Numbers, step, world } from './driver.js';

const NAME = `files/${SNAPSHOT_VERSION}-${ABI_VERSION}.s2snap.gz`;
const FILE = fileURLToPath(new URL(NAME, import.meta.url));
/** Of its first VM. */
const LEAVES = 519;

function write(): void {
  const objects = world(true);
  const numbers = new Numbers(11);
  for (let i = 0; i < 120; i++) step(objects, numbers);
  writeFileSync(FILE, gzipSync(saveSnapshot(objects.machine), { level: 9 }));
}

describe(`the snapshot ${NAME}`, () => {
  it('is restored, and is the same file when it is saved again', () => {
    if (process.env.SNAPSHOT_WRITE) write();
    const saved = gunzipSync(readFileSync(FILE));
    const objects = restoreSnapshot(saved, { onMmio: HANDLERS });
    expect(isSame(saveSnapshot(objects.machine), saved)).toBe(true);
    expect(fsck(objects.machine).findings).toEqual([]);
    expect([...(objects.vms[0]?.tables.leaves() ?? [])]).toHaveLength(LEAVES);
    expect(objects.cores[0]?.counts().some((n) => n > 0n)).toBe(true);
  });
});
