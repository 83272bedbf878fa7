import type { CoreConstants } from './constants.js';
import { CostError } from './error.js';
import { CACHE_LOOP } from './estimates.js';
import type { Call, Walk } from './walk.js';
import { type Operations, switchKind, type WorldSwitch } from './world-switch.js';

/** Where an operation is charged. */
export type Part = 'systemOps' | 'loops' | 'opaque' | 'worldSwitch';

/** How often something with a constant price is done. */
export interface OperationCount {
  part: Part;
  operation: string;
  count: number;
}

/** The only hypercall of the fault path: TLB invalidation of one IPA. */
const HYPERCALL = '__kvm_tlb_flush_vmid_ipa';

/** An operation whose count is in cycles already. */
export const CYCLE = 'cycle';

/** An instruction of EL2 that is none of the priced operations. */
export const EL2_INSN = 'el2_insn';

/** Everything a fault does that has a constant price; `loopCycles` are those of the cache loops' code. */
export function countOperations(
  walk: Walk,
  loopCycles: number,
  faultClass: number,
  worldSwitch: WorldSwitch,
  constants: CoreConstants,
): OperationCount[] {
  const counts: OperationCount[] = [];
  const add = (part: Part, operation: string, count: number) => counts.push({ part, operation, count });
  const addAll = (part: Part, operations: Operations, times: number) => {
    for (const [operation, count] of operations) add(part, operation, count * times);
  };
  const { sysreg, dmb, dsb, isb, dc, ic, hvc } = walk.totals;
  addAll('systemOps', new Map(Object.entries({ sysreg, dmb, dsb, isb, dc_civac: dc, ic_iallu: ic })), 1);
  addAll('systemOps', hypercall(worldSwitch), hvc);
  add('loops', CYCLE, loopCycles);
  for (const call of walk.callees) if (call.cacheLoop) addAll('loops', loopOperations(call, constants), 1);
  addAll('opaque', walk.opaque, 1);
  const { exit, enter } = switchOf(worldSwitch, faultClass);
  addAll('worldSwitch', exit, 1);
  // A host that died does not enter the guest again.
  if (walk.oops === undefined) addAll('worldSwitch', enter, 1);
  return merge(counts);
}

function hypercall({ hypercalls }: WorldSwitch): Operations {
  const operations = hypercalls.get(HYPERCALL);
  if (operations === undefined) throw new CostError(`there are no counts of the hypercall ${HYPERCALL}`);
  return operations;
}

function switchOf({ switches }: WorldSwitch, faultClass: number): { exit: Operations; enter: Operations } {
  const kind = switchKind(faultClass);
  const counts = switches.get(kind);
  if (counts === undefined) throw new CostError(`there are no counts of the world switch ${kind}`);
  return counts;
}

function loopOperations({ name, counts }: Call, { cacheLoops }: CoreConstants): Operations {
  const { dc, ic } = cacheLoops.get(name) ?? CACHE_LOOP;
  return new Map([
    [dc, counts.dc],
    [ic, counts.ic],
    ['sysreg', counts.sysreg],
    ['dsb', counts.dsb],
    ['isb', counts.isb],
  ]);
}

/** What `to` has more than `from`; a negative count is what it has less. */
export function subtract(to: readonly OperationCount[], from: readonly OperationCount[]): OperationCount[] {
  return merge([...to, ...from.map((item) => ({ ...item, count: -item.count }))]);
}

/** One entry for each operation of a part, without those that come to nothing. */
function merge(counts: readonly OperationCount[]): OperationCount[] {
  const merged = new Map<string, OperationCount>();
  for (const item of counts) {
    const key = `${item.part} ${item.operation}`;
    merged.set(key, { ...item, count: item.count + (merged.get(key)?.count ?? 0) });
  }
  return [...merged.values()].filter((item) => item.count !== 0);
}
