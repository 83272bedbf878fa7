/** How a fault finds caches, TLBs and predictors: forgotten, as the last fault left them, or after a guest has run. */
export type State =
  | {
      /** Everything is empty before each fault. */
      kind: 'cold';
    }
  | {
      /** What the fault before left is there. */
      kind: 'warm';
    }
  | {
      /** A guest runs between two faults. */
      kind: 'guest';
      /** Cycles it runs. */
      cycles: number;
    };

/** A state as it is named in options and reports. */
export function stateText(state: State): string {
  return state.kind === 'guest' ? `guest:${state.cycles}` : state.kind;
}
