import type { SiteRow } from '../cost/index.js';
import type { Comparison, VariantCounts } from '../scenario/compare.js';
import { table, whole } from './text.js';

/** Every branch site: its condition as the source has it, then its branches in the layout of each build with the patch. */
export function sitesText(sites: readonly SiteRow[], comparison: Comparison): string {
  const builds = comparison.configs.flatMap(({ variants }) =>
    variants.filter(({ variant }) => variant === 'rfc'),
  );
  const header = ['site', 'function', 'hint', 'true', 'false', 'hint right'];
  const rows = sites.map((row) => [
    row.site,
    row.function,
    row.hint,
    whole(row.true),
    whole(row.false),
    row.correct === null ? '' : whole(row.correct),
  ]);
  return `Branch sites, condition true and false\n${table(header, rows, 3)}${builds.map(layoutText).join('')}`;
}

function layoutText({ build, branches }: VariantCounts): string {
  const met = branches.filter(({ taken, notTaken }) => taken + notTaken > 0);
  const rows = met.map((b) => [
    b.site ?? b.tag,
    b.function,
    b.block,
    b.op,
    whole(b.taken),
    whole(b.notTaken),
  ]);
  const header = ['site', 'function', 'block', 'op', 'taken', 'not taken'];
  return `\nBranches met in the layout of ${build}\n${table(header, rows, 4)}`;
}
