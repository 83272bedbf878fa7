import { checkInteger, checkObject, checkOneOf, checkU64 } from './check.js';
import { hex, Stage2Error } from './error.js';

/** Part of the physical address space. `ram` holds bytes; `unbacked` is memory whose bytes are not kept. */
export interface BankSpec {
  /** First PA, 4 KiB aligned, below 2^52. */
  pa: bigint;
  /** Bytes, a multiple of 4 KiB. */
  size: bigint;
  /** `device` translates, but a walk that reads a descriptor there takes an external abort. */
  kind: 'ram' | 'unbacked' | 'device';
}

/** A memory region as the host kernel's memblock lists it. */
export interface RegionSpec {
  /** First PA, 4 KiB aligned, below 2^52. */
  pa: bigint;
  /** Bytes, a multiple of 4 KiB. */
  size: bigint;
}

/** Memory that the host kernel or its allocators use themselves. */
export interface KeptRange extends RegionSpec {
  /** Who uses it; `image` is the host kernel's own. */
  what: 'table pool' | 'root tables' | 'host pages' | 'image';
}

const PA_LIMIT = 1n << 52n;
const KINDS = ['ram', 'unbacked', 'device'] as const;

/** A copy of `banks[i]`. Throws EINVAL unless it is a range of a known kind. */
export function checkBank(bank: BankSpec, i: number): BankSpec {
  const { pa, size } = checkRange(`banks[${i}]`, bank);
  return { pa, size, kind: checkOneOf(`banks[${i}].kind`, bank.kind, KINDS) };
}

/** The banks by PA. Throws EINVAL naming two that overlap. */
export function sortedBanks(banks: readonly BankSpec[]): BankSpec[] {
  const sorted = [...banks].sort((a, b) => (a.pa < b.pa ? -1 : a.pa > b.pa ? 1 : 0));
  for (const [index, bank] of sorted.entries()) {
    const previous = sorted[index - 1];
    if (previous !== undefined && previous.pa + previous.size > bank.pa) {
      throw new Stage2Error('EINVAL', `bank ${range(bank)} overlaps bank ${range(previous)}`);
    }
  }
  return sorted;
}

/** A copy of a range. Throws EINVAL unless it is 4 KiB aligned, not empty and below 2^52. */
export function checkRange(what: string, given: RegionSpec): RegionSpec {
  const { pa, size } = checkObject(what, given);
  checkU64(`${what}.pa`, pa);
  checkU64(`${what}.size`, size);
  if (size > 0n && pa + size <= PA_LIMIT && ((pa | size) & 0xfffn) === 0n) return { pa, size };
  throw new Stage2Error('EINVAL', `${what} ${range({ pa, size })}: expected 4 KiB aligned bytes below 2^52`);
}

/** As `checkRange`. Throws EINVAL unless it lies in one of the regions: what is in none is no memory to the kernel. */
export function checkKept(what: string, given: RegionSpec, regions: readonly RegionSpec[]): RegionSpec {
  const kept = checkRange(what, given);
  if (regions.some(({ pa, size }) => pa <= kept.pa && kept.pa + kept.size <= pa + size)) return kept;
  throw new Stage2Error('EINVAL', `${what} ${range(kept)}: expected a part of one memory region`);
}

interface PoolSpec {
  pa: bigint;
  pages: number;
  pageShift: number;
}

const PAGE_SHIFTS = [12, 14, 16];

/** Throws EINVAL unless the pool is whole pages of a granule, aligned to their size, and the other sizes are sizes. */
export function checkSizes({ pa, pages, pageShift }: PoolSpec, rootBytes: number, arenaBytes: number): void {
  checkOneOf('tablePool.pageShift', pageShift, PAGE_SHIFTS);
  checkInteger('tablePool.pages', pages, 1, Number.MAX_SAFE_INTEGER);
  checkInteger('roots.size', rootBytes, 1, Number.MAX_SAFE_INTEGER);
  checkInteger('arenaBytes', arenaBytes, 1, Number.MAX_SAFE_INTEGER);
  checkU64('tablePool.pa', pa);
  if ((pa & ((1n << BigInt(pageShift)) - 1n)) !== 0n) {
    throw new Stage2Error('EINVAL', `tablePool.pa ${hex(pa)}: expected a multiple of 2^${pageShift}`);
  }
}

/** Memory regions of a bank list: neighbouring memory banks joined, as memblock joins them. */
export function memoryRegions(banks: readonly BankSpec[]): RegionSpec[] {
  const regions: RegionSpec[] = [];
  for (const bank of banks) {
    if (bank.kind === 'device') continue;
    const last = regions.at(-1);
    if (last !== undefined && last.pa + last.size === bank.pa) last.size += bank.size;
    else regions.push({ pa: bank.pa, size: bank.size });
  }
  return regions;
}

/** A range as messages name it: [first, end). */
export function range({ pa, size }: RegionSpec): string {
  return `[${hex(pa)}, ${hex(pa + size)})`;
}
