import { hex } from '../core/error.js';
import type { LeafDifference, TableComparison, TableLeaf, TablesReplay } from '../scenario/replay/index.js';
import { bytes, table, whole } from './text.js';

/** The captured kernel's own operations, and the comparison with dumps of its tables. */
export function replayTablesText(tables: TablesReplay | null): string {
  if (tables === null) return "Tables: the capture does not carry the kernel's own stage-2 operations.\n";
  return operationsText(tables) + comparisonsText(tables.comparisons);
}

function operationsText({ operations, mapsRefused, outsideVm }: TablesReplay): string {
  const { map, unmap, relax, writeProtect, makeOld } = operations;
  const applied = [
    `${whole(map)} maps`,
    `${whole(unmap)} unmaps`,
    `${whole(relax)} changes of permission`,
    `${whole(writeProtect)} write-protects`,
    `${whole(makeOld)} agings`,
  ];
  const refused = mapsRefused === 0 ? '' : `, ${whole(mapsRefused)} maps the captured kernel gave up`;
  const outside = outsideVm === 0 ? '' : `, ${whole(outsideVm)} outside any VM, not applied`;
  return `Tables: the captured kernel's own operations, applied in order\n  ${applied.join(', ')}${refused}${outside}\n`;
}

function comparisonsText(comparisons: readonly TableComparison[]): string {
  if (comparisons.length === 0) return '';
  const rows = comparisons.map((c) => [
    c.name,
    c.line === null ? 'end' : `${c.line}`,
    `${c.ipaBits}`,
    whole(c.leaves),
    whole(c.blocks),
    whole(c.missing),
    whole(c.extra),
    whole(c.different),
  ]);
  const header = [
    'Against the dump',
    'line',
    'IPA bits',
    'leaves',
    'blocks',
    'missing',
    'extra',
    'different',
  ];
  return (
    table(header, rows) + comparisons.flatMap(({ name, first }) => first.map(differenceText(name))).join('')
  );
}

function differenceText(name: string): (difference: LeafDifference) => string {
  return ({ ipa, dump, ours }) => `  ${name}: ${hex(ipa)}: dump ${leafText(dump)}, ours ${leafText(ours)}\n`;
}

function leafText(leaf: TableLeaf | null): string {
  if (leaf === null) return 'has nothing';
  const may = `${leaf.write ? 'write' : 'no write'}, ${leaf.execute ? 'execute' : 'no execute'}`;
  return `has ${hex(leaf.pa)}, level ${leaf.level}, ${bytes(leaf.size)}, ${may}`;
}
