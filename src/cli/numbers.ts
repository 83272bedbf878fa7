import { CliError } from './errors.js';

/** The value of an option that is a whole number in these bounds. Throws CliError naming the option. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new CliError(`${option}: found "${text}", expected a whole number from ${least} to ${most}`);
}
