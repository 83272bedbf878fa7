// What the accounted output exports beside assembly/index.ts; no logic.
import { checkCoreLayout } from "./core";

/** Call once, after init. */
export function microInit(): void {
  checkCoreLayout();
}
