import { describe, expect, it } from 'vitest';
import { parseEfiMap } from '../../src/trace/index.js';

const REGION = { type: 'RuntimeServicesData', pa: '0x80000000', size: '0x3000', attributes: 'RUN WB' };
const WINDOW = { type: 'MemoryMappedIO', pa: '0x9000000', size: '0x1000', attributes: 'RUN UC' };
const TOUCH = { what: 'data', pa: '0x80001000', access: 'read', pages: { v: 1, lo: 1, hi: 2 } };
const MAP = { format: 'stage2-efi-map/1', about: 'a board', source: ['me'], regions: [REGION, WINDOW] };
const CALL = { name: 'GetTime', about: 'a call', conf: 'E', src: ['me'], touches: [TOUCH] };

const parse = (changes: object) => parseEfiMap({ ...MAP, ...changes }, 'my.json');

describe('an EFI memory map', () => {
  it('is read with its regions by address, and with what the kernel makes of them', () => {
    const { regions, ipaBits, call } = parse({ call: CALL });
    expect(regions.map(({ pa, kind, runtime, usable }) => [pa, kind, runtime, usable])).toEqual([
      [0x900_0000n, 'device', true, false],
      [0x8000_0000n, 'memory', true, false],
    ]);
    expect(ipaBits).toBe(40);
    expect(call?.touches[0]?.pa).toBe(0x8000_1000n);
  });

  it('tells memory that the kernel takes from what it leaves alone and from what is none', () => {
    const kinds = ['ConventionalMemory', 'LoaderData', 'ACPIReclaimMemory', 'ReservedMemoryType'].map(
      (type, i) => ({ type, pa: `0x${i + 1}000`, size: '0x1000', attributes: i === 3 ? '' : 'WB' }),
    );
    const { regions } = parse({ regions: [...kinds, REGION] });
    expect(regions.map(({ kind, usable }) => [kind, usable])).toEqual([
      ['memory', true],
      ['memory', true],
      ['memory', false],
      ['none', false],
      ['memory', false],
    ]);
  });

  const with_ = (changes: object) => ({ regions: [{ ...REGION, ...changes }, WINDOW] });
  const touching = (changes: object) => ({ call: { ...CALL, touches: [{ ...TOUCH, ...changes }] } });

  it.each<[string, object, string]>([
    ['another format', { format: 'x' }, 'my.json: format: found "x", expected stage2-efi-map/1'],
    ['no regions', { regions: undefined }, 'my.json: regions: found nothing, expected an array'],
    ['regions that are none', { regions: 7 }, 'my.json: regions: found 7, expected an array'],
    [
      'a type of its own',
      with_({ type: 'Ram' }),
      'my.json: regions[0].type: found "Ram", expected a memory type',
    ],
    [
      'a decimal address',
      with_({ pa: '4096' }),
      'my.json: regions[0].pa: found "4096", expected a hex string',
    ],
    [
      'a number for an address',
      with_({ pa: 4096 }),
      'my.json: regions[0].pa: found 4096, expected a hex string',
    ],
    [
      'an odd size',
      with_({ size: '0x1001' }),
      'my.json: regions[0]: found 0x80000000+0x1001, expected whole pages',
    ],
    [
      'an empty region',
      with_({ size: '0x0' }),
      'my.json: regions[0]: found 0x80000000+0x0, expected whole pages',
    ],
    [
      'an end above 2^48',
      with_({ size: '0xffffffffff000' }),
      'expected whole pages of 4 KiB below 2^48 - 2^32',
    ],
    [
      'an unknown attribute',
      with_({ attributes: 'RUN WX' }),
      'regions[0].attributes: found "RUN WX", expected',
    ],
    ['two at one place', { regions: [REGION, REGION] }, 'expected it not to overlap regions['],
    [
      'nothing for runtime',
      { regions: [{ ...REGION, attributes: 'WB' }] },
      'found none with the attribute RUN',
    ],
    [
      'IPA bits out of range',
      { ipaBits: 52 },
      'my.json: ipaBits: found 52, expected a whole number from 32 to 48',
    ],
    [
      'an access of no kind',
      { ...touching({ access: 'load' }) },
      'call.touches[0].access: found "load", expected',
    ],
    [
      'a range upside down',
      { ...touching({ pages: { v: 1, lo: 2, hi: 2 } }) },
      'found 2 <= 1 <= 2, expected a range',
    ],
    [
      'a touch outside',
      { ...touching({ pa: '0x80002000' }) },
      'found 2 pages at 0x80002000, expected pages of one',
    ],
  ])('with %s is refused in one line that says where', (_, changes, message) => {
    const refused = (): unknown => parse(changes);
    expect(refused).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
    expect(refused).toThrowError(message);
    try {
      refused();
    } catch (error) {
      expect((error as Error).message).not.toContain('\n');
    }
  });

  it('of more runtime regions than there are private slots is refused', () => {
    const placed = Array.from({ length: 257 }, (_, i) => ({
      ...REGION,
      pa: `0x${((i + 1) * 0x4000).toString(16)}`,
    }));
    expect(() => parse({ regions: placed })).toThrowError(
      /found 257 with the attribute RUN, expected at most 256/,
    );
  });
});
