import { ABI_VERSION } from '../abi/layout.js';
import { Stage2Error } from './error.js';
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

/**
 * An instance of a core over a memory. Throws EINVAL unless it is of the ABI version of this host, and accounted just if
 * that is asked for.
 */
export function instantiate(
  module: WebAssembly.Module,
  accounted: boolean,
  memory: WebAssembly.Memory,
): CoreExports {
  checkCore(module, accounted);
  const core = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as CoreExports;
  const version = core.abiVersion();
  if (version !== ABI_VERSION) {
    throw new Stage2Error('EINVAL', `core: ABI version ${version}, expected ${ABI_VERSION}`);
  }
  return core;
}

/** A module that is another thing altogether is named as such. */
function checkCore(module: WebAssembly.Module, accounted: boolean): void {
  if (Object.prototype.toString.call(module) !== '[object WebAssembly.Module]') {
    throw new Stage2Error('EINVAL', `core: found ${typeof module}, expected a WebAssembly.Module`);
  }
  const names = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  if (!names.has('abiVersion'))
    throw new Stage2Error('EINVAL', 'core: no abiVersion, expected a core of stage2');
  if (names.has('microInit') !== accounted) {
    const [found, expected] = accounted ? ['stage2', 'stage2-accounted'] : ['stage2-accounted', 'stage2'];
    throw new Stage2Error(
      'EINVAL',
      `core: found ${found}.wasm, expected ${expected}.wasm (accounted ${accounted})`,
    );
  }
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
