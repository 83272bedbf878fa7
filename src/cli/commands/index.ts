import type { CommandName } from '../documents.js';
import type { Register } from '../program.js';

/** Commands by the order help shows them. Each is loaded when it is asked for: most are small, some need half the house. */
const LOADERS: Readonly<Record<CommandName, () => Promise<Register>>> = {
  compare: async () => (await import('./compare.js')).registerCompare,
  idmap: async () => (await import('./idmap.js')).registerIdmap,
  walk: async () => (await import('./walk.js')).registerWalk,
  translate: async () => (await import('./translate.js')).registerTranslate,
  esr: async () => (await import('./esr.js')).registerEsr,
  map: async () => (await import('./map.js')).registerMap,
  dump: async () => (await import('./dump.js')).registerDump,
  replay: async () => (await import('./replay.js')).registerReplay,
  slots: async () => (await import('./slots.js')).registerSlots,
  'verify-build': async () => (await import('./verify-build.js')).registerVerifyBuild,
  conform: async () => (await import('./conform.js')).registerConform,
  validate: async () => (await import('./validate.js')).registerValidate,
  profiles: async () => (await import('./profiles.js')).registerProfiles,
  snapshot: async () => (await import('./snapshot.js')).registerSnapshot,
  open: async () => (await import('./open.js')).registerOpen,
  completion: async () => (await import('./completion.js')).registerCompletion,
};

export function allCommands(): Promise<Register[]> {
  return Promise.all(Object.values(LOADERS).map((load) => load()));
}

/** The command that `args` begin with; all, for help and suggestions, if they begin with none. */
export async function commandsFor([name = '']: readonly string[]): Promise<Register[]> {
  return isCommand(name) ? [await LOADERS[name]()] : allCommands();
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(LOADERS, name);
}
