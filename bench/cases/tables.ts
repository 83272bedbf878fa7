import { HCR_VM_LSB } from '../../src/abi/arm.js';
import { createHost, V4_13_GEOMETRY, Vm, vtcr, vttbr } from '../../src/kvm/index.js';
import { decodeRegime } from '../walk/core.js';
import type { BenchCase } from './case.js';

const PAGE_S2_RDWR = 0x7ffn;
const PAGES = 65536;
const IPA = 1n << 32n;

function tables(pages: number) {
  const machine = createHost({ ramBytes: 1n << 30n, pageState: false, arenaBytes: 4 << 20 });
  const vm = new Vm(machine);
  const size = BigInt(pages) << 12n;
  return { machine, vm, size };
}

/** The hardware walk, random pages of 256 MiB mapped by pages. */
export function walkCase(): BenchCase {
  const { machine, vm, size } = tables(PAGES);
  vm.tables.map(IPA, size, IPA + (1n << 21n) - 4096n, PAGE_S2_RDWR);
  const { arena, core, view } = machine;
  const registers = {
    vtcr: vtcr(V4_13_GEOMETRY, 48),
    vttbr: vttbr(vm.tables.pgd, 1),
    hcr: 1n << BigInt(HCR_VM_LSB),
  };
  const regime = decodeRegime(machine, registers);
  const ipas = arena.allocate(PAGES * 8);
  const results = arena.allocate(PAGES * 8);
  let seed = 1;
  for (let i = 0; i < PAGES; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    view.setU64(ipas + i * 8, IPA + (BigInt(seed % PAGES) << 12n));
  }
  const run = () => core.translateMany(regime, ipas, PAGES, 0, 1, results, 0);
  return {
    name: 'hardware walks, 3 levels, random pages of 256 MiB',
    unit: 'walks/s',
    operations: PAGES,
    run,
  };
}

/** The map visitor page by page, then the unmap. */
export function installCase(): BenchCase {
  const { vm, size } = tables(PAGES);
  return {
    name: 'page installs by the map visitor (unmap included)',
    unit: 'installs/s',
    operations: PAGES,
    run: () => {
      // Output and input addresses differ by a page, so that no block fits.
      vm.tables.map(IPA, size, IPA + 4096n, PAGE_S2_RDWR);
      vm.tables.unmap(IPA, size);
    },
  };
}
