import { checkInteger, refuse, tagOf } from './check.js';
import { Stage2Error } from './error.js';
import type { MachineOptions } from './options.js';

const WASM_PAGE = 65536;

/** The memory of a machine of `total` bytes and where it begins there: the embedder's, checked, or one of its own. */
export function memoryFor(options: MachineOptions, total: number): [WebAssembly.Memory, number] {
  const { memory, memoryBase: base = 0 } = options;
  checkInteger('memoryBase', base, 0, Number.MAX_SAFE_INTEGER);
  if (memory === undefined) {
    return [newMemory(total), 0];
  }
  if (tagOf(memory) !== 'WebAssembly.Memory') refuse('memory', memory, 'a WebAssembly.Memory');
  if (tagOf(memory.buffer) !== 'ArrayBuffer')
    refuse('memory', memory, 'a WebAssembly.Memory that is not shared');
  if (base % WASM_PAGE !== 0) refuse('memoryBase', base, `a multiple of ${WASM_PAGE}`);
  const bytes = memory.buffer.byteLength;
  if (base + total > bytes) {
    throw new Stage2Error(
      'ENOMEM',
      `memory of ${bytes} bytes: expected at least ${base + total} (memoryBase + ${total})`,
    );
  }
  return [memory, base];
}

function newMemory(bytes: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: Math.ceil(bytes / WASM_PAGE) });
  } catch {
    throw new Stage2Error('ENOMEM', `a memory of ${bytes} bytes: the engine has no room, expected less`);
  }
}
