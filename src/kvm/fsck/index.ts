// The invariants of the tables, dirty logs and table pages of a machine's VMs.
import { checkInteger, checkKeys } from '../../core/check.js';
import type { Machine } from '../../core/machine.js';
import { targetOf, vmsOf } from '../registry.js';
import type { Vm } from '../vm.js';
import { Findings } from './findings.js';
import { cachesOf, PoolPages } from './pages.js';
import { TableCheck } from './tables.js';
import type { FsckOptions, FsckResult } from './types.js';

export type { Finding, FindingKind, FsckOptions, FsckResult, LostPages, PoolAccount } from './types.js';

/**
 * Checks every VM of a machine, or reports one VM of it; callable between any two operations, and changes nothing. Bad
 * tables are findings, never an error, and no table is entered twice. What the emulated code is known to lose is no
 * finding: `pool.lost` lists it. Throws EINVAL for a VM that is destroyed and for options that are no whole numbers.
 */
export function fsck(target: Machine | Vm, options: FsckOptions = {}): FsckResult {
  checkOptions(options);
  const [machine, only] = targetOf(target);
  const vms = only === undefined ? vmsOf(machine) : firstOf(vmsOf(machine), only);
  const findings = new Findings(options.limit, only?.offset);
  const pages = new PoolPages(machine, findings);
  for (const vm of vms) {
    for (const cache of cachesOf(vm)) pages.readCache(cache, vm.offset);
    pages.readReserve(vm.idmap.reserve, vm.offset);
  }
  for (const vm of vms) new TableCheck(vm, pages, findings, options).run();
  const pool = pages.account();
  return { findings: findings.list, more: findings.more, pool };
}

/** Puts a VM before the others: what it leads to is entered from there. */
function firstOf(vms: readonly Vm[], vm: Vm): readonly Vm[] {
  return [vm, ...vms.filter((each) => each !== vm)];
}

const KEYS = ['ipaBits', 'paBits', 'limit'] as const;

function checkOptions(options: FsckOptions): void {
  checkKeys('options', options, KEYS);
  for (const name of KEYS) checkInteger(name, options[name] ?? 0, 0, Number.MAX_SAFE_INTEGER);
}
