import { Stage2Error } from './error.js';
import type { MachineOptions } from './machine.js';

const WASM_PAGE = 65536;

/** The memory of a machine of `total` bytes and where it begins there: the embedder's, checked, or one of its own. */
export function memoryFor(options: MachineOptions, total: number): [WebAssembly.Memory, number] {
  const base = options.memoryBase ?? 0;
  if (options.memory === undefined) {
    return [new WebAssembly.Memory({ initial: Math.ceil(total / WASM_PAGE) }), 0];
  }
  if (!Number.isInteger(base) || base < 0 || base % WASM_PAGE !== 0) {
    throw new Stage2Error('EINVAL', `memoryBase ${base}: expected a multiple of ${WASM_PAGE}`);
  }
  const bytes = options.memory.buffer.byteLength;
  if (base + total > bytes) {
    throw new Stage2Error(
      'ENOMEM',
      `memory of ${bytes} bytes: expected at least ${base + total} (memoryBase + ${total})`,
    );
  }
  return [options.memory, base];
}
