import {
  HEADER_OFFSET,
  HEADER_TABLE_LOG,
  HEADER_TABLE_LOG_END,
  HEADER_TABLE_LOG_LOST,
} from '../abi/layout.js';
import { TABLE_STEP_SIZEOF } from '../abi/table-log.js';
import { Stage2Error } from './error.js';
import type { Machine } from './machine.js';

/**
 * Where a machine leaves a record (src/abi/table-log.ts) of each change of a table, each invalidation and each barrier
 * of the table code. One log at a time.
 */
export class TableLog {
  readonly machine: Machine;
  readonly capacity: number;
  readonly #start: number;

  /** @throws EINVAL unless the machine is accounted and has no log, ENOMEM without room in its arena. */
  constructor(machine: Machine, capacity: number) {
    if (!machine.accounted)
      throw new Stage2Error('EINVAL', 'accounted false: expected an accounted machine for a log of tables');
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new Stage2Error('EINVAL', `capacity ${capacity}: expected a whole number from 1`);
    if (machine.header(HEADER_TABLE_LOG) !== 0)
      throw new Stage2Error('EINVAL', 'the machine has a log of tables already');
    this.machine = machine;
    this.capacity = capacity;
    this.#start = machine.arena.allocate(capacity * TABLE_STEP_SIZEOF);
    machine.view.setU32(HEADER_OFFSET + HEADER_TABLE_LOG_END, this.#start + capacity * TABLE_STEP_SIZEOF);
    this.#rewind();
  }

  /** Takes the records out: a copy of their bytes, and how many found no room since the last time. */
  drain(): { records: Uint8Array; lost: number } {
    const bytes = this.machine.header(HEADER_TABLE_LOG) - this.#start;
    const records = this.machine.view.bytes(this.#start, bytes).slice();
    const lost = this.machine.header(HEADER_TABLE_LOG_LOST);
    this.#rewind();
    return { records, lost };
  }

  /** Ends the log; what was not drained is lost. */
  detach(): void {
    for (const field of [HEADER_TABLE_LOG, HEADER_TABLE_LOG_END, HEADER_TABLE_LOG_LOST])
      this.machine.view.setU32(HEADER_OFFSET + field, 0);
    this.machine.arena.release(this.#start);
  }

  #rewind(): void {
    this.machine.view.setU32(HEADER_OFFSET + HEADER_TABLE_LOG, this.#start);
    this.machine.view.setU32(HEADER_OFFSET + HEADER_TABLE_LOG_LOST, 0);
  }
}
