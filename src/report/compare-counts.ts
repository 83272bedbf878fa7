import type { ConfigCounts, VariantCounts } from '../scenario/compare.js';
import { figure, signed, table, whole } from './text.js';

/** What the variants of a configuration add to one fault, mean over all. */
export function configText(config: ConfigCounts): string {
  const rows = config.variants.map((v) => {
    const { added } = v.all;
    const counts = [added.insn, added.loads, added.stores, added.cbr, added.taken, added.calls].map(signed);
    return [v.variant, ...counts, signed(v.addedBytes.handler), signed(v.addedBytes.reachable)];
  });
  const base = config.variants[0]?.all.base;
  const before =
    base === undefined
      ? []
      : [base.insn, base.loads, base.stores, base.cbr, base.taken, base.calls].map(figure);
  const size = [whole(config.baseBytes.handler), whole(config.baseBytes.reachable)];
  const header = ['', 'insn', 'loads', 'stores', 'cond br', 'taken', 'calls', 'handler B', 'reachable B'];
  return `  ${config.config}: ${config.compiler}, ${config.flags}\n${table(header, [['base', ...before, ...size], ...rows])}`;
}

/** The classes named `shown` of a variant, in that order. */
export function classCountsText(
  { config }: ConfigCounts,
  { variant, groups }: VariantCounts,
  shown: readonly string[],
): string {
  const rows = shown.flatMap((name) =>
    groups
      .filter(({ group }) => group === name)
      .map((g) => [
        g.group,
        whole(g.faults),
        whole(g.reaching),
        figure(g.base.insn),
        signed(g.added.insn),
        signed(g.added.loads),
        signed(g.added.cbr),
      ]),
  );
  const header = ['', 'faults', 'reach it', 'insn', '+insn', '+loads', '+cond br'];
  return `  ${config} ${variant}\n${table(header, rows)}`;
}
