// Programs to record: together they call every export of both cores, with state that goes on from call to call.
import fc from 'fast-check';
import { CACHE_SIZEOF } from '../../src/abi/layout.js';
import { BranchKind } from '../../src/abi/uarch.js';
import { takeCensus, Vm } from '../../src/kvm/index.js';
import { restoreSnapshot, saveSnapshot } from '../../src/snapshot/index.js';
import type { Geometry } from '../../src/uarch/geometry.js';
import { histories, type Setup, World } from '../model/history/world.js';
import { privateSlot } from '../model/internal-lab.js';
import { abort, BLOCK, GUEST, HVA, memoryLab, PAGE } from '../model/lab.js';
import { HANDLERS, Numbers, step as stepObjects, world } from '../snapshot/driver.js';
import { Random } from '../soak/hostile/random.js';
import { runHostile } from '../soak/hostile/run.js';
import { SMALL } from '../uarch/lab.js';
import { GUEST_RUN, MEDIUM, PLACEMENT, runnerOf, someFaults } from '../uarch/path-lab.js';
import * as G from '../uarch/two-stage.js';

export interface Program {
  name: string;
  run: () => void;
}

const WASM_PAGE = 65536;
const DEVICE = 0x900_0000n;

/** What the tests record. */
export const programs = (seed: number): Program[] => [
  { name: 'garbage through every export that walks', run: () => void runHostile({ seed, cases: 1500 }) },
  { name: 'histories of VMs', run: () => runHistory(seed, 50, false) },
  { name: 'histories of VMs, accounted', run: () => runHistory(seed + 1, 30, true) },
  { name: 'exports that histories seldom call', run: runRest },
  { name: 'a snapshot that goes on elsewhere', run: () => runSnapshot(seed) },
  { name: 'faults followed through a build', run: runPaths },
  { name: 'accesses through caches and TLBs', run: () => runAccesses(seed) },
];

/** One history under each way to map internal VMs. */
function runHistory(seed: number, steps: number, accounted: boolean): void {
  const [history] = fc.sample(histories(steps), { numRuns: 1, seed });
  if (history === undefined) throw new Error('no history');
  for (const idmap of ['asPosted', 'blocks'] as const) {
    const setup: Setup = {
      ...history.setup,
      pageShift: 12,
      internal: { idmap, contiguous: idmap === 'blocks', region: 'none' },
    };
    const world = new World(setup, { accounted, watched: false });
    for (const step of history.steps) if (!world.isUsedUp) world.run(step);
    world.end();
  }
}

function runRest(): void {
  for (const accounted of [false, true]) {
    const { machine, vm, cpu } = memoryLab('anonymous', 0, { host: { tablePages: 64, accounted } });
    const { core } = machine;
    abort(cpu, 'write', GUEST);
    vm.changeHva(HVA, 0x4800_0000n);
    vm.invalidatePage(HVA);
    core.notifierUnmap(vm.offset, HVA, HVA + BLOCK);
    const cache = machine.arena.allocate(CACHE_SIZEOF);
    machine.view.fill(cache, CACHE_SIZEOF);
    core.cacheTopup(cache, 2);
    core.stage2SetPte(vm.offset, cache, GUEST + BLOCK, 0x4800_0000n, 0x7ffn, 0, 0);
    takeCensus(vm);
    for (const idmap of ['asPosted', 'upFront'] as const)
      privateSlot(new Vm(machine, { internal: { idmap } }), { memorySize: 24n * PAGE });
    for (const size of [1, 2, 4, 8] as const) {
      for (const signed of [false, true]) abort(cpu, 'read', DEVICE, { isv: { size, register: 3, signed } });
      cpu.completeMmioRead(0x8877_e655_c433_a291n);
    }
    core.mmioAbort(cpu.offset);
    const pages = Array.from({ length: 8 }, () => BigInt.asUintN(64, core.tableAlloc()));
    for (const [i, pa] of pages.entries())
      core.leafRun(pa + BigInt(8 * i), 0x8000_07ffn, 0x1000n, 61 * i + 3);
    for (const pa of [...pages, 0n]) core.tableRefs(pa);
    for (const pa of pages) core.tableFree(pa);
  }
}

/** At another place, and in a core of its own. */
function runSnapshot(seed: number): void {
  const numbers = new Numbers(seed);
  const saved = world(true);
  for (let i = 0; i < 60; i++) stepObjects(saved, numbers);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(saved.machine.bytes / WASM_PAGE) + 1 });
  const options = { memory, memoryBase: WASM_PAGE, onMmio: HANDLERS };
  const restored = restoreSnapshot(saveSnapshot(saved.machine), options);
  for (let i = 0; i < 60; i++) stepObjects(restored, numbers);
}

function runPaths(): void {
  const faults = someFaults();
  for (const [geometry, before] of [
    [SMALL, 'nothing'],
    [SMALL, 'reset'],
    [MEDIUM, GUEST_RUN],
  ] as const) {
    const { runner, programs: loaded } = runnerOf(geometry, faults);
    const input = { records: faults.records, programs: loaded, placement: PLACEMENT, before, steal: 0.25 };
    runner.run({ ...input, rows: loaded.map((_, i) => i % 7), rowCount: 7 });
    runner.trace(input);
  }
}

/** Sets and lines of every kind, powers of two or not. */
const GEOMETRIES: readonly Geometry[] = [
  { ...G.UNIFIED, btb: SMALL.btb, returnStack: 4 },
  { ...SMALL, l2: { sets: 3, ways: 9, lineBytes: 64 }, l3: { sets: 5, ways: 6, lineBytes: 96 } },
  { ...G.SEPARATE, btb: SMALL.btb, direction: { indexBits: 6, historyBits: 4 }, returnStack: 2 },
];
const ROUNDS = 42;
const BATCH = 300;
const KINDS = [BranchKind.COND, BranchKind.JUMP, BranchKind.CALL, BranchKind.RETURN, BranchKind.INDIRECT];
const ACCESSES = ['read', 'write', 'execute', 'atomic'] as const;

function runAccesses(seed: number): void {
  for (const geometry of GEOMETRIES) {
    const random = new Random(seed);
    const stages = G.twoStage(geometry);
    for (let i = 0; i < ROUNDS; i++) (STEPS[i % STEPS.length] as Step)(random, stages);
  }
}

const address = (random: Random): bigint =>
  G.address(random.below(2), random.below(2), random.below(8)) + BigInt(random.below(4096));
const anyFrame = (random: Random): bigint =>
  G.frame(random.below(Number(G.FRAME_COUNT))) + BigInt(random.below(4096));

type Step = (random: Random, stages: G.TwoStage) => void;

/** What is done to a core and its TLBs, in turn. */
const STEPS: readonly Step[] = [
  (random, { mmu }) => {
    for (const access of ACCESSES) {
      mmu.access({ va: address(random), access, line: random.oneIn(2) });
      mmu.access({ ipa: address(random), access, el: 0 });
    }
  },
  (random, { mmu }) => {
    const addresses = BigUint64Array.from({ length: BATCH }, () => address(random));
    for (const regime of ['ipa', 'va'] as const)
      mmu.accessMany(regime, addresses, { access: random.pick(ACCESSES), line: random.oneIn(2) });
  },
  (random, { micro }) => {
    micro.load(anyFrame(random));
    micro.store(anyFrame(random));
    micro.fetch(anyFrame(random));
    micro.walkRead(anyFrame(random));
    micro.cleanLine(anyFrame(random));
    micro.stealLine(anyFrame(random));
    micro.guest(GUEST_RUN);
  },
  (random, { micro }) => {
    for (let i = 0; i < 8; i++)
      micro.branch(random.pick(KINDS), anyFrame(random), random.oneIn(2), anyFrame(random));
    micro.forgetPredictions(random.below(16));
  },
  (random, { mmu, put }) => {
    put(random.pick(G.STAGE2.l3), random.below(8), G.leafOf(G.MEMORY + address(random), G.RW2, 3));
    mmu.tlbi('ipas2e1', address(random));
    mmu.tlbi('vaae1', address(random));
    if (random.oneIn(4)) mmu.tlbi('vmalls12e1');
    for (const fetch of [false, true]) mmu.hostTranslate(0xffff_0000_0000_0000n | address(random), fetch);
  },
  (random, { machine, micro, mmu, translator }) => {
    translator.translate({ va: address(random) });
    for (let i = 0; i < 4; i++)
      machine.core.translateRaw(translator.regimeOffset, address(random), random.below(2), 1);
    translator.translateMany(
      BigUint64Array.from({ length: BATCH }, () => address(random)),
      'read',
      1,
      true,
    );
    if (random.oneIn(8)) micro.reset();
    if (random.oneIn(8)) mmu.tlbi('all');
  },
];
