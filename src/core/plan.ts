import type { MachineOptions } from './machine.js';
import type { BankSpec, KeptRange, RegionSpec } from './physmap.js';
import { checkBanks, checkRange, checkSizes, memoryRegions } from './physmap.js';
import { type Placement, place } from './placement.js';

export const PATH_BYTES = 4 << 20;

/** What a machine is made of, and where each of it lies. */
export interface MachinePlan {
  pool: { pa: bigint; pages: number; pageShift: 12 | 14 | 16 };
  roots: { pa: bigint; size: number };
  /** With the pool and the root tables, by address. */
  banks: readonly BankSpec[];
  regions: readonly RegionSpec[];
  /** What no guest may have. */
  kept: readonly KeptRange[];
  pageState: boolean;
  arenaBytes: number;
  accounted: boolean;
  at: Placement;
}

/** Checks the options and fills in every default. Throws EINVAL naming what cannot be, ENOMEM above 4 GiB. */
export function planOf(options: MachineOptions): MachinePlan {
  const { hostPages, kernelImage, accounted = false, pageState = true, arenaBytes = 4 << 20 } = options;
  const pool = { pa: 1n << 40n, pages: 256, pageShift: 12 as const, ...options.tablePool };
  const roots = { pa: 1n << 41n, size: 1 << 20, ...options.roots };
  checkSizes(pool, roots.size, arenaBytes);
  const poolRange = { pa: pool.pa, size: BigInt(pool.pages) << BigInt(pool.pageShift) };
  const rootRange = { pa: roots.pa, size: BigInt(roots.size) };
  const banks = checkBanks([
    ...(options.banks ?? []),
    { ...poolRange, kind: 'ram' },
    { ...rootRange, kind: 'ram' },
  ]);
  if (kernelImage !== undefined) checkRange('kernel image', kernelImage);
  const regions = options.regions ?? memoryRegions(banks);
  for (const region of regions) checkRange('memory region', region);
  const kept: KeptRange[] = [
    { what: 'table pool', ...poolRange },
    { what: 'root tables', ...rootRange },
    ...(hostPages ? [{ what: 'host pages', ...hostPages } as const] : []),
    ...(kernelImage ? [{ what: 'image', ...kernelImage } as const] : []),
  ];
  const pathBytes = accounted ? PATH_BYTES : 0;
  const at = place({ banks, regions, pageState, poolPages: pool.pages, arenaBytes, pathBytes });
  return { pool, roots, banks, regions, kept, pageState, arenaBytes, accounted, at };
}

/**
 * Bytes of memory, from its `memoryBase` on, that a machine with these options takes: what an embedder sets aside in a
 * memory of its own. Throws as `new Machine` does.
 */
export function machineBytes(options: MachineOptions = {}): number {
  return planOf(options).at.total;
}
