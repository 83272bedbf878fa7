import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/core/arena.js';

const RUNS = 300;

describe('an arena', () => {
  it('hands out the lowest place that fits', () => {
    const arena = new Arena('test', 100, 1000);
    expect(arena.allocate(8, 4)).toBe(100);
    expect(arena.allocate(8, 64)).toBe(128);
    expect(arena.allocate(16, 4)).toBe(108);
  });

  it('aligns by 8 bytes unless told otherwise', () => {
    const arena = new Arena('test', 1, 1000);
    expect(arena.allocate(1)).toBe(8);
    expect(arena.allocate(1, 1)).toBe(1);
  });

  it('gives a released place out again', () => {
    const arena = new Arena('test', 0, 64);
    const [a, b] = [arena.allocate(32), arena.allocate(32)];
    arena.release(a);
    expect(arena.allocate(32)).toBe(a);
    arena.release(b);
    arena.release(a);
    expect(arena.allocate(64)).toBe(0);
  });

  it('joins a released place with both neighbours', () => {
    const arena = new Arena('test', 0, 96);
    const [a, b, c] = [arena.allocate(32), arena.allocate(32), arena.allocate(32)];
    arena.release(a);
    arena.release(c);
    expect(() => arena.allocate(64)).toThrow();
    arena.release(b);
    expect(arena.allocate(96)).toBe(0);
  });

  it('says what is full, and with which code', () => {
    const arena = new Arena('root tables', 0, 64);
    expect(() => arena.allocate(65)).toThrowError(
      expect.objectContaining({
        code: 'ENOMEM',
        message: expect.stringMatching(/^root tables: no room for 65 bytes/),
      }),
    );
  });

  it('takes back only what it gave, and once', () => {
    const arena = new Arena('test', 0, 64);
    const at = arena.allocate(16);
    const invalid = expect.objectContaining({ code: 'EINVAL' });
    expect(() => arena.release(at + 8)).toThrowError(invalid);
    arena.release(at);
    expect(() => arena.release(at)).toThrowError(invalid);
  });

  it('never lets two places overlap, and is whole again when all are released', () => {
    const step = fc.oneof(
      fc.record({ bytes: fc.integer({ min: 1, max: 200 }), align: fc.constantFrom(1, 8, 64, 256) }),
      fc.record({ release: fc.nat(100) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const arena = new Arena('test', 40, 2040);
        const held: { at: number; bytes: number }[] = [];
        for (const s of steps) {
          if ('release' in s) {
            if (held.length > 0) arena.release(held.splice(s.release % held.length, 1)[0]!.at);
            continue;
          }
          try {
            const at = arena.allocate(s.bytes, s.align);
            expect(at % s.align).toBe(0);
            expect(at >= 40 && at + s.bytes <= 2040).toBe(true);
            for (const other of held) {
              expect(at + s.bytes <= other.at || at >= other.at + other.bytes).toBe(true);
            }
            held.push({ at, bytes: s.bytes });
          } catch (error) {
            expect(error).toMatchObject({ code: 'ENOMEM' });
          }
        }
        for (const { at } of held) arena.release(at);
        expect(arena.allocate(2000, 8)).toBe(40);
      }),
      { numRuns: RUNS },
    );
  });
});
