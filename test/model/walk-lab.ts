// One random scenario on the core: a machine with its memory, a translator with its registers, and what differs from
// the reference model.

import { SCTLR_EE_LSB } from '../../src/abi/arm.js';
import { HEADER_SCRATCH } from '../../src/abi/layout.js';
import { TRANSLATION_FSC } from '../../src/abi/walk.js';
import { FAULT_TYPES } from '../../src/conform/spec.js';
import { Machine } from '../../src/core/machine.js';
import { batchFault, batchPa, Translator, type WalkResult, type WalkStep } from '../../src/walk/index.js';
import type { Scenario } from './arch/arbitrary.js';
import { byteSwap } from './arch/bits.js';
import { BankedMemory } from './arch/memory.js';
import { translate, translateStage1Only } from './arch/translate.js';
import type { Answer, FaultType, IpaQuery, Query, Update } from './arch/types.js';

/** Accesses that batches serve as the model has them: aligned, by the specialised kernels or without. */
const BATCHED = ['read', 'write', 'execute', 'atomic'];
/** No fault status code. */
const UNTOUCHED = 0x7fff_ffff;
/** The machine's own pools: memory like any other. */
const POOLS = { base: (1n << 52n) - 0x2000n, size: 0x2000n };

/** What core and model say of one query where they disagree. */
export interface Disagreement {
  query: Query;
  found: unknown;
  expected: unknown;
}

/** How a batch answered a query: it was not asked, the full walk did, a specialised kernel did. */
export type Batched = 'not asked' | 'by the full walk' | 'by a kernel';

/** Called with the model's answer to each query that the core answered alike. */
export type Observer = (query: Query, answer: Answer, translator: Translator, batched: Batched) => void;

/** Asks core and model all queries of a scenario, each on fresh memory. The first disagreement, if there is one. */
export function disagreement(scenario: Scenario, observe: Observer = () => {}): Disagreement | undefined {
  const machine = machineOf(scenario);
  const { features, choices, registers } = scenario;
  const translator = new Translator(machine, registers, { features, choices });
  for (const query of scenario.queries) {
    const memory = new BankedMemory([...scenario.banks, POOLS], scenario.blocks);
    const expected = translate(features, choices, registers, memory, query);
    const alone = askOnce(translator, query, expected) ?? askStage1(scenario, translator, query);
    if (alone !== undefined) return alone;
    const batch = askBatch(translator, query, expected);
    if (typeof batch !== 'string') return batch;
    observe(query, expected, translator, batch);
  }
  return undefined;
}

function machineOf({ banks, blocks }: Scenario): Machine {
  const machine = new Machine({
    banks: banks.map(({ base, size }) => ({ pa: base, size, kind: 'ram' })),
    roots: { pa: POOLS.base, size: 4096 },
    tablePool: { pa: POOLS.base + 4096n, pages: 1 },
    regions: [],
    pageState: false,
    arenaBytes: 1 << 14,
  });
  for (const { pa, words } of blocks) {
    for (const [i, word] of words.entries()) machine.writeRam(pa + 8n * BigInt(i), word);
  }
  return machine;
}

function askOnce(translator: Translator, query: Query, expected: Answer): Disagreement | undefined {
  const request = 'ipa' in query ? { ...query, stage1: query.stage1 ?? { attr: 0xff, sh: 3 } } : query;
  const result = translator.walk(request);
  const found = answerOf(translator, result);
  undo(translator.machine, found.updates);
  return same(found, expected) ? undefined : { query, found, expected };
}

/** The core's result in the words of the model. */
function answerOf(translator: Translator, result: WalkResult): Answer {
  const updates = updatesOf(translator, result.steps);
  if (result.ok) {
    return { ok: true, pa: result.pa, attr: result.memory.attr, sh: result.memory.sh, updates };
  }
  const { type, level, stage, s1ptw, ipa, write } = result.fault;
  const name =
    (Object.keys(FAULT_TYPES) as FaultType[]).find((each) => FAULT_TYPES[each] === type) ??
    (type as FaultType);
  return { ok: false, type: name, level, stage, s1ptw, ...(stage === 2 ? { ipa } : {}), write, updates };
}

/** Hardware updates in the order they were made, as the memory holds them. */
function updatesOf({ registers }: Translator, steps: readonly WalkStep[]): Update[] {
  const isBig = (sctlr = 0n) => ((sctlr >> BigInt(SCTLR_EE_LSB)) & 1n) === 1n;
  const big = { 1: isBig(registers.sctlrEl1), 2: isBig(registers.sctlrEl2) };
  return steps.flatMap(({ stage, pa, desc, written }) => {
    if (written === undefined) return [];
    const stored = big[stage] ? byteSwap : (value: bigint) => value;
    return [{ pa, old: stored(desc), new: stored(written) }];
  });
}

function undo(machine: Machine, updates: readonly Update[]): void {
  for (const { pa, old } of [...updates].reverse()) machine.writeRam(pa, old);
}

/** Updates are compared as a set: a stage-1 update is made after the stage-2 walk that follows its read. */
function same(found: Answer, expected: Answer): boolean {
  const text = ({ updates, ...rest }: Answer) =>
    [Object.entries(rest).sort(), updates.map((u) => `${u.pa} ${u.old} ${u.new}`).sort()].toString();
  return text(found) === text(expected);
}

/** What AT S1E1R and AT S1E0R, or W, would give for the address. */
function askStage1(scenario: Scenario, translator: Translator, query: Query): Disagreement | undefined {
  if ('ipa' in query) return undefined;
  const { features, choices, registers } = scenario;
  const access = query.access === 'write' ? 'at-write' : 'at-read';
  const at = { va: query.va, access, el: query.el } as const;
  const memory = new BankedMemory([...scenario.banks, POOLS], scenario.blocks);
  const expected = translateStage1Only(features, choices, registers, memory, at);
  const result = translator.walk({ ...at, stage1Only: true });
  const found = answerOf(translator, result);
  undo(translator.machine, found.updates);
  return same(found, expected) ? undefined : { query: at, found, expected };
}

/** The same IPA twice in a batch: the second time, a specialised kernel knows where the tables are. */
function askBatch(translator: Translator, query: Query, expected: Answer): Disagreement | Batched {
  if (!isBatched(translator, query)) return 'not asked';
  const { ipa, access, el } = query;
  const results = translator.translateMany(BigUint64Array.of(ipa, ipa, ipa), access, el, true);
  const batched = isServedByKernel(translator, query) ? 'by a kernel' : 'by the full walk';
  undo(translator.machine, expected.updates);
  const wanted = expected.ok ? `PA ${expected.pa}` : `${expected.type} ${expected.level}`;
  for (const result of results) {
    const fsc = batchFault(result);
    const found = fsc === undefined ? `PA ${batchPa(result)}` : faultName(translator, query, fsc);
    if (found !== wanted) return { query, found: `batch: ${found}`, expected: wanted };
  }
  return batched;
}

/** A kernel leaves the record alone that the full walks of batches use. */
function isServedByKernel(translator: Translator, { ipa, access, el }: IpaQuery): boolean {
  const { machine } = translator;
  const fsc = machine.header(HEADER_SCRATCH) + TRANSLATION_FSC;
  machine.view.setU32(fsc, UNTOUCHED);
  translator.translateMany(BigUint64Array.of(ipa), access, el);
  return machine.view.u32(fsc) === UNTOUCHED;
}

function isBatched({ cpu }: Translator, query: Query): query is IpaQuery {
  // A batch takes the memory of stage 1 for write-back, which shows where fetches from device memory fault.
  if (query.access === 'execute' && cpu.choices?.executeFromDevice === 'fault') return false;
  // Without stage 2 a batch gives IPAs as they are, whatever their size.
  return 'ipa' in query && !query.unaligned && BATCHED.includes(query.access) && query.ipa < 1n << 52n;
}

function faultName(translator: Translator, query: IpaQuery, fsc: number): string {
  const one = translator.walk(query);
  undo(translator.machine, updatesOf(translator, one.steps));
  if (one.ok || one.fault.fsc !== fsc) return `fault ${fsc}`;
  const name = (Object.keys(FAULT_TYPES) as FaultType[]).find((each) => FAULT_TYPES[each] === one.fault.type);
  return `${name} ${one.fault.level}`;
}
