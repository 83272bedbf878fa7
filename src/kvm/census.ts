import * as L from '../abi/layout.js';
import { contiguousBits, levelShift } from '../arm/descriptor.js';
import { startLevel } from './geometry.js';
import { checkVm } from './registry.js';
import type { Vm } from './vm.js';

/** What the tables of a VM hold at one level. */
export interface LevelCensus {
  /** From the start level to 3. */
  level: number;
  /** Bytes that a leaf of this level maps. */
  leafBytes: number;
  /** Bytes of a whole set of leaves with the contiguous hint; those of a leaf where the level has no sets. */
  setBytes: number;
  /** Table pages of this level; the tables of the start level are no pages of the pool and not counted. */
  tables: number;
  /** Valid blocks or pages. */
  leaves: number;
  /** Of the leaves, those with the contiguous hint. */
  contiguous: number;
  /** Of the leaves, those with device attributes. */
  device: number;
}

/**
 * Counts what the tables hold, from the start level down; reads every entry of every table. Throws ENOMEM if the
 * machine's arena is full.
 */
export function takeCensus(vm: Vm): LevelCensus[] {
  const { machine, geometry } = checkVm(vm);
  const { granuleShift, ipaBits } = geometry;
  const record = machine.arena.allocate(L.CENSUS_SIZEOF);
  try {
    machine.view.fill(record, L.CENSUS_SIZEOF);
    machine.core.stage2Census(vm.offset, 0n, 1n << BigInt(ipaBits), record);
    const first = startLevel(geometry);
    return Array.from({ length: 4 - first }, (_, i) => {
      const level = first + i;
      const field = (at: number) => Number(machine.view.u64(record + at + (level + 1) * 8));
      const leafBytes = 2 ** levelShift(granuleShift, level);
      return {
        level,
        leafBytes,
        setBytes: leafBytes * 2 ** contiguousBits(granuleShift, level),
        tables: field(L.CENSUS_TABLES),
        leaves: field(L.CENSUS_LEAVES),
        contiguous: field(L.CENSUS_CONTIGUOUS),
        device: field(L.CENSUS_DEVICE),
      };
    });
  } finally {
    machine.arena.release(record);
  }
}
