import type { TablesState } from '../machine-state.js';
import type { Known } from './known.js';

const VALID = 1n;
const TABLE = 2n;
/** Valid, or the host's PROT_NONE marker. */
const PRESENT = VALID | (1n << 58n);

/**
 * The entries for the faulting IPA. A block that is dissolved first leaves no level-3 entry; through another block
 * there is no entry either, only the word its address is taken for.
 */
export function tablePredicates({ level1, level2, level3 }: TablesState, dissolves: boolean): Known {
  const entry = level1 ? level2 : 0n;
  const isBlock = entry !== 0n && (entry & TABLE) === 0n;
  const word = entry === 0n || (isBlock && dissolves) ? 0n : level3;
  return {
    l1_empty: !level1,
    l2_empty: entry === 0n,
    l2_is_block: isBlock,
    l2_is_table: (entry & TABLE) !== 0n,
    l2_present: (entry & VALID) !== 0n,
    pte_present: (word & PRESENT) !== 0n,
    ...(isBlock && !dissolves ? {} : { pte_empty: word === 0n }),
  };
}
