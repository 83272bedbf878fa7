import {
  costOf,
  cyclesOf,
  defaultPrices,
  type EventCounts,
  highPrices,
  lowPrices,
  microEvents,
  type Range,
} from '../cost/index.js';
import type { EfiCall, EfiMap } from '../trace/index.js';
import { Microarch, microBytes } from '../uarch/microarch.js';
import { MicroMmu } from '../uarch/mmu.js';
import { type EfiForm, efiTranslator, efiVm } from './efi-run.js';
import type { MappingCore } from './idmap-comparison.js';

/** What the translations of a call cost on one core, and where they came from. */
export interface CallCost {
  /** Name of its profile. */
  core: string;
  /** Cycles on a core that holds nothing; the ends are the fewest pages all cheap, and the most pages all dear. */
  cold: Range;
  /** The same where the TLBs are empty but the caches have the tables. */
  cached: Range;
  /** The same for the call made once more right afterwards. */
  again: Range;
  /** Pages of 4 KiB touched, by the best guess of each touch. */
  pages: number;
  /** Those of them that stage 2 lets not through. */
  faults: number;
  /** Table walks of the cold call. */
  walks: number;
  /** Descriptors that these read. */
  reads: number;
}

/** How a call finds the core. */
type Finds = 'cold' | 'cached' | 'again';

interface Counted {
  events: Record<Finds, EventCounts>;
  pages: number;
  faults: number;
}

const PAGE = 4096n;
const ENDS = ['v', 'lo', 'hi'] as const;
const PRICES = { v: defaultPrices, lo: lowPrices, hi: highPrices };

/**
 * The translations of the first call after the map, on a core that holds nothing (`cold`) and on one whose TLBs are
 * empty but whose caches have the tables (`cached`), and those of the same call right afterwards (`again`). The guest's
 * stage 1 is off: a VA is an IPA. Undefined for a map without a call.
 */
export function firstCall(map: EfiMap, form: EfiForm, core: MappingCore): CallCost | undefined {
  const { call } = map;
  if (call === null) return undefined;
  const counted = { v: follow(map, call, form, core, 'v'), lo: follow(map, call, form, core, 'lo') };
  const all = { ...counted, hi: follow(map, call, form, core, 'hi') };
  const price = (finds: Finds): Range => {
    const [v, lo, hi] = ENDS.map((end) => cyclesOf(costOf(all[end].events[finds], PRICES[end](core.table))));
    return { v: v as number, lo: lo as number, hi: hi as number };
  };
  const { events, pages, faults } = all.v;
  const n = (name: string) => Number(events.cold.get(name) ?? 0n);
  return {
    core: core.table.core,
    cold: price('cold'),
    cached: price('cached'),
    again: price('again'),
    pages,
    faults,
    walks: n('WALK'),
    reads: n('WALK_READ_L1') + n('WALK_READ_L2') + n('WALK_READ_L3') + n('WALK_READ_DRAM'),
  };
}

function follow(
  map: EfiMap,
  call: EfiCall,
  form: EfiForm,
  { geometry }: MappingCore,
  end: keyof Range,
): Counted {
  const { vm } = efiVm(map, form, microBytes(geometry));
  const micro = new Microarch(vm.machine, geometry);
  const mmu = new MicroMmu(micro, efiTranslator(vm));
  let [pages, faults] = [0, 0];
  const run = (): EventCounts => {
    [pages, faults] = [0, 0];
    micro.resetCounts();
    for (const { pa, access, pages: n } of call.touches) {
      for (let i = 0; i < n[end]; i++) {
        pages++;
        if (!mmu.access({ ipa: pa + BigInt(i) * PAGE, access }).ok) faults++;
      }
    }
    return microEvents(micro.counts());
  };
  const cold = run();
  mmu.tlbi('all');
  const cached = run();
  return { events: { cold, cached, again: run() }, pages, faults };
}
