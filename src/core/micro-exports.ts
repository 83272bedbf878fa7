import type { BranchKind } from '../abi/uarch.js';

/**
 * What the accounted core exports beside CoreExports: the micro-architectural model (assembly/uarch/exports.ts). Cores
 * and caches are byte offsets from memoryBase.
 */
export interface MicroExports {
  microInit(): void;
  microCacheInit(cache: number, sets: number, ways: number, lineBytes: number): void;
  microBtbInit(offset: number, level: number, sets: number, ways: number, last: boolean): void;
  microReset(core: number): void;
  microLoad(core: number, pa: bigint): void;
  microStore(core: number, pa: bigint): void;
  microFetch(core: number, pa: bigint): void;
  microWalkRead(core: number, pa: bigint): void;
  microCleanLine(core: number, pa: bigint): void;
  microStealLine(core: number, pa: bigint): void;
  microBranch(core: number, kind: BranchKind, pc: bigint, taken: boolean, target: bigint): void;
  microPredictorForget(core: number, parts: number): void;
  microGuest(
    core: number,
    dataLines: number,
    codeLines: number,
    branches: number,
    dataBytes: number,
    codeBytes: number,
  ): void;
  microRunPaths(core: number, run: number): void;
  microTracePath(core: number, run: number): void;
  microTlbInit(tlb: number, sets: number, ways: number): void;
  microTlbi(core: number, kind: number, vmid: number, address: bigint): void;
  microTlbiVa(core: number, kind: number, vmid: number, va: bigint): void;
  microVmid(regime: number): number;
  microAccess(
    core: number,
    regime: number,
    address: bigint,
    access: number,
    el: number,
    flags: number,
    out: number,
  ): number;
  microAccessMany(
    core: number,
    regime: number,
    addresses: number,
    n: number,
    access: number,
    el: number,
    flags: number,
    results: number,
  ): void;
  microHostTranslate(core: number, va: bigint, fetch: boolean): void;
}
