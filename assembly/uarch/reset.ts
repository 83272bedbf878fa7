// A core that was just switched on.
import { MicroCore } from "./core";
import { resetCaches } from "./hierarchy";
import { resetPredictor } from "./predictor";
import { resetTranslations } from "./tlb";

/** Everything empty; the counts and the random numbers go on. */
export function resetCore(core: MicroCore): void {
  resetCaches(core);
  resetTranslations(core);
  resetPredictor(core);
}
