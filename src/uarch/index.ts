export {
  BranchKind,
  ColdRule,
  MicroEvent,
  PredictorPart,
  WalkStorage,
} from '../abi/uarch.js';
export type { CacheGeometry, Geometry as CoreGeometry, TableGeometry } from './geometry.js';
export { type GuestRun, Microarch, microBytes } from './microarch.js';
export {
  MicroMmu,
  type MmuAccess,
  type MmuAccessKind,
  type MmuRequest,
  type MmuResult,
  type MmuSource,
  type TlbiName,
} from './mmu.js';
export type { HeldTranslation, TranslationKind } from './tlb-entries.js';
