import { REQUEST_SIZEOF, RESULT_SIZEOF } from '../abi/layout.js';
import { checkArray, checkLive, checkObject } from '../core/check.js';
import { Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import { checkExit, type ExitResult, type GuestExit, readResult, writeRequest } from './guest_exit.js';
import { Vcpu } from './vcpu.js';

/** One exit of a batch. */
export interface VcpuExit {
  /** Of the one machine of all exits. */
  vcpu: Vcpu;
  /** As for {@link Vcpu.takeExit}. */
  exit: GuestExit;
}

const BATCH = 1024;

/**
 * Takes many exits in order, in one call of the core for each 1,024: what an embedder does to fault in a range before a
 * guest touches it. A device access is left as for user space, also where the VM has an `onMmio`; of several of one vcpu
 * only the last is in its run state. Throws EINVAL for what is no register value and for vcpus of several machines,
 * with nothing taken, ENOMEM if the machine's arena is full.
 */
export function takeExits(exits: readonly VcpuExit[]): ExitResult[] {
  const machine = checkExits(exits);
  if (machine === undefined) return [];
  const { arena, core } = machine;
  const most = Math.min(exits.length, BATCH);
  const requests = arena.allocate(most * (REQUEST_SIZEOF + RESULT_SIZEOF));
  const results = requests + most * REQUEST_SIZEOF;
  const taken: ExitResult[] = [];
  try {
    for (let done = 0; done < exits.length; done += BATCH) {
      const part = exits.slice(done, done + BATCH);
      for (const [i, { vcpu, exit }] of part.entries())
        writeRequest(machine, requests + i * REQUEST_SIZEOF, vcpu.offset, exit);
      core.faultMany(requests, part.length, results);
      for (const i of part.keys()) taken.push(readResult(machine, results + i * RESULT_SIZEOF));
    }
  } finally {
    arena.release(requests);
  }
  return taken;
}

/** The machine of all exits, none of no exits. */
function checkExits(exits: readonly VcpuExit[]): Machine | undefined {
  let machine: Machine | undefined;
  for (const [i, each] of checkArray('exits', exits).entries()) {
    const { vcpu, exit } = checkObject(`exits[${i}]`, each);
    checkLive(`exits[${i}].vcpu`, vcpu, Vcpu, 'Vcpu').checkIdle();
    machine ??= vcpu.machine;
    if (vcpu.machine !== machine) throw new Stage2Error('EINVAL', 'vcpus of several machines: expected one');
    checkExit(exit);
  }
  return machine;
}
