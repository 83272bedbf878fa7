/** Part of a view's state that a view wants changed. */
export interface PatchEvent<T> {
  patch: Partial<T>;
}

/** Tells the page what changes in the view's state. */
export function emitPatch<T>(from: HTMLElement, patch: Partial<T>): void {
  from.dispatchEvent(
    new CustomEvent<PatchEvent<T>>('stage2-state', { detail: { patch }, bubbles: true, composed: true }),
  );
}
