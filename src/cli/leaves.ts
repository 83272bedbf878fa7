import { type DumpLeaf, dumpLeaves } from '../report/ptdump.js';
import { tableLeaves } from '../walk/leaves.js';
import type { Translator } from '../walk/translator.js';

/** The leaves of a translator's tables, by ascending IPA. */
export function leavesOf({ machine, regime, attributeContext }: Translator): Generator<DumpLeaf> {
  return dumpLeaves(tableLeaves(machine, regime), regime, attributeContext);
}

export function countLeaves({ machine, regime }: Translator): number {
  let count = 0;
  for (const _ of tableLeaves(machine, regime)) count++;
  return count;
}
