/** How a fault finds caches, TLBs and predictors: forgotten, as the last fault left them, or after a guest has run. */
export type State = { kind: 'cold' } | { kind: 'warm' } | { kind: 'guest'; cycles: number };

/** A state as it is named in options and reports. */
export function stateText(state: State): string {
  return state.kind === 'guest' ? `guest:${state.cycles}` : state.kind;
}
