import { DESC_AF_LSB, DESC_MEMATTR_LSB, DESC_S2AP_LSB, DESC_SH_LSB } from '../../abi/arm.js';
import type { Facts } from '../facts.js';
import type { TablesState } from '../machine-state.js';
import { BLOCK_PA, OLD_BLOCK_PA } from './places.js';

const VALID = 1n;
const TABLE = 2n;
/** Normal write-back memory, read-only, inner shareable, without the access flag; neither valid nor a table. */
const ATTRIBUTES =
  (0xfn << BigInt(DESC_MEMATTR_LSB)) | (1n << BigInt(DESC_S2AP_LSB)) | (3n << BigInt(DESC_SH_LSB));
const AF = 1n << BigInt(DESC_AF_LSB);

/** The stage-2 entries for the faulting IPA. On the access-flag path they map the page whose use is recorded. */
export function deriveTables(facts: Facts): TablesState {
  const aged = facts.holds('type_access');
  const attributes = aged ? ATTRIBUTES : ATTRIBUTES | AF;
  return {
    level1: !facts.holds('l1_empty'),
    level2: level2(facts, (aged ? BLOCK_PA : OLD_BLOCK_PA) | attributes),
    level3: level3(facts, BLOCK_PA | attributes),
  };
}

function level2(facts: Facts, block: bigint): bigint {
  if (facts.holds('l2_empty')) return 0n;
  const valid = facts.holds('l2_present') ? VALID : 0n;
  return facts.holds('l2_is_table') ? TABLE | valid : block | valid;
}

function level3(facts: Facts, page: bigint): bigint {
  if (facts.holds('pte_present')) return page | TABLE | VALID;
  return facts.holds('pte_empty') ? 0n : page;
}
