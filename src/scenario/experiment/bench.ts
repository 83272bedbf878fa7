import {
  type Build,
  type Constant,
  type CoreProfile,
  CostError,
  type CostSources,
  costMatrix,
  costOf,
  cyclesOf,
  defaultPrices,
  type EventCounts,
  KERNEL_PARTS,
  type KernelFacts,
  kernelPrices,
  type PriceMatrix,
  type PriceTable,
  priceTable,
  samplePriceMatrix,
  sumEvents,
  switchOf,
  walkBuild,
} from '../../cost/index.js';
import type { Measured } from './measured.js';
import { pathEvents } from './path-events.js';

/** What experiments are made of. */
export interface BenchData extends CostSources {
  profiles: ReadonlyMap<string, CoreProfile>;
  /** All builds of the package; the first follows the paths of kernels of its time. */
  builds: readonly Build[];
}

/** A core at a clock. */
export interface Core {
  profile: CoreProfile;
  clockGhz: number;
}

/** How events are priced: in code that overlaps, or each waiting for the one before. */
export type Chain = 'overlapped' | 'dependent';

const SAMPLES = 200;
const SEED = 1;
/** The one event that instructions of a kernel are priced as, so that in a sample all its parts stall alike. */
const KERNEL_INSN = 'insn:kernel';
const VMM_INSN = 'insn:vmm';
/** A load that hits the first level, where loads wait for each other. */
export const LOAD_L1 = 'LOAD_L1';
/** The cycle that a branch itself takes (src/data/estimates.json). */
export const BRANCH = { taken: 'branch_taken', notTaken: 'branch_not_taken' } as const;
const FLAG_TEST = 'flag_test';

interface Prices {
  table: PriceTable;
  samples: PriceMatrix;
}

/** The data of all experiments, and the prices made of it. */
export class Bench {
  readonly data: BenchData;
  readonly #prices = new Map<string, Prices>();

  constructor(data: BenchData) {
    this.data = data;
  }

  /** What `counts` cost, divided by `n`. */
  cost(core: Core, counts: EventCounts, n = 1, chain: Chain = 'overlapped'): Measured {
    const { table, samples } = this.#pricesOf(core, chain);
    const folded = foldParts(counts);
    const values = costMatrix([folded], samples);
    return {
      unit: 'cycles',
      v: cyclesOf(costOf(folded, defaultPrices(table))) / n,
      samples: Array.from(values, (value) => cyclesOf(value) / n),
      clockGhz: core.clockGhz,
      notes: table.estimatedSystem && SYSTEM.some((event) => counts.has(event)) ? [estimated(core)] : [],
    };
  }

  /** What exits of a kernel depend on, on a core. */
  factsOf({ profile }: Core): KernelFacts {
    const { kernels, worldSwitch } = this.data;
    return {
      fwb: kernels.fwb.has(profile.name),
      worldSwitch: (kind) => switchOf(worldSwitch, kind),
      path: (name, hostAtEl2) => this.#pathOf(profile, name, hostAtEl2),
    };
  }

  #pathOf(profile: CoreProfile, name: string, hostAtEl2: boolean): EventCounts {
    const [build] = this.data.builds;
    const path = build?.paths.get(name);
    if (build === undefined || path === undefined) throw new CostError(`no build records the path ${name}`);
    const { worldSwitch, kernels } = this.data;
    const core = { profile, clockGhz: profile.clock.v };
    const { table } = this.#pricesOf(core, 'overlapped');
    return pathEvents(walkBuild(build, path.input), { worldSwitch, kernels, table }, hostAtEl2);
  }

  #pricesOf({ profile, clockGhz }: Core, chain: Chain): Prices {
    const key = `${profile.name} ${clockGhz} ${chain}`;
    const known = this.#prices.get(key);
    if (known !== undefined) return known;
    const { estimates, calibration, kernels } = this.data;
    const plain = priceTable(profile, { estimates, calibration, parts: KERNEL_PARTS }, chain);
    const machine = { inOrder: profile.inOrder, clockGhz };
    const kernel = kernelPrices(plain, kernels, machine);
    const table = { ...kernel, prices: new Map([...kernel.prices, ...ownPrices(profile, kernel)]) };
    const made = { table, samples: samplePriceMatrix(table, SEED, SAMPLES) };
    this.#prices.set(key, made);
    return made;
  }
}

/** A count of one of these makes a cost one of the system. */
const SYSTEM = ['exc_entry', 'exc_return', 'mrs', 'msr', 'isb', 'dsb', 'tlbi'];

function estimated({ profile }: Core): string {
  return `system costs of ${profile.name} are only estimated`;
}

/** Prices of events that only experiments count. */
function ownPrices({ latency, leaves }: CoreProfile, { prices }: PriceTable): [string, Constant][] {
  const handler = prices.get('insn:handler');
  const test = leaves.get('added_ldr_cbz');
  return [
    [LOAD_L1, latency.l1],
    ...(handler === undefined ? [] : ([[KERNEL_INSN, handler]] as [string, Constant][])),
    ...(test !== undefined && 'lo' in test ? ([[FLAG_TEST, test]] as [string, Constant][]) : []),
  ];
}

function foldParts(counts: EventCounts): EventCounts {
  return sumEvents(
    [...counts].map(([event, n]) => {
      const part = event.startsWith('insn:') && event !== VMM_INSN;
      return new Map([[part ? KERNEL_INSN : event, n]]);
    }),
  );
}
