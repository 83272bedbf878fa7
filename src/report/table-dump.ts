import * as A from '../abi/arm.js';
import { idFromCpu } from '../arm/cpu-id.js';
import { extract } from '../arm/fields.js';
import { listedAttributes } from '../arm/listed.js';
import type { DumpMapping } from '../trace/dump-types.js';
import type { ReadTable } from '../walk/read-tables.js';
import type { Translator } from '../walk/translator.js';
import type { DumpLeaf } from './ptdump.js';

/** A table dump as commands read it: the tables of one VM, their registers, and what they map. */
export interface TableDump {
  name: string;
  /** Name of the trace that was running; empty if there was none. */
  trace: string;
  geometry: TableDumpGeometry;
  /** By name, those of the CPU's features among them. */
  key_registers: Record<string, bigint>;
  vmid: number;
  /** The start level is one table, even if several are concatenated. */
  table_pages: TableDumpTable[];
  /** Each block and page. */
  mappings: DumpMapping[];
}

/** What VTCR_EL2 says of the tables. */
export interface TableDumpGeometry {
  /** In bytes. */
  granule: number;
  t0sz: number;
  ia_bits: number;
  start_level: number;
  start_index_bits: number;
  start_tables: number;
  pa_bits: number;
  ds: number;
  sl0: number;
  sl2: number;
  ha: number;
  hd: number;
  vs16: number;
  sh0: number;
  orgn0: number;
  irgn0: number;
}

/** One table. */
export interface TableDumpTable {
  pa: bigint;
  level: number;
  /** First IPA that it translates. */
  ipa_base: bigint;
  n_entries: number;
  /** Descriptors that are not zero, by index. */
  entries: Record<string, bigint>;
}

type Lists = { tables: Iterable<ReadTable>; leaves: Iterable<DumpLeaf> };

/** The dump of what a translator walks; its lists are made as they are read. */
export function tableDump(
  name: string,
  { registers, regime, cpu }: Translator,
  { tables, leaves }: Lists,
): Omit<TableDump, 'table_pages' | 'mappings'> & {
  table_pages: Iterable<TableDumpTable>;
  mappings: Iterable<DumpMapping>;
} {
  const { vtcr, vttbr, hcr } = registers;
  const { mmfr0, mmfr1, mmfr2 } = idFromCpu(cpu.features);
  const key_registers = {
    VTCR_EL2: vtcr,
    VTTBR_EL2: vttbr,
    HCR_EL2: hcr,
    ID_AA64MMFR0_EL1: mmfr0,
    ID_AA64MMFR1_EL1: mmfr1,
    ID_AA64MMFR2_EL1: mmfr2,
  };
  return {
    name,
    trace: '',
    geometry: geometryOf(vtcr, regime),
    key_registers,
    vmid: Number(extract(vttbr, A.VTTBR_VMID_LSB, A.VTTBR_VMID_WIDTH)),
    table_pages: mapped(tables, tableOf),
    mappings: mapped(leaves, mappingOf),
  };
}

function geometryOf(vtcr: bigint, regime: Translator['regime']): TableDumpGeometry {
  const field = (lsb: number, width = 1): number => Number(extract(vtcr, lsb, width));
  const { granuleShift, stride, iaBits, oaBits, startLevel } = regime;
  const startBits = iaBits - (granuleShift + (3 - startLevel) * stride);
  return {
    granule: 2 ** granuleShift,
    t0sz: field(A.VTCR_T0SZ_LSB, A.VTCR_T0SZ_WIDTH),
    ia_bits: iaBits,
    start_level: startLevel,
    start_index_bits: startBits,
    start_tables: 2 ** Math.max(0, startBits - stride),
    pa_bits: oaBits,
    ds: field(A.VTCR_DS_LSB),
    sl0: field(A.VTCR_SL0_LSB, A.VTCR_SL0_WIDTH),
    sl2: field(A.VTCR_SL2_LSB),
    ha: field(A.VTCR_HA_LSB),
    hd: field(A.VTCR_HD_LSB),
    vs16: field(A.VTCR_VS_LSB),
    sh0: field(A.VTCR_SH0_LSB, A.VTCR_SH0_WIDTH),
    orgn0: field(A.VTCR_ORGN0_LSB, A.VTCR_ORGN0_WIDTH),
    irgn0: field(A.VTCR_IRGN0_LSB, A.VTCR_IRGN0_WIDTH),
  };
}

function* mapped<T, U>(items: Iterable<T>, map: (item: T) => U): Generator<U> {
  for (const item of items) yield map(item);
}

function tableOf({ pa, level, ipaBase, nEntries, entries }: ReadTable): TableDumpTable {
  return { pa, level, ipa_base: ipaBase, n_entries: nEntries, entries: Object.fromEntries(entries) };
}

function mappingOf({ ipa, pa, level, size, desc, attributes }: DumpLeaf): DumpMapping {
  return { ipa, pa, level, size, desc, ...listedAttributes(attributes) };
}
