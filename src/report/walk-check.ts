import type { CheckReport, MappingDifference } from '../conform/mappings.js';
import { hex } from '../core/error.js';
import { PLAIN, type Style } from './style.js';

/** `checked N mappings, M gap probes: D different`. */
export function checkSummary(
  { mappings, gapProbes, differences }: CheckReport,
  style: Style = PLAIN,
): string {
  const set = differences.length > 0 ? style.bad : style.good;
  return `checked ${mappings} mappings, ${gapProbes} gap probes: ${set(`${differences.length} different`)}`;
}

/**
 * The summary, after the first `most` differences: each with the walk of its IPA, which `walkOf` gives as text.
 */
export function checkText(
  report: CheckReport,
  most: number,
  walkOf: (ipa: bigint) => string,
  style: Style = PLAIN,
): string {
  const shown = report.differences.slice(0, most);
  const rest = report.differences.length - shown.length;
  return [
    ...shown.map((difference) => `${differenceLine(difference)}\n${walkOf(difference.ipa)}`),
    ...(rest > 0 ? [`${rest} more differences\n`] : []),
    `${checkSummary(report, style)}\n`,
  ].join('');
}

function differenceLine({ ipa, what, found, expected }: MappingDifference): string {
  return `IPA ${hex(ipa)}: ${what}: found ${found}, expected ${expected}`;
}
