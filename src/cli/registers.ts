import { parseHex } from '../arm/parse.js';
import { CliError, unknownValue } from './errors.js';

/** Registers that a translation depends on, by the names of the Arm ARM. */
export const REGISTERS = [
  'VTCR_EL2',
  'VTTBR_EL2',
  'HCR_EL2',
  'SCTLR_EL2',
  'SCTLR_EL1',
  'TCR_EL1',
  'TTBR0_EL1',
  'TTBR1_EL1',
  'MAIR_EL1',
  'ID_AA64MMFR0_EL1',
  'ID_AA64MMFR1_EL1',
  'ID_AA64MMFR2_EL1',
] as const;

/** Collects the values of `--reg`: NAME=VALUE, repeated or with commas. Throws CliError naming what is wrong. */
export function registerOption(
  text: string,
  before: ReadonlyMap<string, bigint>,
): ReadonlyMap<string, bigint> {
  const registers = new Map(before);
  for (const part of text.split(',')) {
    const [, name = '', value = ''] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(part) ?? [];
    if (name === '')
      throw new CliError(`--reg: found "${part}", expected NAME=VALUE such as VTCR_EL2=0x8002_3558`);
    const known = REGISTERS.find((each) => each === name.toUpperCase());
    if (known === undefined) throw unknownValue('--reg', name, REGISTERS);
    registers.set(known, parseHex(value, `--reg ${known}`));
  }
  return registers;
}
