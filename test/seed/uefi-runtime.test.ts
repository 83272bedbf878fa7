// The use that the RFC names first: runtime services of the firmware in a VM of the kernel. Its regions are those of two
// real machines; what the review asked of device memory and of allocation shows in each.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hex } from '../../src/core/error.js';
import { type EfiForm, efiTranslator, efiVm } from '../../src/scenario/efi-run.js';
import { efiSlots } from '../../src/scenario/efi-slots.js';
import { IDMAP_POLICIES } from '../../src/scenario/idmap-policy.js';
import { type EfiMap, parseEfiMap } from '../../src/trace/index.js';

const [NORMAL_WB, DEVICE_NGNRE] = [0xff, 0x04];
const GRANULES = [12, 14, 16] as const;
const POSTED: EfiForm = { policy: 'asPosted', region: 'none', granuleShift: 12 };

function load(name: string): EfiMap {
  const url = new URL(`../../src/data/efi/${name}.json`, import.meta.url);
  return parseEfiMap(JSON.parse(readFileSync(url, 'utf8')), `${name}.json`);
}

const D05 = load('uefi');
const THUNDERX = load('uefi-thunderx');
const windowsOf = ({ regions }: EfiMap) =>
  regions.filter(({ kind, runtime }) => runtime && kind === 'device');

/** PA, memory type and whether it may be executed at the first and last byte of every slot; faults by their type. */
function seenBy(map: EfiMap, form: EfiForm): unknown[] {
  const { vm } = efiVm(map, form);
  const translator = efiTranslator(vm);
  const seen = efiSlots(map, form.granuleShift).flatMap(({ pa, size }) =>
    [pa, pa + size / 2n, pa + size - 1n].map((ipa) => {
      const data = translator.translate({ ipa, access: 'write', stage1: { attr: NORMAL_WB, sh: 3 } });
      const fetch = translator.translate({ ipa, access: 'execute' });
      return data.ok ? [data.pa, data.memory.attr, fetch.ok] : data.fault.type;
    }),
  );
  translator.destroy();
  return seen;
}

describe.each([
  ['HiSilicon D05', D05],
  ['ThunderX', THUNDERX],
])('the runtime services of a %s', (_, map) => {
  it('as posted have their device windows as normal memory that may be executed, and are told so', () => {
    const { run } = efiVm(map, POSTED);
    expect(run.refused).toEqual([]);
    expect(run.windows.map(({ pa, size }) => ({ pa, size }))).toEqual(
      windowsOf(map).map(({ pa, size }) => ({ pa, size })),
    );
    for (const { seen } of run.windows) expect(seen).toEqual({ memoryType: NORMAL_WB, executable: true });
    expect(run.counts.levels.every(({ device }) => device === 0)).toBe(true);
  });

  it.each(IDMAP_POLICIES)('are refused their windows by name under refuse, mapped %s', (policy) => {
    const { run } = efiVm(map, { policy, region: 'refuse', granuleShift: 12 });
    const windows = windowsOf(map);
    expect(run.refused.map(({ pa }) => pa)).toEqual(windows.map(({ pa }) => pa));
    for (const { pa, size, reason } of run.refused)
      expect(reason).toContain(`region [${hex(pa)}, ${hex(pa + size)}) is device registers`);
    for (const { seen } of run.windows) expect(seen).toBeUndefined();
  });

  it.each(IDMAP_POLICIES)(
    'have them as Device-nGnRE and execute-never under deviceAttributes, mapped %s',
    (policy) => {
      const { run } = efiVm(map, { policy, region: 'deviceAttributes', granuleShift: 12 });
      expect(run.refused).toEqual([]);
      for (const { seen } of run.windows)
        expect(seen).toEqual({ memoryType: DEVICE_NGNRE, executable: false });
      const device = run.counts.levels.reduce((sum, level) => sum + level.device * level.leafBytes, 0);
      expect(BigInt(device)).toBe(windowsOf(map).reduce((sum, { size }) => sum + size, 0n));
    },
  );

  it('lose almost a whole cache of table pages for each region as posted, and none otherwise', () => {
    for (const policy of IDMAP_POLICIES) {
      const { slots, counts } = efiVm(map, { ...POSTED, policy }).run;
      if (policy !== 'asPosted') expect(counts.leaked).toBe(0);
      else expect(counts.leaked).toBe(40 * counts.topUps - counts.tablePages);
      if (policy === 'asPosted') expect(counts.leaked).toBeGreaterThan(30 * slots);
    }
  });

  it('take no cleaning: the kernel leaves them out of its linear map, and pfn_valid says no', () => {
    expect(efiVm(map, POSTED).run.counts).toMatchObject({ flushCalls: 0, flushedLines: 0 });
  });

  it.each(GRANULES)(
    'are translated alike by every way of mapping, in pages of 2^%i bytes',
    (granuleShift) => {
      for (const region of ['none', 'deviceAttributes'] as const) {
        const [first, ...others] = IDMAP_POLICIES.map((policy) =>
          seenBy(map, { policy, region, granuleShift }),
        );
        for (const other of others) expect(other).toEqual(first);
      }
    },
  );
});

describe('the runtime services of a ThunderX', () => {
  it('are beyond the IPA space of v4.13', () => {
    const { run } = efiVm({ ...THUNDERX, ipaBits: 40 }, POSTED);
    expect(run.slots).toBe(0);
    for (const { reason } of run.refused) expect(reason).toMatch(/ends at or above the 40-bit IPA space/);
  });

  it('lie apart in pages of 4 KiB, and some of them share pages of 16 KiB', () => {
    expect([12, 14, 16].map((shift) => efiSlots(THUNDERX, shift).length)).toEqual([8, 5, 5]);
  });
});
