// Accesses to the addresses of a layout: most of them mapped, some beside, some anywhere.
import fc from 'fast-check';
import { ACCESS_KINDS } from '../../../src/arm/access.js';
import { at, index, mairByte, pick, rarely, usually, usuallyClear, word } from './arbitrary-draws.js';
import type { Layout } from './arbitrary-layout.js';
import type { AccessKind, Query } from './types.js';

/** Those that a program can make: the others belong to the stage-1 walk. */
function isProgramAccess(kind: AccessKind): boolean {
  return kind !== 'table-walk' && kind !== 'table-update';
}

export const queryRecipe = fc.record({
  path: index,
  /** Low bits changed, one bit flipped, or another address altogether. */
  offset: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 0xfffn })),
  flip: rarely(fc.nat(63), 8),
  elsewhere: rarely(word, 20),
  tag: rarely(fc.nat(255), 6),
  access: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom<AccessKind>('read', 'write', 'execute', 'atomic') },
    { weight: 1, arbitrary: fc.constantFrom(...ACCESS_KINDS) },
  ),
  el: fc.constantFrom<0 | 1>(1, 0),
  unaligned: usuallyClear(5),
  pan: usuallyClear(3),
  stage1: fc.record({ attr: mairByte, sh: usually(3, [0, 1, 2], 2) }),
});

export type QueryRecipe = typeof queryRecipe extends fc.Arbitrary<infer T> ? T : never;

export function buildQuery(recipe: QueryRecipe, { ipas, vas }: Layout, withStage1: boolean): Query {
  const { el, unaligned, access, stage1, pan } = recipe;
  if (!withStage1) {
    return { access, el, unaligned, ipa: nearby(recipe, pick(ipas, recipe.path)), stage1 };
  }
  const kind = isProgramAccess(access) ? access : 'read';
  return { access: kind, el, unaligned, va: tagged(recipe, nearby(recipe, pick(vas, recipe.path))), pan };
}

function nearby({ offset, flip, elsewhere }: QueryRecipe, address: bigint): bigint {
  if (elsewhere !== undefined) return elsewhere;
  return address ^ offset ^ (flip === undefined ? 0n : at(flip, 1));
}

function tagged({ tag }: QueryRecipe, va: bigint): bigint {
  return tag === undefined ? va : (va & 0xff_ffff_ffff_ffffn) | at(56, tag);
}
