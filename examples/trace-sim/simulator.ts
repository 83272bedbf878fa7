// A trace-driven simulator of one core: its caches and TLBs, in front of stage-2 tables of a guest.
import {
  BASE_CPU,
  type CoreProfile,
  createHost,
  geometryOf,
  guestRegisters,
  Microarch,
  MicroEvent,
  MicroMmu,
  type MmuAccessKind,
  microBytes,
  Translator,
  Vm,
} from 'stage2';
import type { Kind, TraceAccess } from './lackey.js';

const GIB = 1n << 30n;
const HUGE_SHIFT = 21n;
/** The guest's memory: the end of the host's, which is 1 GiB at 1 GiB and the guest's behind it. */
const GUEST = { ipa: 2n * GIB, size: GIB };
const BATCH = 4096;
const ACCESS: Record<Kind, MmuAccessKind> = { I: 'execute', L: 'read', S: 'write', M: 'atomic' };

/** What is counted, by MicroEvent. */
export type Counts = (event: keyof typeof MicroEvent) => number;

export class Simulator {
  accesses = 0;
  readonly #mmu: MicroMmu;
  readonly #micro: Microarch;
  /** Where the guest's own tables have put 2 MiB of virtual addresses: on first touch, one behind the other. */
  readonly #frames = new Map<bigint, bigint>();
  readonly #batch = new BigUint64Array(BATCH);
  #kind: Kind = 'I';
  #pending = 0;

  /** `blocks`: the guest's memory is mapped by the largest blocks, not by pages. */
  constructor(profile: CoreProfile, blocks: boolean) {
    const geometry = geometryOf(profile);
    const machine = createHost({
      ramBytes: 2n * GIB,
      setAsideBytes: GUEST.size,
      tablePages: 600,
      accounted: true,
      pageState: false,
      arenaBytes: microBytes(geometry) + (1 << 20),
    });
    const vm = new Vm(machine);
    if (vm.idmap.prepare({ ...GUEST, blocks }) !== 0) throw new Error('too few table pages');
    vm.idmap.commit();
    this.#micro = new Microarch(machine, geometry);
    this.#mmu = new MicroMmu(
      this.#micro,
      new Translator(machine, guestRegisters(vm), { features: BASE_CPU }),
    );
  }

  /** Runs the accesses of a trace, those of one kind in a row as a batch. */
  async run(trace: AsyncIterable<TraceAccess>): Promise<void> {
    for await (const { kind, address } of trace) {
      if (kind !== this.#kind || this.#pending === BATCH) this.#flush();
      this.#kind = kind;
      this.#batch[this.#pending++] = this.#ipaOf(address);
    }
    this.#flush();
  }

  #flush(): void {
    const batch = this.#batch.subarray(0, this.#pending);
    this.#mmu.accessMany('ipa', batch, { access: ACCESS[this.#kind], line: true });
    this.accesses += this.#pending;
    this.#pending = 0;
  }

  /** The IPA of a virtual address. Throws once the guest's memory is used up. */
  #ipaOf(address: bigint): bigint {
    const page = address >> HUGE_SHIFT;
    const frame = this.#frames.get(page) ?? GUEST.ipa + (BigInt(this.#frames.size) << HUGE_SHIFT);
    if (frame >= GUEST.ipa + GUEST.size) throw new Error('the trace touches more memory than the guest has');
    this.#frames.set(page, frame);
    return frame | (address & ((1n << HUGE_SHIFT) - 1n));
  }

  /** What the core has counted so far. */
  counts(): Counts {
    const counts = this.#micro.counts();
    return (event) => Number(counts[MicroEvent[event]]);
  }
}
