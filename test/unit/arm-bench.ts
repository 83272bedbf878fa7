// A machine with one bank of RAM to put stage-2 tables in, and a translator over it.

import { BASE_CPU, type CpuFeatures, levelShift } from '../../src/arm/index.js';
import { Machine } from '../../src/core/machine.js';
import { type Geometry, startLevel, stride, vtcr } from '../../src/kvm/geometry.js';
import type { WalkCpu, WalkRegisters } from '../../src/walk/regime.js';
import { Translator } from '../../src/walk/translator.js';
import type { TranslateRequest } from '../../src/walk/types.js';

export const RAM = 0x1_0000_0000n;
export const RAM_BYTES = 3n << 20n;
/** No bank is here. */
export const HOLE = 0x2_0000_0000n;
/** Physical memory of the guest; the walk never reads it. */
export const GUEST_PA = 0x40_0000_0000n;
export const HCR_VM = 1n;
/** The first table; aligned for the largest root, 1 MiB. */
export const ROOT = RAM;
const TABLES = RAM + (2n << 20n);
const TABLE_BYTES = 1n << 16n;

/** Leaf attributes: Normal WB, inner shareable, AF, read and write. */
export const RW = 0x7fcn;
export const AF = 1n << 10n;
export const VALID = 1n;
export const TABLE = 3n;

export interface BenchOptions {
  /** Bits of VTCR_EL2.PS; the CPU has 48. */
  paBits?: number;
  ha?: boolean;
  features?: Partial<CpuFeatures>;
}

/** Tables of one geometry; each level has one table of its own. */
export class Bench {
  readonly geometry: Geometry;
  readonly machine: Machine;
  readonly translator: Translator;
  readonly start: number;

  constructor(geometry: Geometry, options: BenchOptions = {}) {
    this.geometry = geometry;
    this.start = startLevel(geometry);
    this.machine = new Machine({
      banks: [{ pa: RAM, size: RAM_BYTES, kind: 'ram' }],
      // Beyond what a walk reaches.
      roots: { pa: 1n << 50n, size: 4096 },
      tablePool: { pa: (1n << 50n) + 4096n, pages: 1 },
      regions: [],
      pageState: false,
      arenaBytes: 1 << 17,
    });
    this.translator = new Translator(this.machine, registersFor(geometry, options), cpuFor(options));
  }

  /** Levels the walk goes through. */
  get levels(): number[] {
    return Array.from({ length: 4 - this.start }, (_, i) => this.start + i);
  }

  /** Levels that have blocks or pages. */
  get leafLevels(): number[] {
    return this.levels.filter((level) => level >= 2 || (level === 1 && this.geometry.granuleShift === 12));
  }

  /** Where the table of `level` is. */
  tableAt(level: number): bigint {
    return level === this.start ? ROOT : TABLES + BigInt(level) * TABLE_BYTES;
  }

  /** Bytes one entry of `level` maps. */
  size(level: number): bigint {
    return 1n << BigInt(levelShift(this.geometry.granuleShift, level));
  }

  /** Address of the entry of `level` for `ipa`. */
  entryAt(ipa: bigint, level: number): bigint {
    const index = ipa / this.size(level);
    const inTable = level === this.start ? index : index % (1n << BigInt(stride(this.geometry)));
    return this.tableAt(level) + inTable * 8n;
  }

  /** Puts `desc` into the entry of `level` for `ipa` and links the tables above it. */
  put(ipa: bigint, level: number, desc: bigint): void {
    for (let above = this.start; above < level; above++) {
      this.machine.writeRam(this.entryAt(ipa, above), this.tableAt(above + 1) | TABLE);
    }
    this.machine.writeRam(this.entryAt(ipa, level), desc);
  }

  /** A page at level 3, else a block, with the given bits. */
  putLeaf(ipa: bigint, level: number, bits = RW, pa = GUEST_PA): void {
    this.put(ipa, level, pa | bits | (level === 3 ? TABLE : VALID));
  }

  /** The entry of `level` for `ipa` as it is now. */
  read(ipa: bigint, level: number): bigint {
    const at = this.machine.ramOffset(this.entryAt(ipa, level));
    return this.machine.view.u64(at ?? -1);
  }

  /** The PA, or the fault as `type level`. */
  outcome(request: TranslateRequest): string {
    const result = this.translator.translate(request);
    return result.ok ? `PA 0x${result.pa.toString(16)}` : `${result.fault.type} ${result.fault.level}`;
  }
}

/** Registers as KVM sets them up for the geometry. */
export function registersFor(geometry: Geometry, options: BenchOptions = {}): WalkRegisters {
  return {
    vtcr: vtcr(geometry, options.paBits ?? 48, { ha: options.ha ?? false, vmid16: true }),
    vttbr: ROOT | (7n << 48n) | 1n,
    hcr: HCR_VM,
  };
}

/** A CPU with 48-bit addresses, every granule, and the features given. */
export function cpuFor({ features }: BenchOptions = {}): WalkCpu {
  return { features: { ...BASE_CPU, granules: [4, 16, 64], ...features } };
}

export const GRANULES = [12, 14, 16] as const;
/** Every IPA size KVM offers. */
export const IPA_SIZES = Array.from({ length: 17 }, (_, i) => 32 + i);
/** Every geometry, as rows of a test table. */
export const GEOMETRIES = GRANULES.flatMap((granuleShift) =>
  IPA_SIZES.map((ipaBits) => ({ granule: `${2 ** (granuleShift - 10)}K`, granuleShift, ipaBits })),
);
