import { checkArray, checkFlag, checkKeys, checkObject } from './check.js';
import type { MachineOptions, MachineParts } from './options.js';
import type { BankSpec, KeptRange } from './physmap.js';
import { checkBank, checkKept, checkRange, checkSizes, memoryRegions, sortedBanks } from './physmap.js';
import { type Placement, place } from './placement.js';

export const PATH_BYTES = 4 << 20;

/** What a machine is made of, and where each of it lies. */
export interface MachinePlan {
  parts: MachineParts;
  /** With the pool and the root tables, by address. */
  banks: readonly BankSpec[];
  /** What no guest may have. */
  kept: readonly KeptRange[];
  at: Placement;
}

/** Checks the options and fills in every default. Throws EINVAL naming what cannot be, ENOMEM above 4 GiB. */
export function planOf(options: MachineOptions): MachinePlan {
  checkOptions(options);
  const { accounted = false, pageState = true, arenaBytes = 4 << 20 } = options;
  const tablePool = { pa: 1n << 40n, pages: 256, pageShift: 12 as const, ...options.tablePool };
  const roots = { pa: 1n << 41n, size: 1 << 20, ...options.roots };
  checkSizes(tablePool, roots.size, arenaBytes);
  const poolRange = checkRange('tablePool', {
    pa: tablePool.pa,
    size: BigInt(tablePool.pages) << BigInt(tablePool.pageShift),
  });
  const rootRange = checkRange('roots', { pa: roots.pa, size: BigInt(roots.size) });
  const given = (options.banks ?? []).map(checkBank);
  const banks = sortedBanks([...given, { ...poolRange, kind: 'ram' }, { ...rootRange, kind: 'ram' }]);
  const regions =
    options.regions?.map((region, i) => checkRange(`regions[${i}]`, region)) ?? memoryRegions(banks);
  const hostPages = options.hostPages && checkKept('hostPages', options.hostPages, regions);
  const kernelImage = options.kernelImage && checkKept('kernelImage', options.kernelImage, regions);
  const kept: KeptRange[] = [
    { what: 'table pool', ...poolRange },
    { what: 'root tables', ...rootRange },
    ...(hostPages ? [{ what: 'host pages', ...hostPages } as const] : []),
    ...(kernelImage ? [{ what: 'image', ...kernelImage } as const] : []),
  ];
  const pathBytes = accounted ? PATH_BYTES : 0;
  const at = place({ banks, regions, pageState, poolPages: tablePool.pages, arenaBytes, pathBytes });
  const parts = {
    banks: given,
    tablePool,
    roots,
    regions,
    pageState,
    arenaBytes,
    accounted,
    ...(hostPages && { hostPages }),
    ...(kernelImage && { kernelImage }),
  };
  return { parts, banks, kept, at };
}

const KEYS = [
  'banks',
  'tablePool',
  'roots',
  'regions',
  'pageState',
  'hostPages',
  'kernelImage',
  'arenaBytes',
  'accounted',
  'core',
  'memory',
  'memoryBase',
] as const satisfies readonly (keyof MachineOptions)[];

/** Throws EINVAL for an option of another type and for one that there is not. */
function checkOptions(options: MachineOptions): void {
  const { banks, regions, tablePool, roots, accounted, pageState, hostPages, kernelImage } = checkKeys(
    'options',
    options,
    KEYS,
  );
  if (banks !== undefined) checkArray('banks', banks);
  if (regions !== undefined) checkArray('regions', regions);
  if (tablePool !== undefined) checkKeys('tablePool', tablePool, ['pa', 'pages', 'pageShift']);
  if (roots !== undefined) checkKeys('roots', roots, ['pa', 'size']);
  if (hostPages !== undefined) checkObject('hostPages', hostPages);
  if (kernelImage !== undefined) checkObject('kernelImage', kernelImage);
  if (accounted !== undefined) checkFlag('accounted', accounted);
  if (pageState !== undefined) checkFlag('pageState', pageState);
}

/**
 * Bytes of memory, from its `memoryBase` on, that a machine with these options takes: what an embedder sets aside in a
 * memory of its own. Throws as `new Machine` does.
 */
export function machineBytes(options: MachineOptions = {}): number {
  return planOf(options).at.total;
}
