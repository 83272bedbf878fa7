import type { Register } from '../program.js';
import { registerCompare } from './compare.js';
import { registerCompletion } from './completion.js';
import { registerConform } from './conform.js';
import { registerDump } from './dump.js';
import { registerIdmap } from './idmap.js';
import { registerMap } from './map.js';
import { registerOpen } from './open.js';
import { registerProfiles } from './profiles.js';
import { registerReplay } from './replay.js';
import { registerSlots } from './slots.js';
import { registerSnapshot } from './snapshot.js';
import { registerTranslate } from './translate.js';
import { registerValidate } from './validate.js';
import { registerVerifyBuild } from './verify-build.js';
import { registerWalk } from './walk.js';

/** Commands by the order help shows them. */
export const COMMANDS: readonly Register[] = [
  registerCompare,
  registerIdmap,
  registerWalk,
  registerTranslate,
  registerMap,
  registerDump,
  registerReplay,
  registerSlots,
  registerVerifyBuild,
  registerConform,
  registerValidate,
  registerProfiles,
  registerSnapshot,
  registerOpen,
  registerCompletion,
];
