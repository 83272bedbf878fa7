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
const KINDS = ['ram', 'unbacked', 'device'];

/** Sorts the banks by PA and checks alignment, bounds and overlap. Throws EINVAL naming the bank. */
export function checkBanks(banks: readonly BankSpec[]): BankSpec[] {
  const sorted = [...banks].sort((a, b) => (a.pa < b.pa ? -1 : a.pa > b.pa ? 1 : 0));
  for (const [index, bank] of sorted.entries()) {
    checkRange('bank', bank);
    if (!KINDS.includes(bank.kind)) {
      throw new Stage2Error(
        'EINVAL',
        `bank ${range(bank)}: kind ${bank.kind} is none of ${KINDS.join(', ')}`,
      );
    }
    const previous = sorted[index - 1];
    if (previous !== undefined && previous.pa + previous.size > bank.pa) {
      throw new Stage2Error('EINVAL', `bank ${range(bank)} overlaps bank ${range(previous)}`);
    }
  }
  return sorted;
}

/** Throws EINVAL unless the range is 4 KiB aligned, not empty and below 2^52. */
export function checkRange(what: string, { pa, size }: RegionSpec): void {
  if (pa < 0n || size <= 0n || pa + size > PA_LIMIT || ((pa | size) & 0xfffn) !== 0n) {
    throw new Stage2Error(
      'EINVAL',
      `${what} ${range({ pa, size })}: expected 4 KiB aligned bytes below 2^52`,
    );
  }
}

interface PoolSpec {
  pa: bigint;
  pages: number;
  pageShift: number;
}

/** Throws EINVAL unless the pool is whole pages of a granule, aligned to their size, and the other sizes are sizes. */
export function checkSizes({ pa, pages, pageShift }: PoolSpec, rootBytes: number, arenaBytes: number): void {
  if (![12, 14, 16].includes(pageShift)) {
    throw new Stage2Error('EINVAL', `tablePool.pageShift ${pageShift}: expected 12, 14 or 16`);
  }
  for (const [what, value] of Object.entries({
    'tablePool.pages': pages,
    'roots.size': rootBytes,
    arenaBytes,
  })) {
    if (!Number.isSafeInteger(value) || value <= 0)
      throw new Stage2Error('EINVAL', `${what} ${value}: expected an integer above 0`);
  }
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
