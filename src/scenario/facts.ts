import type { Callee, Predicate, Quantity } from '../abi/kvm.js';
import { show } from '../cost/error.js';
import { outcomesOf, type WalkInput } from '../cost/index.js';
import { Contradiction } from './contradiction.js';

export type PredicateName = keyof typeof Predicate;
export type QuantityName = keyof typeof Quantity;
export type CalleeName = keyof typeof Callee;

/** A recorded call: the outcome as a code of src/abi/event.ts, and its quantities. */
export interface RecordedCall {
  name: CalleeName;
  code: number;
  /** The quantity's value; 0 if the call does not give it. */
  q(name: QuantityName): number;
}

const codes = new Map<CalleeName, ReadonlyMap<string, number>>();

function codesOf(callee: CalleeName): ReadonlyMap<string, number> {
  const known = codes.get(callee);
  if (known !== undefined) return known;
  const table = new Map([...outcomesOf(callee)].map(([code, name]) => [name, code]));
  codes.set(callee, table);
  return table;
}

/** What a recorded scenario says of the machine it ran on: predicates, quantities and callee outcomes, nothing else. */
export class Facts {
  readonly #input: WalkInput;
  readonly #constants: ReadonlyMap<string, boolean>;

  /** `constants` stand for the predicates the scenario leaves out. */
  constructor(input: WalkInput, constants: ReadonlyMap<string, boolean>) {
    this.#input = input;
    this.#constants = constants;
  }

  /** Value of a predicate; one that is given nowhere is false. */
  holds(name: PredicateName): boolean {
    return this.#input.predicates.get(name) ?? this.#constants.get(name) ?? false;
  }

  /** A quantity of the whole fault. */
  quantity(name: QuantityName): number | undefined {
    return this.#input.quantities[name];
  }

  /** The calls of `callee` in order. */
  calls(callee: CalleeName): RecordedCall[] {
    return this.#input.callees
      .filter(({ name }) => name === callee)
      .map(({ outcome, q }) => {
        const code = codesOf(callee).get(outcome);
        if (code === undefined) throw new Contradiction(`${callee} has no outcome ${show(outcome)}`);
        return { name: callee, code, q: (quantity) => q?.[quantity] ?? 0 };
      });
  }

  /** The first call of `callee`; undefined if it was not called. */
  call(callee: CalleeName): RecordedCall | undefined {
    return this.calls(callee)[0];
  }
}
