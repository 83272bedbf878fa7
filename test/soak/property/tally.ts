// How many queries of which kind core and model answered alike.
import { AddressLayout } from '../../../src/abi/walk.js';
import { ACCESS_KINDS } from '../../../src/arm/access.js';
import type { Regime, Translator } from '../../../src/walk/index.js';
import type { Answer, Query } from '../../model/arch/types.js';
import type { Batched, Observer } from '../../model/walk-lab.js';
import { table } from '../table.js';

const LAYOUTS: Readonly<Record<AddressLayout, string>> = {
  [AddressLayout.NARROW]: '48 bits',
  [AddressLayout.LPA]: 'FEAT_LPA, 64K',
  [AddressLayout.LPA2]: 'FEAT_LPA2, DS',
};
const OFF = 'stage 2 off';
const INVALID = 'no walk: configuration faults';
const SUCCESS = 'success';

export class Tally {
  scenarios = 0;
  queries = 0;
  #both = 0;
  #updated = 0;
  #updates = 0;
  readonly #outcomes = new Map<string, Map<string, number>>();
  readonly #geometries = new Map<string, number>();
  readonly #layouts = new Map<string, number>();
  readonly #batched = new Map<Batched, number>();

  readonly note: Observer = (query, answer, translator, batched) => {
    this.queries++;
    if ('va' in query) this.#both++;
    this.#noteOutcome(query, answer);
    this.#updates += answer.updates.length;
    if (answer.updates.length > 0) this.#updated++;
    const [geometry, layout] = classOf(translator);
    add(this.#geometries, geometry);
    add(this.#layouts, layout);
    add(this.#batched, batched);
  };

  #noteOutcome({ access }: Query, answer: Answer): void {
    const name = outcomeOf(answer);
    const row = this.#outcomes.get(name) ?? new Map<string, number>();
    this.#outcomes.set(name, row);
    add(row, access);
  }

  /** For people. */
  report(): string {
    const outcomes = [...this.#outcomes]
      .sort(([a], [b]) => order(a, b))
      .map(([name, counts]) => [name, ...ACCESS_KINDS.map((kind) => counts.get(kind) ?? 0), total(counts)]);
    return [
      `${this.queries} queries of ${this.scenarios} scenarios answered alike, ${this.#both} of them by both stages`,
      table(['outcome', ...ACCESS_KINDS, 'all'], outcomes),
      table(['granule, start level of stage 2', 'queries'], [...this.#geometries].sort()),
      table(['addresses of stage 2', 'queries'], [...this.#layouts].sort()),
      table(['also in a batch', 'queries'], [...this.#batched].sort()),
      `${this.#updated} queries with hardware updates, ${this.#updates} updates`,
    ].join('\n\n');
  }
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, n) => sum + n, 0);
}

/** Success first, then by name. */
function order(a: string, b: string): number {
  if (a === SUCCESS || b === SUCCESS) return a === SUCCESS ? -1 : 1;
  return a < b ? -1 : 1;
}

function outcomeOf(answer: Answer): string {
  if (answer.ok) return SUCCESS;
  return `stage ${answer.stage}${answer.s1ptw ? ' S1PTW' : ''} ${answer.type}`;
}

/** What the stage-2 registers of a translator select: granule and start level, and the layout of addresses. */
function classOf({ regime, registers }: Translator): [string, string] {
  const on = (registers.hcr & 0x1001n) !== 0n;
  if (!on) return [OFF, OFF];
  return regime.valid ? [geometryOf(regime), LAYOUTS[regime.layout]] : [INVALID, INVALID];
}

function geometryOf({ granuleShift, startLevel }: Regime): string {
  return `${String(2 ** (granuleShift - 10)).padStart(2)}K, level ${startLevel}`;
}
