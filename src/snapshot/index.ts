export type { RestoreHost } from './build.js';
export type { MachineObjects } from './objects.js';
export { type RestoreOptions, restoreSnapshot } from './restore.js';
export { saveSnapshot } from './save.js';
