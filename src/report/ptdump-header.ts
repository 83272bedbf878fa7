import { decode, formatField } from '../arm/fields.js';
import { hasFwb } from '../arm/hcr.js';
import { VTCR_EL2 } from '../arm/vtcr.js';
import { formatVttbr } from '../arm/vttbr.js';
import { hex } from '../core/error.js';
import { formatSize } from './ptdump-size.js';
import { wrapItems } from './text.js';

const INDENT = '  ';

/** Registers and shape of the tables, without the tables. */
export interface TablesSummary {
  registers: { vtcr: bigint; vttbr: bigint; hcr: bigint };
  /** False if the registers describe no walk: then the shape means nothing. */
  valid: boolean;
  granuleShift: number;
  /** VTTBR_EL2.BADDR holds bits 51:48 of the first table's address. */
  wideBase: boolean;
  iaBits: number;
  oaBits: number;
  startLevel: number;
  /** IPA bits that index the start level, and IPA bits a level resolves. */
  startIndexBits: number;
  stride: number;
}

/** Table pages of a dump. */
export interface TablesCount {
  held: number;
  reachable: number;
  missing: readonly bigint[];
  leaves: number;
}

/** Such as `4K granule, 40-bit IPA from level 1 (2 tables of 512 entries), 48-bit PA, FWB`. */
export function geometryLine(s: TablesSummary): string {
  if (!s.valid) return 'the registers describe no stage-2 walk';
  const tables = 2 ** Math.max(0, s.startIndexBits - s.stride);
  const entries = 2 ** Math.min(s.stride, s.startIndexBits);
  const root = `${tables} ${tables === 1 ? 'table' : 'tables'} of ${entries} entries`;
  const fwb = hasFwb(s.registers.hcr) ? ', FWB' : '';
  const granule = formatSize(1n << BigInt(s.granuleShift));
  return `${granule} granule, ${s.iaBits}-bit IPA from level ${s.startLevel} (${root}), ${s.oaBits}-bit PA${fwb}`;
}

/** The lines above a dump: each register decoded, the geometry, the number of tables and leaves. */
export function headerText(summary: TablesSummary, count: TablesCount): string {
  const { vtcr, vttbr } = summary.registers;
  return [
    ...vtcrLines(vtcr),
    formatVttbr(vttbr, summary.wideBase),
    geometryLine(summary),
    tablesLine(count),
    ...count.missing.map((pa) => `linked, but not in the dump: table 0x${pa.toString(16)}`),
    '',
  ].join('\n');
}

const WIDTH = 100;

/** VTCR_EL2 field by field, on as many lines as it takes. */
function vtcrLines(vtcr: bigint): string[] {
  const [first = '', ...rest] = decode(VTCR_EL2, vtcr).map(formatField);
  return wrapItems([`${VTCR_EL2.name} ${hex(vtcr)}: ${first}`, ...rest], WIDTH, INDENT).map((line, i) =>
    i === 0 ? line.trimStart() : line,
  );
}

function tablesLine({ held, reachable, leaves }: TablesCount): string {
  const unlinked = held - reachable;
  const rest = unlinked > 0 ? `, ${unlinked} more linked from nowhere` : '';
  const of = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`;
  return `${of(reachable, 'table', 'tables')} (concatenated ones count once)${rest}, ${of(leaves, 'leaf', 'leaves')}`;
}
