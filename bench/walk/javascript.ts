import type { Ram, Walk } from './walk.js';

const ADDRESS_SIZE = 0x00;
const TRANSLATION = 0x04;
const ACCESS_FLAG = 0x08;
const PERMISSION = 0x0c;
const EXTERNAL_WALK = 0x14;
const FOUND = -1;

const VALID = 1;
const TABLE = 2;
const S2AP_READ = 1 << 6;
const AF = 1 << 10;

/** Ordinary JavaScript for 3 levels of 4K tables over a Uint32Array: every 64-bit value is a low and a high half. */
export function typedArrayWalk(ram: Ram): Walk {
  const words = new Uint32Array(ram.buffer);
  const ramHigh = Number(ram.pa >> 32n);
  const ramLow = Number(ram.pa & 0xffffffffn);
  const ramBytes = Number(ram.bytes);
  const rootHigh = Number(ram.root >> 32n);
  const rootLow = Number(ram.root & 0xffffffffn);
  const oaEndHigh = 2 ** (ram.oaBits - 32);
  const ipaEndHigh = 2 ** (ram.ipaBits - 32);

  /** Index of the entry of `level` for an IPA. */
  function entryIndex(low: number, high: number, level: number): number {
    if (level === 1) return (high << 2) | (low >>> 30);
    return (low >>> (level === 2 ? 21 : 12)) & 511;
  }

  /** Writes the PA to word `out`; the fault status code, or FOUND. */
  function translate(low: number, high: number, out: number): number {
    if (high >= ipaEndHigh) return TRANSLATION;
    let tableLow = rootLow;
    let tableHigh = rootHigh;
    for (let level = 1; ; level++) {
      const index = entryIndex(low, high, level);
      if (tableHigh >= oaEndHigh) return ADDRESS_SIZE | (level === 1 ? 0 : level - 1);
      const distance = (tableHigh - ramHigh) * 2 ** 32 + (tableLow - ramLow) + index * 8;
      if (distance < 0 || distance >= ramBytes) return EXTERNAL_WALK | level;
      const word = (ram.offset + distance) / 4;
      const descLow = words[word]!;
      const descHigh = words[word + 1]!;
      if ((descLow & VALID) === 0) return TRANSLATION | level;
      const tableBit = (descLow & TABLE) !== 0;
      if (tableBit && level < 3) {
        tableLow = (descLow & ~0xfff) >>> 0;
        tableHigh = descHigh & 0xffff;
        continue;
      }
      if (!tableBit && level === 3) return TRANSLATION | level;
      return leaf(descLow, descHigh, low, level, out);
    }
  }

  function leaf(descLow: number, descHigh: number, low: number, level: number, out: number): number {
    const offsetMask = level === 1 ? 0x3fffffff : level === 2 ? 0x1fffff : 0xfff;
    const paHigh = descHigh & 0xffff;
    if (paHigh >= oaEndHigh) return ADDRESS_SIZE | level;
    if ((descLow & AF) === 0) return ACCESS_FLAG | level;
    if ((descLow & S2AP_READ) === 0) return PERMISSION | level;
    words[out] = (descLow & ~offsetMask) | (low & offsetMask);
    words[out + 1] = paHigh;
    return FOUND;
  }

  return (ipas, n, results) => {
    for (let i = 0; i < n; i++) {
      const ipa = ipas / 4 + i * 2;
      const out = results / 4 + i * 2;
      const fsc = translate(words[ipa]!, words[ipa + 1]!, out);
      if (fsc === FOUND) continue;
      words[out] = fsc;
      words[out + 1] = 0x80000000;
    }
  };
}

const ADDRESS = (1n << 48n) - 1n;
const FAULT = 1n << 63n;
/** Lowest IPA bit of the index of each level. */
const SHIFTS = [39n, 30n, 21n, 12n];

/** The same over a BigUint64Array. */
export function bigintWalk(ram: Ram): Walk {
  const words = new BigUint64Array(ram.buffer);
  const ipaBits = BigInt(ram.ipaBits);
  const oaBits = BigInt(ram.oaBits);
  const fault = (fsc: number) => FAULT | BigInt(fsc);

  function translate(ipa: bigint): bigint {
    if (ipa >> ipaBits !== 0n) return fault(TRANSLATION);
    let table = ram.root;
    for (let level = 1; ; level++) {
      const shift = SHIFTS[level]!;
      const index = level === 1 ? ipa >> shift : (ipa >> shift) & 511n;
      const at = table + index * 8n;
      if (at >> oaBits !== 0n) return fault(ADDRESS_SIZE | (level === 1 ? 0 : level - 1));
      const distance = at - ram.pa;
      if (distance < 0n || distance >= ram.bytes) return fault(EXTERNAL_WALK | level);
      const desc = words[(ram.offset + Number(distance)) / 8]!;
      if ((desc & 1n) === 0n) return fault(TRANSLATION | level);
      const tableBit = (desc & 2n) !== 0n;
      if (tableBit && level < 3) {
        table = desc & ADDRESS & ~0xfffn;
        continue;
      }
      if (!tableBit && level === 3) return fault(TRANSLATION | level);
      const offsetMask = (1n << shift) - 1n;
      const pa = desc & ADDRESS & ~offsetMask;
      if (pa >> oaBits !== 0n) return fault(ADDRESS_SIZE | level);
      if ((desc & 0x400n) === 0n) return fault(ACCESS_FLAG | level);
      if ((desc & 0x40n) === 0n) return fault(PERMISSION | level);
      return pa | (ipa & offsetMask);
    }
  }

  return (ipas, n, results) => {
    for (let i = 0; i < n; i++) words[results / 8 + i] = translate(words[ipas / 8 + i]!);
  };
}
