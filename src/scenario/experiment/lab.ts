import {
  DESC_AF_LSB,
  DESC_MEMATTR_LSB,
  DESC_S2AP_LSB,
  DESC_SH_LSB,
  HCR_VM_LSB,
  SCTLR_M_LSB,
  TCR_EPD1_LSB,
  TCR_IPS_LSB,
  TCR_T0SZ_LSB,
  TCR_TG0_LSB,
} from '../../abi/arm.js';
import { BASE_CPU } from '../../arm/cpu.js';
import { levelShift } from '../../arm/descriptor.js';
import { TG0 } from '../../arm/granule.js';
import { paRangeOf } from '../../arm/id.js';
import { Machine } from '../../core/machine.js';
import { type CoreProfile, type EventCounts, geometryOf, microEvents } from '../../cost/index.js';
import { type Geometry, rootBytes, startLevel, vtcr, vttbr } from '../../kvm/geometry.js';
import { Microarch, microBytes } from '../../uarch/microarch.js';
import { MicroMmu } from '../../uarch/mmu.js';
import type { WalkRegisters } from '../../walk/regime.js';
import { Translator } from '../../walk/translator.js';
import type { PageSize } from './page-size.js';
import { PageTables, TableRam } from './page-tables.js';

const bit = (lsb: number): bigint => 1n << BigInt(lsb);
const at = (value: number, lsb: number): bigint => BigInt(value) << BigInt(lsb);

/** Tables lie here, data there: apart in every set of the caches but by chance, and below 2^40. */
const TABLES = 1n << 34n;
const DATA = 1n << 36n;
const PA_BITS = 40;
/** Room for tables besides their last level. */
const SPARE = 1 << 21;
const ARENA_SPARE = 1 << 17;
/** VA bits by granule: what arm64 kernels choose, or the most without FEAT_LPA2. */
const VA_BITS = { 12: 48, 14: 47, 16: 48 } as const;
const SH_INNER = 3;
const NORMAL_WB = 0xff;
const STAGE1_LEAF = at(SH_INNER, DESC_SH_LSB) | bit(DESC_AF_LSB);
const STAGE2_LEAF =
  at(0xf, DESC_MEMATTR_LSB) | at(3, DESC_S2AP_LSB) | at(SH_INNER, DESC_SH_LSB) | bit(DESC_AF_LSB);

/** Memory that a guest, or with one stage a host, reads. */
export interface Mapping {
  /** Bytes read from. */
  footprint: number;
  /** Pages of stage 1. */
  guest: PageSize;
  /** Pages of stage 2; without them there is no stage 2. */
  host?: PageSize;
}

/** One core, and a footprint of memory mapped for it by real tables. */
export class Lab {
  /** VA, IPA and PA of the first byte of the footprint. */
  readonly base = DATA;
  readonly micro: Microarch;
  readonly #mmu: MicroMmu;

  constructor(profile: CoreProfile, mapping: Mapping) {
    const geometry = geometryOf(profile);
    const machine = new Machine({
      banks: [{ pa: TABLES, size: BigInt(tableBytes(mapping)), kind: 'ram' }],
      tablePool: { pa: 1n << 45n, pages: 1 },
      roots: { pa: 1n << 46n, size: 4096 },
      regions: [],
      pageState: false,
      arenaBytes: microBytes(geometry) + ARENA_SPARE,
      accounted: true,
    });
    this.micro = new Microarch(machine, geometry);
    const cpu = { features: { ...BASE_CPU, granules: [4, 16, 64] as const } };
    this.#mmu = new MicroMmu(this.micro, new Translator(machine, registersOf(machine, mapping), cpu));
  }

  /** Reads one byte at each of `addresses`, through TLBs and caches. */
  read(addresses: BigUint64Array): void {
    this.#mmu.accessMany('va', addresses, { line: true });
  }

  /** Events since the last call. */
  events(): EventCounts {
    const events = microEvents(this.micro.counts());
    this.micro.resetCounts();
    return events;
  }
}

function registersOf(machine: Machine, { footprint, guest, host }: Mapping): WalkRegisters {
  const ram = new TableRam(machine, TABLES);
  const vaBits = VA_BITS[guest.granuleShift];
  const stage1 = new PageTables(ram, stage1Root(guest.granuleShift, vaBits), STAGE1_LEAF);
  stage1.map(DATA, footprint, guest);
  const registers = {
    sctlrEl1: bit(SCTLR_M_LSB),
    tcrEl1:
      at(64 - vaBits, TCR_T0SZ_LSB) |
      at(TG0[guest.granuleShift], TCR_TG0_LSB) |
      bit(TCR_EPD1_LSB) |
      at(paRangeOf(PA_BITS) ?? 0, TCR_IPS_LSB),
    ttbr0El1: stage1.root,
    mairEl1: BigInt(NORMAL_WB),
  };
  if (host === undefined) return { ...registers, hcr: 0n, vtcr: 0n, vttbr: 0n };
  const geometry: Geometry = { granuleShift: host.granuleShift, ipaBits: PA_BITS };
  const root = { ...host, startLevel: startLevel(geometry), rootBytes: rootBytes(geometry) };
  const stage2 = new PageTables(ram, root, STAGE2_LEAF);
  stage2.map(TABLES, tableBytes({ footprint, guest }), host);
  stage2.map(DATA, footprint, host);
  return {
    ...registers,
    hcr: bit(HCR_VM_LSB),
    vtcr: vtcr(geometry, PA_BITS),
    vttbr: vttbr(stage2.root, 1),
  };
}

function stage1Root(granuleShift: 12 | 14 | 16, vaBits: number) {
  const stride = granuleShift - 3;
  const start = 4 - Math.ceil((vaBits - granuleShift) / stride);
  return { granuleShift, startLevel: start, rootBytes: 8 * 2 ** (vaBits - levelShift(granuleShift, start)) };
}

/** Upper bound of the bytes of the tables. */
function tableBytes({ footprint, guest, host }: Mapping): number {
  return [guest, host].reduce(
    (sum, size) => (size === undefined ? sum : sum + levelBytes(footprint, size)),
    0,
  );
}

function levelBytes(footprint: number, { bytes, granuleShift }: PageSize): number {
  const granule = 2 ** granuleShift;
  const leaves = Math.ceil(footprint / bytes) * 8;
  // The last level, the levels above it, and for stage 2 the tables of stage 1.
  return Math.ceil((leaves * 1.02) / granule + 16) * granule + SPARE;
}
