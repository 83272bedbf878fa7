// A block that is larger than the output size of its stage: what lies beyond the size is a fault, from TLBs too.
import { describe, expect, it } from 'vitest';
import { DESC_SH_LSB, HCR_VM_LSB } from '../../src/abi/arm.js';
import { Machine } from '../../src/core/machine.js';
import { vtcr, vttbr } from '../../src/kvm/geometry.js';
import { Microarch, microBytes } from '../../src/uarch/microarch.js';
import { MicroMmu } from '../../src/uarch/mmu.js';
import { Translator } from '../../src/walk/translator.js';
import { cpuFor } from '../unit/arm-bench.js';
import * as G from './two-stage.js';

const ROOT = 0x4000_0000n;
const PA_BITS = 32;
/** Where FEAT_LPA2 has address bits. */
const SH = 3n << BigInt(DESC_SH_LSB);
const GEOMETRY = { granuleShift: 12, ipaBits: 48, layout: 'lpa2', startLevel: 0 } as const;

/** IPAs below 512 GiB mapped one to one by one block of level 0, on a CPU with 32 bits of PA as VTCR_EL2 has it. */
function blockOfLevel0(geometry: Parameters<typeof microBytes>[0]) {
  const machine = new Machine({
    accounted: true,
    banks: [{ pa: ROOT, size: G.PAGE, kind: 'ram' }],
    roots: { pa: 1n << 50n, size: 4096 },
    tablePool: { pa: (1n << 50n) + G.PAGE, pages: 1 },
    regions: [],
    pageState: false,
    arenaBytes: microBytes(geometry) + (1 << 17),
  });
  const registers = { hcr: 1n << BigInt(HCR_VM_LSB), vtcr: vtcr(GEOMETRY, PA_BITS), vttbr: vttbr(ROOT, 1) };
  machine.writeRam(ROOT, G.leafOf(0n, G.RW2 & ~SH, 0));
  const translator = new Translator(
    machine,
    registers,
    cpuFor({ features: { paMax: 52, lpa: true, lpa2: [4] } }),
  );
  return { translator, mmu: new MicroMmu(new Microarch(machine, geometry), translator) };
}

describe.each(G.LAYOUTS)('a core with %s', (_, geometry) => {
  it.each([0n, 0x1234_5000n, 0xffff_f000n])(
    'that holds a block for the IPA %d answers beyond it as the tables do',
    (ipa) => {
      const { translator, mmu } = blockOfLevel0(geometry);
      expect(mmu.access({ ipa })).toEqual({ ok: true, pa: ipa, source: 'walk' });
      expect(mmu.access({ ipa: ipa ^ 0x8000_0000n })).toEqual({
        ok: true,
        pa: ipa ^ 0x8000_0000n,
        source: 'l1',
      });
      for (const beyond of [1n << 32n, ipa | (1n << 32n), ipa | (1n << 38n)]) {
        const expected = translator.translate({ ipa: beyond });
        expect(expected).toMatchObject({ ok: false, fault: { type: 'address-size' } });
        expect(mmu.access({ ipa: beyond })).toEqual({ ...expected, source: 'walk' });
      }
      expect(mmu.staleEntries()).toEqual([]);
    },
  );
});
