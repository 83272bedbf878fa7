export { type Stage1Format, stage1Format } from './format.js';
export {
  type ImageMemory,
  type ImageTable,
  idRegistersOf,
  imageMachine,
  loadImage,
  type TableImage,
} from './image.js';
export { type TableLeaf as WalkedLeaf, tableLeaves } from './leaves.js';
export type { Regime, WalkCpu, WalkRegisters } from './regime.js';
export { batchFault, batchPa, Translator } from './translator.js';
export { type TableTree, tableTree } from './tree.js';
export type * from './types.js';
