import { exitEvents, FAULT_KINDS, lockedEvents, lockOf } from '../../cost/kernel.js';
import type { Measured } from './measured.js';
import type { Params } from './params.js';

const VCPUS_MOST = 4096;

/** One stage-2 fault, the return to the guest and, with several vcpus that fault all the time, the wait for mmu_lock. */
export function fault(params: Params): Measured {
  const { alone, locked, transfers, vcpus, lock } = readFault(params);
  if (vcpus === 1 || lock === undefined) return alone;
  const held = (i?: number): number => (lock === 'exclusive' ? value(locked, i) : 0) + value(transfers, i);
  const waiting = (i?: number): number => {
    const serial = held(i);
    return response(value(alone, i) + value(transfers, i) - serial, serial, vcpus);
  };
  return { ...alone, v: waiting(), samples: alone.samples.map((_, i) => waiting(i)) };
}

/** The part of the fault that runs under mmu_lock. */
export function faultSerial(params: Params): Measured {
  const { alone, locked } = readFault(params);
  return { ...locked, whole: alone };
}

/** Transfers of the line of mmu_lock that one fault makes where others take it too: to lock and to unlock. */
const TRANSFERS = 2n;

function readFault(params: Params) {
  const core = params.core();
  const kernel = params.kernel();
  const kind = params.oneOf('kind', FAULT_KINDS);
  const vcpus = params.number('vcpus', 1, VCPUS_MOST, 1);
  if (!Number.isInteger(vcpus)) params.get('vcpus').expected('a whole number');
  const { bench } = params;
  const facts = bench.factsOf(core);
  return {
    alone: bench.cost(core, exitEvents(kernel, kind, facts)),
    locked: bench.cost(core, lockedEvents(kernel, kind, facts)),
    transfers: bench.cost(core, new Map([['line_transfer', TRANSFERS]])),
    lock: lockOf(kernel, kind),
    vcpus,
  };
}

function value({ v, samples }: Measured, i?: number): number {
  return i === undefined ? v : (samples[i] ?? v);
}

/**
 * Mean time from fault to return of `n` vcpus that each work `apart` and then hold the lock for `serial`: exact mean
 * value analysis of a closed network of one queue, times of the lock exponential.
 */
function response(apart: number, serial: number, n: number): number {
  let queue = 0;
  let inLock = serial;
  for (let vcpus = 1; vcpus <= n; vcpus++) {
    inLock = serial * (1 + queue);
    queue = (vcpus * inLock) / (apart + inLock);
  }
  return apart + inLock;
}
