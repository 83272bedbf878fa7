import { Callee } from '../abi/kvm.js';
import { CostError, show } from './error.js';
import { SPELLERS, type Speller } from './outcome-names.js';

/** One more than the largest code. */
const CODES = 512;

function speller(callee: string): Speller {
  const id = Callee[callee as keyof typeof Callee];
  if (typeof id !== 'number') throw new CostError(`callee ${show(callee)} has no outcome codes`);
  return SPELLERS[id];
}

/** Names of the outcomes of `callee`, a member of enum Callee, by their code. */
export function outcomesOf(callee: string): Map<number, string> {
  const spell = speller(callee);
  const names = new Map<number, string>();
  for (let code = 0; code < CODES; code++) {
    const name = spell(code);
    if (name !== undefined) names.set(code, name);
  }
  return names;
}

/** The build files' name of outcome `code` of `callee`. @throws {@link CostError} if it has no such outcome. */
export function outcomeName(callee: string, code: number): string {
  const name = Number.isInteger(code) && code >= 0 && code < CODES ? speller(callee)(code) : undefined;
  if (name === undefined) throw new CostError(`outcome code ${code} of ${callee} is not known`);
  return name;
}

/** The code of the outcome called `name`. @throws {@link CostError} if `callee` has no such outcome. */
export function outcomeCode(callee: string, name: string): number {
  for (const [code, spelled] of outcomesOf(callee)) if (spelled === name) return code;
  throw new CostError(`outcome ${show(name)} of ${callee} is not known`);
}
