import { Field } from '../cost/field.js';
import type { Block, Build, Term, When } from '../cost/index.js';
import type { Variant } from '../kvm/variant.js';

const FORMAT = 'stage2-variants/1';
const CHECKS = ['none', 'mm', 'flag', 'key'] as const satisfies Variant['check'][];

/** The check of each variant by its id, from src/data/variants.json. @throws DataError naming what is wrong */
export function parseChecks(value: unknown, file: string): ReadonlyMap<string, Variant['check']> {
  const root = Field.root(value, file, FORMAT);
  const variants = root.get('variants').list();
  return new Map(variants.map((variant) => [variant.get('id').text(), variant.get('check').oneOf(CHECKS)]));
}

/** Tag of the branches that test the kind of VM. */
const SITE = 'U2';
const KEY = 'key_internal_on';

/**
 * The test of the kind of VM that a build's blocks make in the fault handler, for a variant no table knows: by what
 * its branches at site U2 read, and whether the static key of internal VMs guards them.
 */
export function checkOf(build: Build): Variant['check'] {
  const blocks = [...build.functions.values()].flatMap((fn) => [...fn.blocks.values()]);
  const read = new Set(blocks.filter(({ end }) => end.kind === 'cond' && end.site === SITE).flatMap(reads));
  if (read.has('vm_flag_internal')) return 'flag';
  if (!read.has('vm_has_mm')) return 'none';
  return blocks.flatMap(reads).includes(KEY) ? 'key' : 'mm';
}

/** The predicates the branch at the end of a block reads. */
function reads({ end }: Block): string[] {
  return end.kind === 'cond' ? predicatesIn(end.when) : [];
}

function predicatesIn(when: When): string[] {
  if (when.kind === 'loop') return [];
  return when.kind === 'predicate' ? [when.name] : when.terms.flatMap((term: Term) => predicatesIn(term));
}
