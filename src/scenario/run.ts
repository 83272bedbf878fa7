import { Disposition } from '../abi/kvm.js';
import { Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import { readPaths } from '../core/paths.js';
import { decodeSignature, type FaultSignature } from '../cost/index.js';
import type { Variant } from '../kvm/variant.js';
import type { MachineState } from './machine-state.js';
import { setUp } from './setup/index.js';
import { createMachine } from './setup/machine.js';

/** What the emulated fault of a scenario came to. */
export interface ScenarioRun {
  /** Return of handle_exit; null if the host kernel died. */
  ret: number | null;
  signature: FaultSignature;
}

/** Builds the machine of `state` and takes the fault under the variant that makes `check`. */
export function runScenario(
  state: MachineState,
  check: Variant['check'],
  memory: WebAssembly.Memory,
): ScenarioRun {
  const machine = createMachine(state, memory);
  try {
    return takeFault(machine, state, check);
  } finally {
    machine.destroy();
  }
}

function takeFault(machine: Machine, state: MachineState, check: Variant['check']): ScenarioRun {
  const vcpu = setUp(machine, state, check);
  const { esr, ipa } = state.guest;
  const { ret, disposition } = vcpu.takeExit({ esr, ipa, far: ipa });
  const [path] = readPaths(machine);
  if (path === undefined)
    throw new Stage2Error('EINVAL', 'the exit is no stage-2 abort: no path was recorded');
  return { ret: disposition === Disposition.HOST_OOPS ? null : ret, signature: decodeSignature(path.words) };
}
