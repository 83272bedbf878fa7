import { FAULT_SIZEOF } from '../abi/fault-log.js';
import { HEADER_FAULT_LOG, HEADER_FAULT_LOG_END, HEADER_OFFSET } from '../abi/layout.js';
import { Stage2Error } from './error.js';
import type { Machine } from './machine.js';

/** Where the faults of a machine leave records (src/abi/fault-log.ts) beside their signatures. One log at a time. */
export class FaultLog {
  readonly machine: Machine;
  readonly capacity: number;
  readonly #start: number;

  /** @throws EINVAL unless the machine is accounted and has no log, ENOMEM without room in its arena. */
  constructor(machine: Machine, capacity: number) {
    if (!machine.accounted) {
      throw new Stage2Error('EINVAL', 'accounted false: expected an accounted machine for a log of faults');
    }
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new Stage2Error('EINVAL', `capacity ${capacity}: expected a whole number from 1`);
    }
    if (machine.header(HEADER_FAULT_LOG) !== 0) {
      throw new Stage2Error('EINVAL', 'the machine has a log of faults already');
    }
    this.machine = machine;
    this.capacity = capacity;
    this.#start = machine.arena.allocate(capacity * FAULT_SIZEOF);
    machine.view.setU32(HEADER_OFFSET + HEADER_FAULT_LOG_END, this.#start + capacity * FAULT_SIZEOF);
    this.#rewind();
  }

  /** Records not yet drained. */
  get length(): number {
    return (this.machine.header(HEADER_FAULT_LOG) - this.#start) / FAULT_SIZEOF;
  }

  /** Takes the records out, in the order of the faults: a copy of their bytes. */
  drain(): Uint8Array {
    const bytes = this.machine.view.bytes(this.#start, this.length * FAULT_SIZEOF).slice();
    this.#rewind();
    return bytes;
  }

  /** Ends the log; what was not drained is lost. */
  detach(): void {
    this.machine.view.setU32(HEADER_OFFSET + HEADER_FAULT_LOG, 0);
    this.machine.view.setU32(HEADER_OFFSET + HEADER_FAULT_LOG_END, 0);
    this.machine.arena.release(this.#start);
  }

  #rewind(): void {
    this.machine.view.setU32(HEADER_OFFSET + HEADER_FAULT_LOG, this.#start);
  }
}
