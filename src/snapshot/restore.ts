import { checkArray, checkInteger, checkKeys, checkTyped, refuse } from '../core/check.js';
import { hex, Stage2Error } from '../core/error.js';
import { TraceError } from '../trace/error.js';
import { buildObjects, type RestoreHost } from './build.js';
import { checkState } from './check.js';
import { decodeFile, type SnapshotFile } from './file.js';
import type { MachineObjects } from './objects.js';
import { writePages } from './pages.js';
import { Problem } from './problem.js';
import { fixedRanges, unsavedRanges } from './ranges.js';
import type { HostTable } from './schema.js';
import { readTable } from './table.js';

export interface RestoreOptions extends RestoreHost {
  /** What errors call the file. Default `snapshot`. */
  name?: string;
  /** A machine of more bytes is refused. Default 256 MiB; a machine has at most 4 GiB. */
  maxBytes?: number;
}

const MAX_BYTES = 256 << 20;

/**
 * The machine of a snapshot with its objects, in a memory of its own or at any place of the embedder's: it goes on
 * exactly as the saved one would. A memory of the embedder's is not touched before all is known to be right.
 * @throws TraceError, one line, for bytes that are no snapshot of this version, damaged, or of a state that cannot be;
 * Stage2Error for a place that does not fit, or that a machine has which is not destroyed (EBUSY), and unless each VM
 * that needs an `onMmio` has one.
 */
export function restoreSnapshot(bytes: Uint8Array, options: RestoreOptions = {}): MachineObjects {
  checkOptions(options);
  const { name = 'snapshot', maxBytes = MAX_BYTES, memory, memoryBase, ...host } = options;
  const { file, table } = readSnapshot(bytes, name);
  if (file.machineBytes > maxBytes) {
    const problem = `found a machine of ${file.machineBytes} bytes, expected at most ${maxBytes} (maxBytes)`;
    throw new TraceError({ file: name }, problem);
  }
  checkHandlers(table, host.onMmio);
  const own = refusing(name, () => load(file, table, { ...host, memory: memoryOf(file) }));
  if (memory === undefined) return own;
  return load(file, table, { ...host, memory, ...(memoryBase !== undefined && { memoryBase }) });
}

const KEYS = [
  'name',
  'maxBytes',
  'core',
  'memory',
  'memoryBase',
  'onMmio',
] as const satisfies readonly (keyof RestoreOptions)[];

function checkOptions(options: RestoreOptions): void {
  const { name, maxBytes, onMmio } = checkKeys('options', options, KEYS);
  if (name !== undefined && typeof name !== 'string') refuse('name', name, 'a string');
  if (maxBytes !== undefined) checkInteger('maxBytes', maxBytes, 0, Number.MAX_SAFE_INTEGER);
  if (onMmio === undefined) return;
  for (const [i, handler] of checkArray('onMmio', onMmio).entries())
    if (handler !== undefined && typeof handler !== 'function') refuse(`onMmio[${i}]`, handler, 'a function');
}

/** The parts of a file and its host table, the form of both checked. */
export function readSnapshot(bytes: Uint8Array, name = 'snapshot'): { file: SnapshotFile; table: HostTable } {
  checkTyped('bytes', bytes, 'Uint8Array');
  const file = decodeFile(bytes, name);
  const table = readTable(file.host, name);
  if (table.machine.accounted !== file.accounted)
    throw new TraceError(
      { file: name, field: 'machine.accounted' },
      'found another core than the header tells of',
    );
  return { file, table };
}

function checkHandlers({ vms }: HostTable, onMmio: RestoreOptions['onMmio'] = []): void {
  for (const [i, { internal }] of vms.entries()) {
    const needed = internal.mmio === 'handler';
    if (needed === (onMmio[i] !== undefined)) continue;
    const expected = needed ? 'a function, which no snapshot holds' : 'none';
    throw new Stage2Error(
      'EINVAL',
      `onMmio[${i}]: VM ${i} has the policy mmio ${internal.mmio}, expected ${expected}`,
    );
  }
}

/** A memory for the machine, which must have the size that its parts come to. */
function memoryOf({ machineBytes }: SnapshotFile): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: Math.ceil(machineBytes / 65536) });
}

function load(file: SnapshotFile, table: HostTable, where: RestoreHost): MachineObjects {
  const objects = buildObjects(table, where);
  try {
    return fill(objects, file, table);
  } catch (error) {
    objects.machine.destroy();
    throw error;
  }
}

function fill(objects: MachineObjects, file: SnapshotFile, table: HostTable): MachineObjects {
  const { machine, vms, translators } = objects;
  if (machine.bytes !== file.machineBytes)
    throw new Problem(`a machine of ${machine.bytes} bytes, the header tells of ${file.machineBytes}`);
  const { view } = machine;
  const fixed = fixedRanges(objects).map(({ what, at: [at, length] }) => ({
    what,
    at,
    bytes: view.bytes(at, length).slice(),
  }));
  writePages(machine, file.pages, unsavedRanges(objects));
  for (const { what, at, bytes } of fixed) {
    const wrong = view.bytes(at, bytes.length).findIndex((byte, i) => byte !== bytes[i]);
    if (wrong >= 0) throw new Problem(`byte ${hex(at + wrong)} is not that of ${what} in the host table`);
  }
  checkState(objects);
  machine.core.banksChanged();
  for (const translator of translators) translator.setRegisters({});
  for (const [i, vm] of vms.entries()) vm.idmap.resume(table.vms[i]?.prepared ?? false);
  return objects;
}

/** Runs `body`; what the file is to blame for becomes one line that names it. */
function refusing<T>(name: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    const known =
      error instanceof Problem ||
      error instanceof Stage2Error ||
      error instanceof RangeError ||
      error instanceof WebAssembly.RuntimeError;
    if (known) throw new TraceError({ file: name }, error.message);
    throw error;
  }
}
