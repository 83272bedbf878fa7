export type { RestoreHost } from './build.js';
export { describeSnapshot, type SnapshotSummary, type SnapshotVm } from './describe.js';
export type { MachineObjects } from './objects.js';
export { type RestoreOptions, restoreSnapshot } from './restore.js';
export { saveSnapshot } from './save.js';
