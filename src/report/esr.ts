import { decodeEsr } from '../arm/esr.js';
import type { DecodedField } from '../arm/fields.js';
import { hpfarIpa, ipaInRegisters } from '../arm/hpfar.js';
import { hex } from '../core/error.js';
import { table } from './text.js';

const OFFSET = 0xfffn;
const LEFT = 4;

/** The registers of an exception that was taken to EL2. */
export interface ExceptionRegisters {
  /** ESR_EL2. */
  esr: bigint;
  /** FAR_EL2; undefined if it is not known. */
  far?: bigint | undefined;
  /** HPFAR_EL2; undefined if it is not known. */
  hpfar?: bigint | undefined;
}

/** An exception, decoded. */
export interface EsrReport {
  /** ESR_EL2. */
  esr: bigint;
  /** Its fields, highest first. */
  fields: DecodedField[];
  /** How much of the IPA that faulted is in FAR_EL2 and HPFAR_EL2: `whole`, the 4 KiB `page` of a stage-1 table, or `none`. */
  ipaIn: 'whole' | 'page' | 'none';
  /** The IPA, or its page, as far as the registers that were given say it. */
  ipa?: bigint;
}

/** Decodes an exception. Throws EINVAL for a value that is no u64. */
export function esrReport({ esr, far, hpfar }: ExceptionRegisters): EsrReport {
  const ipaIn = ipaInRegisters(esr);
  const report = { esr, fields: decodeEsr(esr), ipaIn };
  if (ipaIn === 'none' || hpfar === undefined) return report;
  const page = hpfarIpa(hpfar);
  return { ...report, ipa: ipaIn === 'whole' && far !== undefined ? page | (far & OFFSET) : page };
}

/** A line for each field, and the IPA that faulted. */
export function esrText(report: EsrReport, { far, hpfar }: ExceptionRegisters): string {
  const rows = report.fields.map(({ name, lsb, width, value, meaning = '' }) => {
    const bits = width === 1 ? `${lsb}` : `${lsb + width - 1}:${lsb}`;
    return [name, bits, hex(value), meaning];
  });
  const fields = table([`ESR_EL2 ${hex(report.esr)}`, 'bits', 'value', 'meaning'], rows, LEFT);
  return `${fields}${addressText(report, { far, hpfar })}`;
}

function addressText({ ipaIn, ipa }: EsrReport, { far, hpfar }: Omit<ExceptionRegisters, 'esr'>): string {
  if (far === undefined && hpfar === undefined) return '';
  if (ipaIn === 'none') return '  IPA: not in these registers; HPFAR_EL2 is UNKNOWN for this exception\n';
  if (ipa === undefined) return '  IPA: its page is in HPFAR_EL2 (--hpfar)\n';
  if (ipaIn === 'page')
    return `  IPA: page ${hex(ipa)} of a stage-1 table; FAR_EL2 has the VA of the access\n`;
  const from =
    far === undefined
      ? 'page of HPFAR_EL2; its offset is in FAR_EL2 (--far)'
      : 'page of HPFAR_EL2, offset of FAR_EL2';
  return `  IPA ${hex(ipa)}: ${from}\n`;
}
