import { HCR_VM_LSB } from '../../src/abi/arm.js';
import { MicroEvent } from '../../src/abi/uarch.js';
import { AccessType } from '../../src/abi/walk.js';
import { type Geometry as TableShape, vtcr, vttbr } from '../../src/kvm/geometry.js';
import type { Geometry } from '../../src/uarch/geometry.js';
import { Microarch, microBytes } from '../../src/uarch/microarch.js';
import { SERVER_CORE } from '../server-core.js';
import { decodeRegime } from '../walk/core.js';
import { contiguousSpace, RAM_PA } from '../walk/space.js';
import { StreamStore } from '../walk/store.js';
import { mapPages, mapSpread, OA_BITS } from '../walk/streams.js';
import { Tables } from '../walk/tables.js';
import type { Walk } from '../walk/walk.js';
import { NATIVE_COUNTS, type NativeAccounted, nativeModel, nativeRegime } from './native.js';

/** Nothing branches. */
const GEOMETRY: Geometry = {
  ...SERVER_CORE,
  btb: {},
  direction: { indexBits: 4, historyBits: 0 },
  returnStack: 0,
};

const SHAPE: TableShape = { granuleShift: 12, ipaBits: 40 };
const VMID = 1;
const STREAM_BYTES = 64 << 20;

/** One side of the comparison: a model of its own over the tables both share. */
export interface Side {
  walk: Walk;
  /** Counts since it was made, in the order of NATIVE_COUNTS. */
  counts: () => bigint[];
}

export interface AccountedBed {
  store: StreamStore;
  /** Cold models, made anew for each use. */
  core: () => Side;
  native: () => Side;
}

/** Stage-2 tables of 4K pages in one bank, which every side walks. */
export function createBed(native: NativeAccounted): AccountedBed {
  // Each stream has its models: four of them.
  const space = contiguousSpace(STREAM_BYTES + 16 * microBytes(GEOMETRY), true);
  const { machine } = space;
  const tables = new Tables(space, SHAPE);
  mapPages(tables);
  mapSpread(tables);
  const registers = {
    vtcr: vtcr(SHAPE, OA_BITS),
    vttbr: vttbr(tables.root, VMID),
    hcr: 1n << BigInt(HCR_VM_LSB),
  };
  const regime = decodeRegime(machine, registers);
  const ram = {
    buffer: machine.view.memory.buffer,
    offset: machine.view.base + machine.ramOffset(RAM_PA)!,
    pa: RAM_PA,
    bytes: space.ramBytes,
    root: tables.root,
    ipaBits: SHAPE.ipaBits,
    oaBits: OA_BITS,
  };
  const { base } = machine.view;
  const core = (): Side => {
    const micro = new Microarch(machine, GEOMETRY);
    const walk: Walk = (ipas, n, results) =>
      machine.micro.microAccessMany(
        micro.offset,
        regime,
        ipas - base,
        n,
        AccessType.READ,
        1,
        0,
        results - base,
      );
    const counts = () => {
      const all = micro.counts();
      return NATIVE_COUNTS.map((name) => all[MicroEvent[name]]!);
    };
    return { walk, counts };
  };
  const outside = (): Side => {
    const model = nativeModel(native, GEOMETRY);
    const words = nativeRegime(ram, VMID);
    const counts = new BigUint64Array(NATIVE_COUNTS.length);
    const walk: Walk = (ipas, n, results) => native.run(model, ram.buffer, words, ipas, n, results, counts);
    return { walk, counts: () => [...counts] };
  };
  return { store: new StreamStore(machine), core, native: outside };
}
