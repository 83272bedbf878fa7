import type { CoreExports } from './exports.js';
import { accountedWasm, functionalWasm } from './wasm.generated.js';

const modules = new Map<boolean, WebAssembly.Module>();

/** The compiled core: functional, or accounted (events, branch sites and fault signatures are recorded). */
export function coreModule(accounted: boolean): WebAssembly.Module {
  let module = modules.get(accounted);
  if (module === undefined) {
    module = new WebAssembly.Module(decodeBase64(accounted ? accountedWasm : functionalWasm));
    modules.set(accounted, module);
  }
  return module;
}

/** An instance of the core over a memory. */
export function instantiate(accounted: boolean, memory: WebAssembly.Memory): CoreExports {
  const instance = new WebAssembly.Instance(coreModule(accounted), { env: { memory } });
  return instance.exports as unknown as CoreExports;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
