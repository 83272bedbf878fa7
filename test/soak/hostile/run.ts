// Garbage of every kind through every export that walks. The machine may answer anything the architecture has a code
// for; it may not trap, and it may not write where it has nothing to write.
import * as W from '../../../src/abi/walk.js';
import { ADDRESS_MAPS } from './banks.js';
import { batchProblem, hostileBatch } from './batch.js';
import { chunkProblem } from './chunks.js';
import { poolProblem, resetPool } from './pool.js';
import { ask, hostileQuery, type Query } from './queries.js';
import { Random } from './random.js';
import { recordProblem } from './record.js';
import { hostileSetting, type Setting } from './setting.js';
import { hostileOperation, type Operation, operate } from './software.js';
import { type HostileSummary, newSummary, noteOutcome, noteRaw } from './summary.js';
import { UpdateCheck } from './updates.js';
import { World } from './world.js';

export interface HostileOptions {
  seed: number;
  cases: number;
  /** The worlds to use instead of the usual ones. */
  worlds?: readonly World[];
  onProgress?: (cases: number) => void;
}

/** Something that must not happen, with all that led to it. */
export class HostileFailure extends Error {
  constructor(
    readonly problem: string,
    readonly caseNumber: number,
    readonly details: Readonly<Record<string, unknown>>,
    options?: ErrorOptions,
  ) {
    super(`case ${caseNumber}: ${problem}`, options);
  }
}

export const hostileWorlds = (): World[] => ADDRESS_MAPS.map((map) => new World(map));

const QUERIES = 12;
/** One setting in so many; each of these checks costs more than a translation. */
const CHUNKS_CHECKED = 256;
const POOL_RESET = 512;
const SOFTWARE_AFTER = 2;
/** One query in so many is compared word by word. */
const COMPARED = 4;
const PROGRESS = 1024;

/** Runs at least so many cases: a case is one address under one setting, or one operation of the software side. */
export function runHostile({
  seed,
  cases,
  worlds = hostileWorlds(),
  onProgress,
}: HostileOptions): HostileSummary {
  const random = new Random(seed);
  const summary = newSummary();
  const benches = worlds.map((world) => new Bench(random, world, summary));
  while (summary.cases < cases) {
    (benches[summary.settings % benches.length] as Bench).run();
    summary.settings++;
    if (onProgress !== undefined && summary.settings % PROGRESS === 0) onProgress(summary.cases);
  }
  summary.updates = benches.reduce((sum, { check }) => sum + check.updates, 0);
  return summary;
}

/** One world and what is done to it. */
class Bench {
  readonly check: UpdateCheck;
  readonly #random: Random;
  readonly #world: World;
  readonly #summary: HostileSummary;
  #setting: Setting;

  constructor(random: Random, world: World, summary: HostileSummary) {
    this.#random = random;
    this.#world = world;
    this.#summary = summary;
    this.check = new UpdateCheck(world);
    this.#setting = hostileSetting(random, world);
    resetPool(world);
    world.acceptSoftware();
  }

  /** One setting: single accesses of both kinds and a batch; now and then the software side. */
  run(): void {
    const [random, world, summary] = [this.#random, this.#world, this.#summary];
    const setting = hostileSetting(random, world);
    this.#setting = setting;
    world.arrange(setting);
    if (world.machine.view.u32(world.at.regime + W.REGIME_VALID) !== 0) summary.walkable++;
    this.#batch();
    for (let i = 0; i < QUERIES; i++) this.#query(i % 2 === 0 ? 'second' : 'both');
    this.#batch();
    this.#expect(strayOf(world.strayOfWalks()), {});
    if (summary.settings % CHUNKS_CHECKED === 0) this.#expect(chunkProblem(world), {});
    if (summary.settings % SOFTWARE_AFTER === 0) this.#software();
  }

  #query(stages: Query['stages']): void {
    const [world, summary] = [this.#world, this.#summary];
    const query = hostileQuery(this.#random, world, stages);
    summary.cases++;
    this.#guarded({ query }, () => {
      const translate = () => ask(world, query);
      if (this.#random.oneIn(COMPARED)) {
        summary.compared++;
        this.#expect(this.check.around(this.#setting, translate), { query });
      } else translate();
      this.#expect(recordProblem(world, stages === 'second'), { query });
    });
    noteOutcome(summary, stages === 'second' ? 'ipa' : 'va', world);
  }

  #batch(): void {
    const [world, summary] = [this.#world, this.#summary];
    const batch = hostileBatch(this.#random, world);
    summary.cases += batch.ipas.length;
    summary.batches++;
    this.#guarded({ batch }, () => {
      const wrong = batchProblem(world, batch, {
        answered: () => noteOutcome(summary, 'batch', world),
        raw: (byKernel) => noteRaw(summary, byKernel),
      });
      if (wrong === undefined) return;
      const ipas = wrong.ipa === undefined ? batch.ipas : [wrong.ipa];
      this.#expect(wrong.problem, { batch: { ...batch, ipas } });
    });
  }

  #software(): void {
    const [world, summary] = [this.#world, this.#summary];
    if (summary.software % POOL_RESET === 0) resetPool(world);
    const operation: Operation = hostileOperation(this.#random, world);
    summary.cases++;
    summary.software++;
    this.#guarded({ operation }, () => operate(world, operation));
    this.#expect(strayOf(world.strayOfSoftware()) ?? poolProblem(world), { operation });
    world.acceptSoftware();
  }

  /** A trap is a failure too. */
  #guarded(asked: Readonly<Record<string, unknown>>, body: () => void): void {
    try {
      body();
    } catch (error) {
      if (error instanceof HostileFailure) throw error;
      this.#fail(`threw ${String(error)}`, asked, error);
    }
  }

  #expect(problem: string | undefined, asked: Readonly<Record<string, unknown>>): void {
    if (problem !== undefined) this.#fail(problem, asked);
  }

  #fail(problem: string, asked: Readonly<Record<string, unknown>>, cause?: unknown): never {
    const details = { world: this.#world.name, setting: this.#setting, ...asked };
    throw new HostileFailure(problem, this.#summary.cases, details, { cause });
  }
}

function strayOf(offset: number | undefined): string | undefined {
  return offset === undefined ? undefined : `a stray write at byte ${offset} of the memory`;
}
