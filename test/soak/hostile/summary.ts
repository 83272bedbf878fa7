// What a hostile run did.
import * as W from '../../../src/abi/walk.js';
import { decodeFsc } from '../../../src/arm/fault.js';
import { table } from '../table.js';
import type { World } from './world.js';

/** Who was asked. */
export type Asked = 'ipa' | 'va' | 'batch';

export interface HostileSummary {
  cases: number;
  settings: number;
  /** Settings whose stage-2 registers describe a walk. */
  walkable: number;
  batches: number;
  software: number;
  /** Words asked for one by one, and those of them that a specialised kernel answered. */
  raw: number;
  byKernel: number;
  /** Translations compared with the memory word by word, and the hardware updates found so. */
  compared: number;
  updates: number;
  /** By fault status code plus one. */
  outcomes: Record<Asked, number[]>;
}

const CODES = 65;
const ASKED = ['ipa', 'va', 'batch'] as const;

export function newSummary(): HostileSummary {
  const counts = () => Array.from({ length: CODES }, () => 0);
  return {
    cases: 0,
    settings: 0,
    walkable: 0,
    batches: 0,
    software: 0,
    raw: 0,
    byKernel: 0,
    compared: 0,
    updates: 0,
    outcomes: { ipa: counts(), va: counts(), batch: counts() },
  };
}

/** Counts what the world's record says. */
export function noteOutcome(summary: HostileSummary, asked: Asked, { i32, machine, at }: World): void {
  const fsc = i32[(machine.view.base + at.out + W.TRANSLATION_FSC) >> 2] as number;
  const counts = summary.outcomes[asked];
  counts[fsc + 1] = (counts[fsc + 1] ?? 0) + 1;
}

export function noteRaw(summary: HostileSummary, byKernel: boolean): void {
  summary.raw++;
  if (byKernel) summary.byKernel++;
}

/** For people. */
export function hostileReport(summary: HostileSummary): string {
  const { cases, settings, walkable, batches, software, raw, byKernel, compared, updates, outcomes } =
    summary;
  const names = Array.from({ length: CODES }, (_, i) => (i === 0 ? 'success' : decodeFsc(i - 1).type));
  const types = [...new Set(names)];
  const sum = (asked: Asked, type: string) =>
    outcomes[asked].reduce((total, n, i) => (names[i] === type ? total + n : total), 0);
  const rows = types
    .map((type) => [type, ...ASKED.map((asked) => sum(asked, type))] as const)
    .filter(([, ...counts]) => counts.some((n) => n > 0));
  return [
    table(['outcome', 'stage 2 alone', 'both stages', 'in batches'], rows),
    `${cases} cases under ${settings} settings, ${walkable} of which describe a stage-2 walk`,
    `${batches} batches, each asked three times and singly; ${software} operations of the software side`,
    `${raw} addresses of batches asked as words too, ${byKernel} of them answered by a specialised kernel`,
    `${compared} translations compared word by word, with ${updates} hardware updates`,
  ].join('\n');
}
