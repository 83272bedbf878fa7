// Walkers of other vcpus beside each operation: at every point between two steps, whatever a walk that began at any time
// or a TLB can give is what the tables gave before or give after.
import { describe, expect, it } from 'vitest';
import { TableLog } from '../../../src/core/table-log.js';
import { TableChecker } from '../../../src/kvm/bbm/checker.js';
import { decodeSteps } from '../../../src/kvm/bbm/steps.js';
import type { Translation } from '../../../src/kvm/bbm/translation.js';
import { BLOCK, GUEST, PAGE } from '../../model/lab.js';
import { OPERATIONS } from './operations.js';

const IPAS = [GUEST, GUEST + PAGE, GUEST + BLOCK - PAGE, GUEST + 8n * BLOCK];
const VALID_AND_TYPE = 3n;
const ADDRESS = 0xffff_ffff_f000n;

/** What an access to `ipa` gets: the address and the attributes, whatever the size of the entry. */
const given = (ipa: bigint, { ipa: first, output, desc }: Translation) =>
  `${output + (ipa - first)} ${desc & ~ADDRESS & ~VALID_AND_TYPE}`;

describe('a walk beside', () => {
  it.each(OPERATIONS)('$name gives the old, the new or a fault', ({ before, run }) => {
    const l = before();
    const checker = new TableChecker(l.machine, [l.vm]);
    const space = checker.walkers.spaceOf(l.vm);
    const now = () =>
      IPAS.map((ipa) => {
        const leaf = checker.walkers.lookup(space, ipa)?.leaf;
        return leaf === undefined ? undefined : given(ipa, leaf);
      });
    const old = now();
    const log = new TableLog(l.machine, 4096);
    run(l);
    const seen = IPAS.map(() => new Set<string>());
    for (const step of decodeSteps(log.drain().records)) {
      checker.apply(step);
      for (const [i, ipa] of IPAS.entries())
        for (const leaf of checker.walkers.heldFor(space, ipa)) seen[i]?.add(given(ipa, leaf));
    }
    const made = now();
    for (const [i, results] of seen.entries())
      for (const result of results) expect([old[i], made[i]]).toContain(result);
    expect(checker.walkers.held.size).toBe(0);
  });
});
