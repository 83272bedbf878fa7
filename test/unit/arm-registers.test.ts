import { describe, expect, it } from 'vitest';
import {
  cpuFromId,
  cpuPreset,
  decode,
  encode,
  formatHcr,
  formatVtcr,
  formatVttbr,
  hasFwb,
  VTCR_EL2,
  vttbrBase,
} from '../../src/arm/index.js';
import { vtcr } from '../../src/kvm/geometry.js';

describe('VTCR_EL2', () => {
  // Linux 4.13, __init_stage2_translation: constant part with a 40-bit IPA, then PARange.
  it.each([
    [12, 32, 0x8000_3558n],
    [14, 32, 0x8000_b558n],
    [16, 32, 0x8000_7558n],
    [12, 40, 0x8002_3558n],
    [14, 40, 0x8002_b558n],
    [16, 40, 0x8002_7558n],
    [12, 44, 0x8004_3558n],
    [14, 44, 0x8004_b558n],
    [16, 44, 0x8004_7558n],
  ] as const)('is what KVM writes: granule shift %i, %i-bit PA', (granuleShift, paBits, value) => {
    expect(vtcr({ granuleShift, ipaBits: 40 }, paBits)).toBe(value);
  });

  it('is what its fields encode to', () => {
    const fields = { RES1: 1n, PS: 4n, TG0: 0n, SH0: 3n, ORGN0: 1n, IRGN0: 1n, SL0: 1n, T0SZ: 24n };
    expect(encode(VTCR_EL2, fields)).toBe(0x8004_3558n);
  });

  it('prints on one line with what each field means', () => {
    expect(formatVtcr(0x802d_3558n)).toBe(
      'VTCR_EL2 0x802d3558: T0SZ=24 (40-bit IPA) SL0=1 (start level 1) IRGN0=1 (WB RA WA) ORGN0=1 (WB RA WA) ' +
        'SH0=3 (ISH) TG0=0 (4K granule) PS=5 (48-bit PA) VS=1 (16-bit VMID) HA=1 (on) HD=0 (off) RES1=1 (reserved, 1) DS=0 (off) SL2=0 (ignored: DS is 0)',
    );
  });

  it.each([
    [0x8000_7558n, 'start level 2', '64K granule'],
    [0x8000_b558n, 'start level 2', '16K granule'],
    [0x8000_3518n, 'start level 2', '4K granule'],
    [0x8000_3598n, 'start level 0', '4K granule'],
    [0x8000_35d8n, 'start level 3', '4K granule'],
    [0x3_8006_350cn, 'start level -1', '4K granule'],
    [0x1_8006_350cn, 'start level 2', '4K granule'],
    [0x3_8006_354cn, 'reserved', '4K granule'],
    [0x1_8006_b5ccn, 'start level 0', '16K granule'],
    [0x8006_b5ccn, 'reserved', '16K granule'],
    [0x8000_75d8n, 'reserved', '64K granule'],
    [0x8000_f558n, 'start level 2', 'reserved'],
  ])('%s has the %s and the %s', (value, sl0, tg0) => {
    const meanings = new Map(decode(VTCR_EL2, value).map(({ name, meaning }) => [name, meaning]));
    expect(meanings.get('SL0')).toBe(sl0);
    expect(meanings.get('TG0')).toBe(tg0);
  });
});

describe('VTTBR_EL2', () => {
  it('gives VMID, CnP and the address of the first table', () => {
    expect(formatVttbr(0x1_0001_0af4_6001n)).toBe(
      'VTTBR_EL2 0x100010af46001: VMID=1 BADDR=0x10af46000 CnP=1',
    );
    expect(vttbrBase(0xffff_8000_0000_0001n)).toBe(0x8000_0000_0000n);
    // Bits 5:2 are bits 51:48, where descriptors hold 52-bit addresses.
    expect(vttbrBase(0x1_8000_0000_0155n, true)).toBe(0x5_8000_0000_0140n);
  });
});

describe('HCR_EL2', () => {
  it('tells whether stage 2 is on and who decides the memory type', () => {
    const line = formatHcr(0x403c_807c_663fn);
    expect(line).toContain('VM=1 (stage 2 on)');
    expect(line).toContain('RW=1 (EL1 is AArch64)');
    expect(line).toContain('FWB=1 (stage 2 forces the memory type)');
    expect(hasFwb(0x403c_807c_663fn)).toBe(true);
    expect(hasFwb(1n)).toBe(false);
  });
});

describe('a named core', () => {
  it('is one of the list', () => {
    expect(cpuPreset('cortex-a76')).toMatchObject({ paMax: 40, xnx: true, haf: true });
    expect(() => cpuPreset('toString')).toThrow('cpu: found "toString", expected one of cortex-a53');
  });
});

describe('the ID registers', () => {
  it('give what a CPU with all of them has', () => {
    const id = {
      mmfr0: 0x323_1020_1126n,
      mmfr1: 0x110_1021_1122n,
      mmfr2: 0x1021_0110_1001_1011n,
      pfr0: 0x1201_0011_2011_0222n,
    };
    expect(cpuFromId(id)).toEqual(cpuPreset('max'));
  });

  it('give 44 bits and no feature for a Cortex-A57', () => {
    expect(cpuFromId({ mmfr0: 0x1124n, mmfr1: 0n, mmfr2: 0n })).toEqual(cpuPreset('cortex-a57'));
  });

  it('take TGranX_2 of 0 for what stage 1 has, and 1 for none', () => {
    const granules = (mmfr0: bigint) => cpuFromId({ mmfr0, mmfr1: 0n, mmfr2: 0n });
    expect(granules(0x0f00_0005n | (0xfn << 28n)).granules).toEqual([]);
    expect(granules((1n << 40n) | (1n << 36n) | (1n << 32n)).granules).toEqual([]);
    expect(granules(0x0020_0005n)).toMatchObject({ granules: [4, 16, 64], lpa2: [16] });
    expect(granules(0x1000_0005n)).toMatchObject({ granules: [4, 64], lpa2: [4] });
  });

  it('refuse a reserved PARange', () => {
    expect(() => cpuFromId({ mmfr0: 8n, mmfr1: 0n, mmfr2: 0n })).toThrow(
      'ID_AA64MMFR0_EL1.PARange: found 8, expected 0 to 7',
    );
  });
});
