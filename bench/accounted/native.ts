import type { Geometry } from '../../src/uarch/geometry.js';
import { loadAddon } from '../walk/native.js';
import type { Ram } from '../walk/walk.js';

/** What bench/native/accounted.c counts, in its order. */
export const NATIVE_COUNTS = [
  'DTLB_L2',
  'WALK',
  'WALK_READ_L1',
  'WALK_READ_L2',
  'WALK_READ_L3',
  'WALK_READ_DRAM',
] as const;

/** The exports of bench/native/accounted.c. */
export interface NativeAccounted {
  create(geometry: Uint32Array): object;
  run(
    model: object,
    memory: ArrayBuffer,
    regime: BigUint64Array,
    ipas: number,
    n: number,
    results: number,
    counts: BigUint64Array,
  ): void;
  threadCpu(): number;
}

/** Compiles and loads the addon. Throws if there is no C compiler or no node_api.h. */
export function loadNativeAccounted(): NativeAccounted {
  return loadAddon('bench/native/accounted.c', 'build/bench/accounted.node') as NativeAccounted;
}

/** A cold model with the TLBs and data caches of the geometry. */
export function nativeModel(native: NativeAccounted, { dtlb, stlb, l1d, l2, l3 }: Geometry): object {
  const caches = [l1d, l2, l3!].flatMap(({ sets, ways }) => [sets, ways]);
  return native.create(Uint32Array.of(dtlb.entries, stlb.entries / stlb.ways, stlb.ways, ...caches));
}

/** Tables and registers as the addon takes them. */
export function nativeRegime(
  { offset, pa, bytes, root, ipaBits, oaBits }: Ram,
  vmid: number,
): BigUint64Array {
  return BigUint64Array.of(BigInt(offset), pa, bytes, root, BigInt(ipaBits), BigInt(oaBits), BigInt(vmid));
}
