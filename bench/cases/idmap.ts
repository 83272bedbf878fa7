import * as L from '../../src/abi/layout.js';
import { createHost, rootBytes, V4_13_GEOMETRY, Vm } from '../../src/kvm/index.js';
import type { BenchCase } from './case.js';

export const IDMAP_BYTES = 1n << 30n;
const START = 1n << 32n;

/** internal_vm_prep_mem as posted over 1 GiB; the tables are dropped by emptying the root and the pool. */
export function idmapCase(): BenchCase {
  const machine = createHost({
    ramBytes: 1n << 30n,
    pageState: false,
    tablePages: 1024,
    arenaBytes: 1 << 20,
  });
  const vm = new Vm(machine);
  const cache = machine.arena.allocate(L.CACHE_SIZEOF);
  const root = machine.ramOffset(vm.tables.pgd) as number;
  return {
    name: 'idmap as posted, page by page, 1 GiB',
    unit: 'pages/s',
    operations: Number(IDMAP_BYTES >> 12n),
    run: () => {
      machine.view.fill(root, rootBytes(V4_13_GEOMETRY));
      machine.view.setU32(L.HEADER_OFFSET + L.HEADER_POOL_FREE, machine.tablePages);
      machine.core.idmapAsPosted(vm.offset, cache, START, START + IDMAP_BYTES, 0);
    },
  };
}
