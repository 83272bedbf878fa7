// Batches answer what the walk of each address alone answers: plain, with attributes, one by one.
import { HEADER_SCRATCH } from '../../../src/abi/layout.js';
import * as W from '../../../src/abi/walk.js';
import { ask, hostileBatchAccess, hostileIpa } from './queries.js';
import type { Random } from './random.js';
import { recordProblem } from './record.js';
import { BATCH_MOST, UNTOUCHED, type World } from './world.js';

/** A batch of accesses of one kind. */
export interface Batch {
  access: W.AccessType;
  el: number;
  ipas: bigint[];
}

/** Asked for singly by the export that gives a word. */
const RAW_MOST = 4;
const FAULT = 1n << BigInt(W.RESULT_FAULT_LSB);
const NORMAL_WB = 0xff;
const NO_CODE = 0x7fff_ffff;

export function hostileBatch(random: Random, world: World): Batch {
  const n = random.oneIn(12) ? random.below(BATCH_MOST + 1) : random.below(32);
  return {
    access: hostileBatchAccess(random),
    el: random.below(2),
    ipas: Array.from({ length: n }, () => hostileIpa(random, world)),
  };
}

/** Where a batch is wrong. */
export interface BatchProblem {
  problem: string;
  ipa?: bigint;
}

/** Told of each address of a batch when the record holds its answer, and of each that was asked as a word. */
export interface BatchObserver {
  answered(): void;
  raw(byKernel: boolean): void;
}

/** The first batch makes the hardware updates there are to make, so what follows is of the same memory. */
export function batchProblem(world: World, batch: Batch, observer: BatchObserver): BatchProblem | undefined {
  const first = translateMany(world, batch, false);
  const alone = expectations(world, batch, observer);
  const again = translateMany(world, batch, false);
  const attributed = translateMany(world, batch, true);
  return (
    first.wrong ??
    alone.wrong ??
    again.wrong ??
    attributed.wrong ??
    difference('the first batch', batch, first.results, alone.plain) ??
    difference('the second batch', batch, again.results, alone.plain) ??
    difference('the batch with attributes', batch, attributed.results, alone.withAttributes) ??
    rawProblem(world, batch, alone.plain, observer)
  );
}

interface Expectations {
  wrong?: BatchProblem;
  plain: bigint[];
  withAttributes: bigint[];
}

/** What the walk of each address alone says. */
function expectations(world: World, { access, el, ipas }: Batch, observer: BatchObserver): Expectations {
  const { machine, at } = world;
  const expected: Expectations = { plain: [], withAttributes: [] };
  for (const ipa of ipas) {
    ask(world, { stages: 'second', address: ipa, access, el, flags: 0, type: NORMAL_WB, sh: 0 });
    const problem = recordProblem(world, true);
    if (problem !== undefined) return { ...expected, wrong: { problem, ipa } };
    const fsc = machine.view.i32(at.out + W.TRANSLATION_FSC);
    observer.answered();
    const plain = fsc >= 0 ? FAULT | BigInt(fsc) : asResult(machine.view.u64(at.out + W.TRANSLATION_PA));
    expected.plain.push(plain);
    expected.withAttributes.push(plain >= FAULT ? plain : plain | attributesOf(world));
  }
  return expected;
}

/** Without stage 2 an address that no result can hold is an address size fault at level 0. */
function asResult(pa: bigint): bigint {
  return pa >> BigInt(W.RESULT_MEMATTR_LSB) === 0n ? pa : FAULT;
}

/** MemAttr, S2AP, SH and XN of the leaf in the record, as a batch gives them. */
function attributesOf({ machine: { view }, at }: World): bigint {
  if (view.u32(at.out + W.TRANSLATION_STAGE2_OFF) === 1) return 0n;
  const desc = view.u64(at.out + W.TRANSLATION_DESC);
  const lpa2 = view.u32(at.regime + W.REGIME_LAYOUT) === W.AddressLayout.LPA2;
  const sh = lpa2 ? (view.u64(at.regime + W.REGIME_VTCR) >> 12n) & 3n : (desc >> 8n) & 3n;
  return (
    (((desc >> 2n) & 0xfn) << BigInt(W.RESULT_MEMATTR_LSB)) |
    (((desc >> 6n) & 3n) << BigInt(W.RESULT_S2AP_LSB)) |
    (sh << BigInt(W.RESULT_SH_LSB)) |
    (((desc >> 53n) & 3n) << BigInt(W.RESULT_XN_LSB))
  );
}

interface Results {
  wrong?: BatchProblem;
  results: BigUint64Array;
}

/** One batch; nothing behind its results may change, nor what it was given. */
function translateMany(world: World, { access, el, ipas }: Batch, attributes: boolean): Results {
  const { machine, at, u64 } = world;
  const n = ipas.length;
  const [from, to] = [world.word(at.ipas), world.word(at.results)];
  u64.set(ipas, from);
  u64.fill(UNTOUCHED, to, to + n + 1);
  machine.core.translateMany(at.regime, at.ipas, n, access, el, at.results, Number(attributes));
  const results = u64.slice(to, to + n);
  if (u64[to + n] !== UNTOUCHED) return { results, wrong: { problem: 'a batch wrote behind its results' } };
  const kept = ipas.every((ipa, i) => u64[from + i] === ipa);
  return kept ? { results } : { results, wrong: { problem: 'a batch wrote to what it was given' } };
}

function difference(
  what: string,
  { ipas }: Batch,
  found: BigUint64Array,
  expected: readonly bigint[],
): BatchProblem | undefined {
  const i = expected.findIndex((value, index) => found[index] !== value);
  if (i < 0) return undefined;
  const [is, was] = [found[i]?.toString(16), expected[i]?.toString(16)];
  return { problem: `${what}: ${is}, alone ${was}`, ipa: ipas[i] as bigint };
}

function rawProblem(
  world: World,
  { access, el, ipas }: Batch,
  expected: readonly bigint[],
  observer: BatchObserver,
): BatchProblem | undefined {
  const { machine, at } = world;
  const { core, view } = machine;
  // A kernel leaves the record alone that the full walks of batches use.
  const scratch = machine.header(HEADER_SCRATCH) + W.TRANSLATION_FSC;
  for (const [i, ipa] of ipas.slice(0, RAW_MOST).entries()) {
    view.setU32(scratch, NO_CODE);
    const raw = BigInt.asUintN(64, core.translateRaw(at.regime, ipa, access, el));
    if (raw !== expected[i])
      return { problem: `raw: ${raw.toString(16)}, alone ${expected[i]?.toString(16)}`, ipa };
    observer.raw(view.u32(scratch) === NO_CODE);
  }
  return undefined;
}
