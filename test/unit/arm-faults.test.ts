import { describe, expect, it } from 'vitest';
import {
  decodeEsr,
  decodeFsc,
  decodePar,
  encodeAbort,
  encodeFsc,
  encodeHpfar,
  encodeParFault,
  encodeParSuccess,
  fscName,
  hpfarIpa,
  hpfarValid,
} from '../../src/arm/index.js';

/** Meaning of each field, or its number. */
const meanings = (esr: bigint): Record<string, string> =>
  Object.fromEntries(decodeEsr(esr).map(({ name, value, meaning }) => [name, meaning ?? value.toString()]));

describe('a fault status code', () => {
  it.each([
    [0x00, 'Address size fault, level 0'],
    [0x06, 'Translation fault, level 2'],
    [0x09, 'Access flag fault, level 1'],
    [0x0f, 'Permission fault, level 3'],
    [0x10, 'External abort'],
    [0x13, 'External abort on a table walk, level -1'],
    [0x15, 'External abort on a table walk, level 1'],
    [0x18, 'Parity or ECC error'],
    [0x1b, 'Parity or ECC error on a table walk, level -1'],
    [0x1f, 'Parity or ECC error on a table walk, level 3'],
    [0x21, 'Alignment fault'],
    [0x29, 'Address size fault, level -1'],
    [0x2b, 'Translation fault, level -1'],
    [0x30, 'TLB conflict abort'],
    [0x31, 'Unsupported atomic hardware update'],
    [0x3d, 'reserved'],
  ])('%i has the name %s', (fsc, name) => {
    expect(fscName(fsc)).toBe(name);
  });

  it('encodes back from its type and level', () => {
    for (let fsc = 0; fsc < 64; fsc++) {
      const status = decodeFsc(fsc);
      if (status.type !== 'reserved') expect(encodeFsc(status)).toBe(fsc);
    }
  });

  it.each([
    [{ type: 'permission', level: -1 }, 'permission fault at level -1: no fault status code'],
    [{ type: 'translation', level: 4 }, 'translation fault at level 4: no fault status code'],
    [{ type: 'translation' }, 'translation fault without a level: no fault status code'],
    [{ type: 'alignment', level: 1 }, 'alignment fault at level 1: no fault status code'],
  ] as const)('does not exist for %o', (status, message) => {
    expect(() => encodeFsc(status)).toThrow(message);
  });
});

describe('ESR_EL2', () => {
  it('of a captured data abort decodes to a write of x3 at level 3', () => {
    expect(meanings(0x9383_004fn)).toEqual({
      EC: 'Data Abort from a lower EL',
      IL: '32-bit instruction',
      ISV: 'syndrome valid',
      SAS: '4 bytes',
      SSE: 'zero-extend',
      SRT: 'x3',
      SF: '32-bit register',
      AR: 'plain',
      FnV: 'FAR valid',
      EA: 'no external abort type',
      CM: 'load or store',
      S1PTW: 'the access itself',
      WnR: 'write',
      DFSC: 'Permission fault, level 3',
    });
  });

  it('of that abort is what the access and the fault encode to', () => {
    const syndrome = { sas: 2, srt: 3, sf: false };
    expect(encodeAbort({ fsc: 0x0f, access: 'write', syndrome })).toBe(0x9383_004fn);
  });

  it('of a fetch is an instruction abort without syndrome', () => {
    const esr = encodeAbort({ fsc: 0x07, access: 'execute', syndrome: { sas: 3, srt: 0, sf: true } });
    expect(esr).toBe(0x8200_0007n);
    expect(meanings(esr)).toMatchObject({
      EC: 'Instruction Abort from a lower EL',
      IFSC: 'Translation fault, level 3',
    });
  });

  it('of a cache operation says CM and write, and has no syndrome', () => {
    const syndrome = { sas: 3, srt: 31, sf: true };
    expect(encodeAbort({ fsc: 0x07, access: 'cache-op', syndrome })).toBe(0x9200_0147n);
  });

  it.each([
    ['a stage-1 walk', { fsc: 0x05, s1ptw: true }, 0x9200_0085n],
    ['an external abort on a walk', { fsc: 0x16 }, 0x9200_0016n],
    ['an external abort on a walk of level -1', { fsc: 0x13 }, 0x9200_0013n],
  ])('of %s has no syndrome', (_, fault, esr) => {
    expect(encodeAbort({ ...fault, access: 'read', syndrome: { sas: 3, srt: 1, sf: true } })).toBe(esr);
  });

  it('describes a sign-extending load-acquire into the zero register', () => {
    const syndrome = { sas: 1, srt: 31, sf: true, sse: true, ar: true };
    expect(meanings(encodeAbort({ fsc: 5, access: 'read', syndrome }))).toMatchObject({
      SAS: '2 bytes',
      SSE: 'sign-extend',
      SRT: 'xzr',
      SF: '64-bit register',
      AR: 'acquire or release',
      WnR: 'read',
    });
  });

  it('of another exception keeps its syndrome whole', () => {
    expect(meanings(0x5a00_0000n)).toEqual({
      EC: 'HVC in AArch64',
      IL: '32-bit instruction',
      ISS: 'not taken apart for this class',
    });
    expect(meanings(0xbe00_0001n)).toMatchObject({ EC: 'SError' });
    expect(meanings(0xfc00_0001n)).toMatchObject({ EC: 'reserved' });
  });
});

describe('HPFAR_EL2', () => {
  it('holds the page of the IPA', () => {
    expect(encodeHpfar(0x900_0123n)).toBe(0x9_0000n);
    expect(hpfarIpa(0x9_0000n)).toBe(0x900_0000n);
    expect(hpfarIpa(encodeHpfar(0xf_ffff_ffff_ffffn))).toBe(0xf_ffff_ffff_f000n);
  });

  it.each([
    [0x03, false, true],
    [0x07, false, true],
    [0x0b, false, true],
    [0x0f, false, false],
    [0x0f, true, true],
    [0x16, false, false],
    [0x21, false, false],
    [0x2b, false, true],
  ])('for fault status %i, stage-1 walk %s, is valid: %s', (fsc, s1ptw, valid) => {
    expect(hpfarValid(fsc, s1ptw)).toBe(valid);
  });
});

describe('PAR_EL1', () => {
  it('of a success holds frame, attributes and shareability', () => {
    const par = encodeParSuccess(0x1_015c_d123n, { attr: 0xff, sh: 3 });
    expect(par).toBe(0xff00_0001_015c_d980n);
    expect(decodePar(par)).toMatchObject([
      { name: 'ATTR', value: 0xffn },
      { name: 'PA', value: 0x1_015cdn },
      { name: 'RES1', value: 1n },
      { name: 'NS', value: 0n },
      { name: 'SH', value: 3n, meaning: 'ISH' },
      { name: 'F', value: 0n, meaning: 'translated' },
    ]);
  });

  it('of a stage-2 fault holds its status', () => {
    const par = encodeParFault(0x06);
    expect(par).toBe(0xa0dn);
    expect(decodePar(par)).toMatchObject([
      { name: 'RES1' },
      { name: 'S', meaning: 'stage 2' },
      { name: 'PTW', meaning: 'the access itself' },
      { name: 'FST', meaning: 'Translation fault, level 2' },
      { name: 'F', meaning: 'fault' },
    ]);
    expect(encodeParFault(0x06, true)).toBe(0xb0dn);
  });
});
