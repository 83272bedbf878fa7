/** The exports of the wasm core (assembly/index.ts). u64 results are signed here: wrap them with BigInt.asUintN. */
export interface CoreExports {
  abiVersion(): number;
  init(memoryBase: number): void;
  banksChanged(): void;
  regimeDecode(regime: number): void;
  translateIpa(
    regime: number,
    ipa: bigint,
    access: number,
    el: number,
    flags: number,
    type: number,
    sh: number,
    out: number,
  ): void;
  translateAddress(regime: number, va: bigint, access: number, el: number, flags: number, out: number): void;
  translateMany(
    regime: number,
    ipas: number,
    n: number,
    access: number,
    el: number,
    results: number,
    attributes: number,
  ): void;
  translateRaw(regime: number, ipa: bigint, access: number, el: number): bigint;
  faultMany(requests: number, n: number, results: number): void;
  mmioReturn(vcpu: number, value: bigint): void;
  mmioAbort(vcpu: number): void;
  tableAlloc(): bigint;
  tableFree(pa: bigint): void;
  tableRefs(pa: bigint): number;
  cacheTopup(cache: number, min: number): number;
  cacheFree(cache: number): void;
  stage2Map(vm: number, ipa: bigint, size: bigint, visitor: number): number;
  stage2Dissolve(vm: number, ipa: bigint, size: bigint, visitor: number): number;
  stage2SetPte(
    vm: number,
    cache: number,
    ipa: bigint,
    pa: bigint,
    attributes: bigint,
    iomap: number,
    logging: number,
  ): number;
  stage2Unmap(vm: number, ipa: bigint, size: bigint): number;
  stage2Attributes(vm: number, ipa: bigint, size: bigint, visitor: number): number;
  stage2Flush(vm: number, ipa: bigint, size: bigint): number;
  stage2Census(vm: number, ipa: bigint, size: bigint, census: number): number;
  stage2Dump(vm: number, ipa: bigint, size: bigint, visitor: number): number;
  leafRun(pa: bigint, first: bigint, step: bigint, n: number): number;
  tlbFlushAll(vm: number): void;
  idmapAsPosted(vm: number, cache: number, start: bigint, end: bigint, byKind: number): number;
  idmapPrepare(vm: number, visitor: number): number;
  idmapCommit(vm: number, visitor: number): number;
  reserveRelease(reserve: number): void;
  notifierUnmap(vm: number, start: bigint, end: bigint): void;
  notifierStart(vm: number, start: bigint, end: bigint): void;
  notifierEnd(vm: number): void;
  notifierPage(vm: number, hva: bigint): void;
  notifierChangePte(vm: number, hva: bigint, pa: bigint): void;
  notifierAge(vm: number, start: bigint, end: bigint, visitor: number): void;
}
