export {
  type CheckReport,
  checkMappings,
  type Difference as MappingDifference,
  type ListedMapping,
} from './check.js';
export { loadImage, type TableImage } from './image.js';
export { type TableLeaf as WalkedLeaf, tableLeaves } from './leaves.js';
export type { Regime, WalkFeatures, WalkRegisters } from './regime.js';
export {
  batchFault,
  type TranslateFault,
  type TranslateRequest,
  type TranslateResult,
  type TranslateSuccess,
  Translator,
  type WalkStep,
} from './translator.js';
export { type TableTree, tableTree } from './tree.js';
