// Break-before-make and TLB maintenance of the emulated kernel, checked while it runs.
import { checkInteger, checkKeys, checkOneOf, U32_MOST } from '../../core/check.js';
import { Stage2Error } from '../../core/error.js';
import type { Machine } from '../../core/machine.js';
import { TableLog } from '../../core/table-log.js';
import { onVms, targetOf, vmsOf } from '../registry.js';
import type { Vm } from '../vm.js';
import { TableChecker } from './checker.js';
import { decodeSteps } from './steps.js';
import type { WatchOptions, WatchReport } from './types.js';

export type * from './types.js';

const CAPACITY = 1 << 15;

/** Follows what the table code of a machine, or of one VM, does to tables and TLBs. */
export class TableWatch {
  /** The machine that is watched, or that of the VM. */
  readonly machine: Machine;
  readonly #only: Vm | undefined;
  readonly #log: TableLog;
  readonly #checker: TableChecker;
  readonly #release: () => void;
  /** Steps lost since the last check. */
  #lost = 0;
  #ended = false;

  /** See {@link watchTables}. */
  constructor(target: Machine | Vm, options: WatchOptions) {
    checkOptions(options);
    [this.machine, this.#only] = targetOf(target);
    this.#log = new TableLog(this.machine, options.capacity ?? CAPACITY);
    this.#checker = new TableChecker(this.machine, vmsOf(this.machine), options);
    this.#release = onVms(this.machine, () => this.#follow());
  }

  /** A VM comes: what was logged belongs to those before it. */
  #follow(): void {
    this.#drain();
    this.#checker.setVms(vmsOf(this.machine));
  }

  #drain(): void {
    const { records, lost } = this.#log.drain();
    this.#lost += lost;
    if (this.#lost === 0) for (const step of decodeSteps(records)) this.#checker.apply(step);
  }

  /**
   * Checks what happened since the last call, and what TLBs may hold now that the operations since are done. Never throws
   * for tables, however bad. Of a watched VM the violations alone are its own; changes and steps are the machine's.
   */
  check(): WatchReport {
    this.#checkAlive();
    this.#drain();
    const checker = this.#checker;
    checker.setVms(vmsOf(this.machine));
    const report = this.#lost > 0 ? checker.reportLost(this.#lost) : checker.report();
    this.#lost = 0;
    if (checker.differs) checker.restart(vmsOf(this.machine));
    const vm = this.#only?.offset;
    if (vm === undefined) return report;
    return { ...report, violations: report.violations.filter((v) => v.vm === undefined || v.vm === vm) };
  }

  #checkAlive(): void {
    if (this.#ended) throw new Stage2Error('EINVAL', 'the watch has ended: expected one that goes on');
  }

  /** Ends the watch and gives the memory of its log back. Throws EINVAL the second time, as `check` does then. */
  end(): void {
    this.#checkAlive();
    this.#ended = true;
    this.#release();
    this.#log.detach();
  }
}

/**
 * Watches every descriptor write, TLBI, barrier and table page of the emulated kernel from now on. Whatever the tables
 * give now may be in a TLB. Throws EINVAL unless the machine is accounted and not watched yet, ENOMEM without room in
 * its arena, EINVAL for options that are none.
 */
export function watchTables(target: Machine | Vm, options: WatchOptions = {}): TableWatch {
  return new TableWatch(target, options);
}

const BBM_LEVELS = [0, 1, 2];

function checkOptions(options: WatchOptions): void {
  const {
    bbm = 0,
    capacity = CAPACITY,
    limit = 0,
  } = checkKeys('options', options, ['bbm', 'capacity', 'limit']);
  checkOneOf('bbm', bbm, BBM_LEVELS);
  checkInteger('capacity', capacity, 1, U32_MOST);
  checkInteger('limit', limit, 0, Number.MAX_SAFE_INTEGER);
}
