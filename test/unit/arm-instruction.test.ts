// Words as LLVM's assembler encodes these instructions.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMemoryInstruction } from '../../src/arm/index.js';

/** Access, bytes, and of the syndrome SAS, SRT, and the letters of what is set. */
function summary(word: number): string {
  const decoded = decodeMemoryInstruction(word);
  if (decoded === undefined) return 'none';
  const { access, bytes, unprivileged, syndrome } = decoded;
  const head = `${access} ${bytes}${unprivileged ? ' unprivileged' : ''}`;
  if (syndrome === undefined) return head;
  const { sas, srt, sf, sse, ar } = syndrome;
  const flags = [sf && 'sf', sse && 'sse', ar && 'ar'].filter(Boolean).map((flag) => ` ${flag}`);
  return `${head}, sas ${sas} srt ${srt}${flags.join('')}`;
}

describe('a load or store of one register has a syndrome:', () => {
  it.each([
    ['ldr x2, [x1]', 0xf9400022, 'read 8, sas 3 srt 2 sf'],
    ['ldr w2, [x1, #4]', 0xb9400422, 'read 4, sas 2 srt 2'],
    ['ldrb w3, [x1, x2]', 0x38626823, 'read 1, sas 0 srt 3'],
    ['ldrsb x3, [x1]', 0x39800023, 'read 1, sas 0 srt 3 sf sse'],
    ['ldrsb w3, [x1]', 0x39c00023, 'read 1, sas 0 srt 3 sse'],
    ['ldrsh x3, [x1, #2]', 0x79800423, 'read 2, sas 1 srt 3 sf sse'],
    ['ldrsh w3, [x1]', 0x79c00023, 'read 2, sas 1 srt 3 sse'],
    ['ldrsw x3, [x1]', 0xb9800023, 'read 4, sas 2 srt 3 sf sse'],
    ['strh wzr, [x1]', 0x7900003f, 'write 2, sas 1 srt 31'],
    ['str x30, [x1, x2, lsl #3]', 0xf822783e, 'write 8, sas 3 srt 30 sf'],
    ['ldur w5, [x1, #-3]', 0xb85fd025, 'read 4, sas 2 srt 5'],
    ['stur x5, [x1, #-3]', 0xf81fd025, 'write 8, sas 3 srt 5 sf'],
    ['ldtr x5, [x1]', 0xf8400825, 'read 8 unprivileged, sas 3 srt 5 sf'],
    ['sttrb w5, [x1]', 0x38000825, 'write 1 unprivileged, sas 0 srt 5'],
    ['ldr x7, #16', 0x58000087, 'read 8, sas 3 srt 7 sf'],
    ['ldr w7, #16', 0x18000087, 'read 4, sas 2 srt 7'],
    ['ldrsw x7, #16', 0x98000087, 'read 4, sas 2 srt 7 sf sse'],
    ['ldar x9, [x1]', 0xc8dffc29, 'read 8, sas 3 srt 9 sf ar'],
    ['ldarb w9, [x1]', 0x08dffc29, 'read 1, sas 0 srt 9 ar'],
    ['stlr w9, [x1]', 0x889ffc29, 'write 4, sas 2 srt 9 ar'],
    ['ldlar x9, [x1]', 0xc8df7c29, 'read 8, sas 3 srt 9 sf ar'],
    ['stllrh w9, [x1]', 0x489f7c29, 'write 2, sas 1 srt 9 ar'],
    ['ldapr w9, [x1]', 0xb8bfc029, 'read 4, sas 2 srt 9 ar'],
    ['ldapursb x9, [x1, #5]', 0x19805029, 'read 1, sas 0 srt 9 sf sse ar'],
    ['ldapursh w9, [x1, #5]', 0x59c05029, 'read 2, sas 1 srt 9 sse ar'],
    ['stlur x9, [x1, #5]', 0xd9005029, 'write 8, sas 3 srt 9 sf ar'],
    ['ldraa x4, [x1]', 0xf8200424, 'read 8, sas 3 srt 4 sf'],
  ])('%s', (_, word, expected) => {
    expect(summary(word)).toBe(expected);
  });
});

describe('an instruction that writes back, moves more than one general register, or is exclusive, has none:', () => {
  it.each([
    ['ldr x2, [x1], #8', 0xf8408422, 'read 8'],
    ['str x2, [x1, #8]!', 0xf8008c22, 'write 8'],
    ['ldraa x4, [x1, #0]!', 0xf8200c24, 'read 8'],
    ['ldp x2, x3, [x1]', 0xa9400c22, 'read 8'],
    ['stnp w2, w3, [x1]', 0x28000c22, 'write 4'],
    ['ldpsw x2, x3, [x1]', 0x69400c22, 'read 4'],
    ['stp q0, q1, [x1]', 0xad000420, 'write 16'],
    ['ldr q3, [x1]', 0x3dc00023, 'read 16'],
    ['str b3, [x1]', 0x3d000023, 'write 1'],
    ['ldr d3, #16', 0x5c000083, 'read 8'],
    ['ld1 { v0.4s }, [x1]', 0x4c407820, 'read 4'],
    ['st4 { v0.h - v3.h }[2], [x1]', 0x0d207020, 'write 2'],
    ['ld1r { v0.2d }, [x1]', 0x4d40cc20, 'read 8'],
    ['ldxr x2, [x1]', 0xc85f7c22, 'read 8'],
    ['stlxrb w4, w2, [x1]', 0x0804fc22, 'write 1'],
    ['ldaxp x2, x3, [x1]', 0xc87f8c22, 'read 16'],
    ['cas x6, x3, [x1]', 0xc8a67c23, 'atomic 8'],
    ['caspal w6, w7, w2, w3, [x1]', 0x0866fc22, 'atomic 8'],
    ['swpalb w6, w3, [x1]', 0x38e68023, 'atomic 1'],
    ['ldadd x6, x3, [x1]', 0xf8260023, 'atomic 8'],
    ['stumin w6, [x1]', 0xb826703f, 'atomic 4'],
  ])('%s', (_, word, expected) => {
    expect(summary(word)).toBe(expected);
  });
});

describe('what is no load or store is not taken for one:', () => {
  it.each([
    ['prfm pldl1keep, [x1]', 0xf9800020],
    ['prfm pldl1keep, #16', 0xd8000080],
    ['prfum pldl1keep, [x1, #3]', 0xf8803020],
    ['stg x1, [x2]', 0xd9200841],
    ['ld64b x0, [x1]', 0xf83fd020],
    ['add x0, x1, x2', 0x8b020020],
    ['dc zva, x1', 0xd50b7421],
    ['nop', 0xd503201f],
    ['udf #0', 0],
  ])('%s', (_, word) => {
    expect(summary(word)).toBe('none');
  });

  it('any 32-bit word decodes to something sound, or to nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (word) => {
        const decoded = decodeMemoryInstruction(word);
        if (decoded === undefined) return;
        expect([1, 2, 4, 8, 16]).toContain(decoded.bytes);
        if (decoded.syndrome === undefined) return;
        expect(decoded.access).not.toBe('atomic');
        expect(1 << decoded.syndrome.sas).toBe(decoded.bytes);
        expect(decoded.syndrome.srt).toBe(word & 31);
      }),
      { numRuns: 20_000 },
    );
  });
});
