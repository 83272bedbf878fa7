// The only file of this benchmark that knows the exports of the core.
import { AccessType, REGIME_SIZEOF } from '../../src/abi/walk.js';
import { BASE_CPU } from '../../src/arm/cpu.js';
import { Machine } from '../../src/core/machine.js';
import {
  encodeCpu,
  type WalkCpu,
  type WalkRegisters,
  writeCpu,
  writeRegisters,
} from '../../src/walk/regime.js';
import { RAM_PA } from './space.js';
import type { Walk } from './walk.js';

/** Every granule, 48-bit addresses, no feature. */
export const CPU: WalkCpu = { features: { ...BASE_CPU, granules: [4, 16, 64] } };

const PAGE = 4096n;
const IDENTITY = 0x7ffn;
/** Bytes of level-3 tables for 1 GiB. */
const TABLES_OF_GIB = 2 << 20;

/** A regime record in the machine's arena, decoded from the registers. */
export function decodeRegime(machine: Machine, registers: WalkRegisters): number {
  const regime = machine.arena.allocate(REGIME_SIZEOF);
  writeCpu(machine.view, regime, encodeCpu(CPU));
  writeRegisters(machine.view, regime, registers);
  machine.core.regimeDecode(regime);
  return regime;
}

/** The batch translation of reads at EL1 into PAs. */
export function plainWalk({ core }: Machine, regime: number): Walk {
  return (ipas, n, results) => core.translateMany(regime, ipas, n, AccessType.READ, 1, results, 0);
}

/** The same into PAs with the attributes of the leaf. */
export function attributesWalk({ core }: Machine, regime: number): Walk {
  return (ipas, n, results) => core.translateMany(regime, ipas, n, AccessType.READ, 1, results, 1);
}

/** One read at EL1 by the export that takes and gives numbers only. */
export function rawCall({ core }: Machine, regime: number): (ipa: bigint) => bigint {
  return (ipa) => core.translateRaw(regime, ipa, AccessType.READ, 1);
}

/** Identity leaves for `gib` GiB written over level-3 tables, and the bytes of those tables. */
export function leafRuns(gib: number): { run: () => void; bytes: Uint8Array } {
  const size = gib * TABLES_OF_GIB;
  const machine = new Machine({
    banks: [{ pa: RAM_PA, size: BigInt(size), kind: 'ram' }],
    pageState: false,
  });
  const at = machine.ramOffset(RAM_PA)!;
  // The tables lie side by side, so one run fills them all.
  const run = () => machine.core.leafRun(RAM_PA, IDENTITY, PAGE, size / 8);
  return { run, bytes: machine.view.bytes(at, size) };
}
