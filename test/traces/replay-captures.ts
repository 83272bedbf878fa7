import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ExpectedDump, replayableVms } from '../../src/scenario/replay/index.js';
import {
  type CapturedVm,
  type Memslots,
  readMemslots,
  readTraceBatches,
  type TraceEvent,
} from '../../src/trace/index.js';
import { DUMPS, loadDump } from './dumps.js';

/** A capture with its slots file and the table dumps taken in it. */
export interface Capture {
  trace: string;
  slots: string;
  /** File names of its dumps, which `loadDump` reads. */
  dumps: readonly string[];
}

function capture(folder: string, name: string, dumps: string): Capture {
  const path = (file: string): string => fileURLToPath(new URL(`${folder}/${file}`, import.meta.url));
  return {
    trace: path(`${name}.txt.gz`),
    slots: path(`${name}.memslots.json`),
    dumps: DUMPS.filter((file) => file.startsWith(dumps)),
  };
}

/** Some fifty phases of a small guest: the capture that the package brings along. */
export const PHASES = capture('../../src/data/traces', 'guestA_6.1_max-vhe_kprobes', 'guestA_6.1_max-vhe.');
/** One VM after the other, of 32 to 48 bits of IPA. */
export const IPA_SIZES = capture('captures', 'guestA-ipa_6.1_max_kprobes', 'guestA-ipa_6.1_max.');
/** A Linux guest boots. */
export const LINUX = capture('captures', 'guestB_6.1_max_thp', 'guestB_6.1_max_thp.');

/** A capture read into memory. */
export interface Loaded {
  events: readonly TraceEvent[];
  slots: Memslots;
  vms: readonly CapturedVm[];
  dumps: readonly ExpectedDump[];
}

export async function load({ trace, slots, dumps }: Capture): Promise<Loaded> {
  const memslots = await readMemslots(createReadStream(slots), slots);
  const expected: ExpectedDump[] = [];
  for (const file of dumps) expected.push({ file, dump: await loadDump(file) });
  const events: TraceEvent[] = [];
  for await (const batch of readTraceBatches(createReadStream(trace), trace)) events.push(...batch);
  return { events, slots: memslots, vms: replayableVms(memslots, slots, expected), dumps: expected };
}
