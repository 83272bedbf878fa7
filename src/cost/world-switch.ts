import { CostError, type DataError } from './error.js';
import { type EventCounts, sumEvents } from './event-counts.js';
import { describeClass } from './fault-class.js';
import { Field } from './field.js';

/** What EL2 executes around the handler. `insn:el2` are its instructions that are no event of their own. */
export interface WorldSwitch {
  /** Out of the guest and into it again, by kind of abort. */
  switches: ReadonlyMap<string, EventCounts>;
  /** By name of the function that the host at EL1 has called at EL2. */
  hypercalls: ReadonlyMap<string, EventCounts>;
}

const FORMAT = 'stage2-world-switch/1';
const COUNTED = ['mrs', 'msr', 'sysreg', 'dsb', 'isb', 'at', 'tlbi'] as const;

/** Reads src/data/world-switch.json. @throws {@link DataError} naming what is wrong. */
export function parseWorldSwitch(value: unknown, file: string): WorldSwitch {
  const root = Field.root(value, file, FORMAT);
  const hostCall = root.get('hostCall').get('insn').count();
  return {
    // Out of the guest to EL2, back from the host's hvc to EL1; then that hvc, and the eret to the guest.
    switches: root
      .get('switches')
      .map((item) => sumEvents([readEvents(item.get('exit'), 0), readEvents(item.get('enter'), hostCall)])),
    hypercalls: root.get('hypercalls').map((item) => readEvents(item, 0)),
  };
}

/** One way through EL2: an exception taken, an exception returned from, and what is between. */
function readEvents(field: Field, moreInsn: number): EventCounts {
  const counts = new Map<string, number>();
  for (const key of COUNTED) {
    const n = field.get(key).optional((item) => item.count());
    if (n !== undefined) counts.set(key, n);
  }
  const erets = field.get('eret').optional((item) => item.count()) ?? 0;
  const special = [...counts.values()].reduce((all, n) => all + n, erets);
  counts.set('insn:el2', field.get('insn').integer(special) - special + moreInsn);
  counts.set('exc_entry', 1);
  counts.set('exc_return', 1);
  // The price of a TLBI includes the DSB that waits for it.
  const dsb = (counts.get('dsb') ?? 0) - (counts.get('tlbi') ?? 0);
  counts.set('dsb', Math.max(dsb, 0));
  return new Map([...counts].map(([event, n]) => [event, BigInt(n)]));
}

/** Out of the guest and into it again. @throws {@link CostError} for a kind that was not counted */
export function switchOf({ switches }: WorldSwitch, kind: string): EventCounts {
  return switches.get(kind) ?? missing(`world switch ${kind}`);
}

/** The only hypercall of the fault path: TLB invalidation of one IPA. */
const HYPERCALL = '__kvm_tlb_flush_vmid_ipa';
/** What a call has less than a hypercall. */
const EXCEPTION = ['exc_entry', 'exc_return'];

/** A hypercall of the fault path, or the call in its place where the host runs at EL2. */
export function hypercallOf({ hypercalls }: WorldSwitch, hostAtEl2: boolean): EventCounts {
  const events = hypercalls.get(HYPERCALL) ?? missing(`hypercall ${HYPERCALL}`);
  return hostAtEl2 ? new Map([...events].filter(([event]) => !EXCEPTION.includes(event))) : events;
}

function missing(what: string): never {
  throw new CostError(`there are no counts of the ${what}`);
}

/** The kind of switch a fault of this class makes: a permission fault not on a walk reads its IPA by an AT. */
export function switchKind(faultClass: number): string {
  const { type, access, s1ptw } = describeClass(faultClass);
  if (type === 'permission') return s1ptw ? 'dabt_s1ptw_permission' : 'dabt_permission';
  return access === 'execute' ? 'iabt_translation' : 'dabt_translation';
}
