import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuPreset } from '../../src/arm/index.js';
import { Machine } from '../../src/core/machine.js';
import { vtcr } from '../../src/kvm/geometry.js';
import type { WalkRegisters } from '../../src/walk/regime.js';
import { Translator } from '../../src/walk/translator.js';
import type { TranslateRequest } from '../../src/walk/types.js';
import { GEOMETRIES } from './arm-bench.js';

// Three banks of one page; the last ends where the machine's memory ends.
const BANKS = [0x0n, 0x4000_0000n, 0xffff_f000n];
const BANK_BYTES = 4096;
const GUARD = 65536;

interface Guarded {
  machine: Machine;
  translator: Translator;
  memory: Uint8Array;
  /** What the memory held before the translation at hand. */
  shadow: Uint8Array;
  /** The translator's own records, as bytes [start, end) of the memory. */
  records: [number, number];
  /** Translations that gave a PA, and leaves updated. */
  tally: { translated: number; updated: number };
}

/** A machine inside a larger memory whose other bytes are all 0xa5. */
function guarded(): Guarded {
  const options = {
    banks: BANKS.map((pa) => ({ pa, size: BigInt(BANK_BYTES), kind: 'ram' as const })),
    roots: { pa: 1n << 50n, size: 4096 },
    tablePool: { pa: (1n << 50n) + 4096n, pages: 1 },
    regions: [],
    pageState: false,
    arenaBytes: 1 << 16,
  };
  const size = new Machine(options).view.memory.buffer.byteLength;
  const memory = new WebAssembly.Memory({ initial: (size + 2 * GUARD) / 65536 });
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(0xa5);
  const machine = new Machine({ ...options, memory, memoryBase: GUARD });
  const start = GUARD + machine.arena.allocate(8);
  const translator = new Translator(
    machine,
    { vtcr: 0n, vttbr: 0n, hcr: 1n },
    { features: cpuPreset('max') },
  );
  const records: [number, number] = [start, GUARD + machine.arena.allocate(8)];
  const tally = { translated: 0, updated: 0 };
  return { machine, translator, memory: bytes, shadow: bytes.slice(), records, tally };
}

const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const bankPa = fc.constantFrom(...BANKS);

/** Garbage, or what KVM sets up with a few bits flipped. */
const kvmVtcr = fc
  .tuple(
    fc.constantFrom(...GEOMETRIES),
    fc.boolean(),
    fc.array(fc.integer({ min: 0, max: 63 }), { maxLength: 2 }),
  )
  .map(([geometry, ha, flips]) =>
    flips.reduce((value, bit) => value ^ (1n << BigInt(bit)), vtcr(geometry, 48, { ha })),
  );
const anyVtcr = fc.oneof({ weight: 1, arbitrary: u64 }, { weight: 5, arbitrary: kvmVtcr });

/** Garbage, a link into a bank or near one, or a leaf. */
const descriptor = fc.oneof(
  u64,
  bankPa.map((pa) => pa | 3n),
  fc
    .tuple(bankPa, fc.bigInt({ min: -8192n, max: 8192n }))
    .map(([pa, by]) => BigInt.asUintN(48, pa + by) | 3n),
  u64.map((bits) => (bits & 0xff_ffff_fffen) | 1n),
);

const registers: fc.Arbitrary<WalkRegisters> = fc.record({
  vtcr: anyVtcr,
  vttbr: fc.oneof({ weight: 1, arbitrary: u64 }, { weight: 4, arbitrary: bankPa }),
  hcr: fc.oneof({ weight: 1, arbitrary: u64 }, { weight: 4, arbitrary: fc.constant(1n) }),
});

const request: fc.Arbitrary<TranslateRequest> = fc.record({
  ipa: fc.oneof(u64, fc.bigInt({ min: 0n, max: 1n << 34n }), fc.constant(0n)),
  access: fc.constantFrom('read', 'write', 'execute', 'cache-op'),
  el: fc.constantFrom(0, 1),
});

/** A few descriptors, repeated over every bank. */
const pattern = fc.array(descriptor, { minLength: 1, maxLength: 7 });

/** Fills the banks with the descriptors over and over. */
function fillBanks({ machine, memory, shadow }: Guarded, descriptors: readonly bigint[]): void {
  for (const pa of BANKS) {
    const at = GUARD + (machine.ramOffset(pa) ?? -1);
    for (let i = 0; i < BANK_BYTES / 8; i++) {
      machine.view.setU64(at - GUARD + i * 8, descriptors[i % descriptors.length] ?? 0n);
    }
    shadow.set(memory.subarray(at, at + BANK_BYTES), at);
  }
}

/** Translates and checks that nothing changed but the leaf that was translated through. */
function runAndCheck(
  { machine, translator, memory, shadow, records, tally }: Guarded,
  each: TranslateRequest,
) {
  const result = translator.walk(each);
  shadow.set(memory.subarray(...records), records[0]);
  expect(result.steps.length).toBeLessThanOrEqual(5);
  if (result.ok && result.stage2) {
    tally.translated++;
    expect(result.pa >> BigInt(translator.regime.oaBits)).toBe(0n);
  }
  for (const [at, was, is] of changes(memory, shadow)) {
    const last = result.steps.at(-1);
    expect(result.ok).toBe(true);
    expect(at).toBe(GUARD + (machine.ramOffset(last?.pa ?? -1n) ?? -1));
    expect([was, is]).toEqual([last?.desc, last?.written]);
    tally.updated++;
    shadow.set(memory.subarray(at, at + 8), at);
  }
}

/** The 64-bit words that differ, as [offset, before, after]. */
function changes(memory: Uint8Array, before: Uint8Array): [number, bigint, bigint][] {
  if (Buffer.compare(memory, before) === 0) return [];
  const now = new BigUint64Array(memory.buffer);
  const was = new BigUint64Array(before.buffer);
  const found: [number, bigint, bigint][] = [];
  for (let i = 0; i < now.length; i++) {
    if (now[i] !== was[i]) found.push([i * 8, was[i] ?? 0n, now[i] ?? 0n]);
  }
  return found;
}

describe('any registers, descriptors and IPA', () => {
  it('neither trap nor change memory, but for the leaf they translate through, as they say', () => {
    const bench = guarded();
    const requests = fc.array(request, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(registers, pattern, requests, (regs, descriptors, asked) => {
        fillBanks(bench, descriptors);
        bench.translator.setRegisters(regs);
        for (const each of asked) runAndCheck(bench, each);
      }),
      { numRuns: 3000 },
    );
    expect(bench.tally.translated).toBeGreaterThan(50);
    expect(bench.tally.updated).toBeGreaterThan(5);
  });
});
