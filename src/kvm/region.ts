import { hex } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import { type BankSpec, type RegionSpec, range } from '../core/physmap.js';

/**
 * What an internal VM may have as its memory. `none`: anything, mapped as normal memory. `refuse`: memory that the
 * kernel does not use. `deviceAttributes`: that and device registers, each mapped as what it is.
 */
export type RegionPolicy = 'none' | 'refuse' | 'deviceAttributes';

/** Part of a region: in one bank, or in a hole between banks. */
interface Part {
  pa: bigint;
  bank: BankSpec | undefined;
}

const isDevice = ({ bank }: Part): boolean => bank?.kind === 'device';

/**
 * Why the policy refuses [pa, pa + size), in words that name the region; undefined if it does not. `granuleShift`: log2
 * of the VM's pages, of which none may be memory and device registers at once.
 */
export function regionRefusal(
  machine: Machine,
  policy: RegionPolicy,
  region: RegionSpec,
  granuleShift: number,
): string | undefined {
  if (policy === 'none') return undefined;
  const parts = partsOf(machine.banks, region);
  return (
    keptReason(machine, region) ??
    holeReason(parts, region) ??
    (policy === 'refuse' ? deviceReason(parts, region) : borderReason(parts, region, granuleShift))
  );
}

/** The banks and holes that the region reaches into, by ascending PA. */
function partsOf(banks: readonly BankSpec[], { pa, size }: RegionSpec): Part[] {
  const end = pa + size;
  const parts: Part[] = [];
  let at = pa;
  for (const bank of banks) {
    if (bank.pa + bank.size <= at) continue;
    if (bank.pa >= end) break;
    if (bank.pa > at) parts.push({ pa: at, bank: undefined });
    parts.push({ pa: bank.pa > at ? bank.pa : at, bank });
    at = bank.pa + bank.size;
  }
  if (at < end) parts.push({ pa: at, bank: undefined });
  return parts;
}

function keptReason({ kept }: Machine, region: RegionSpec): string | undefined {
  const clash = kept.find((k) => region.pa < k.pa + k.size && k.pa < region.pa + region.size);
  return clash && `region ${range(region)} overlaps the kernel's own ${clash.what} ${range(clash)}`;
}

function holeReason(parts: readonly Part[], region: RegionSpec): string | undefined {
  const index = parts.findIndex(({ bank }) => bank === undefined);
  const hole = parts[index];
  if (hole === undefined) return undefined;
  const before = parts[index - 1]?.bank;
  const crossing = before === undefined ? 'is not memory' : `crosses the end of the bank ${range(before)}`;
  return `region ${range(region)} ${crossing}: nothing is at ${hex(hole.pa)}`;
}

function deviceReason(parts: readonly Part[], region: RegionSpec): string | undefined {
  const device = parts.find(isDevice);
  if (device?.bank === undefined) return undefined;
  const mixed = parts.every(isDevice) ? 'is' : 'mixes memory and';
  return `region ${range(region)} ${mixed} device registers: those of ${range(device.bank)}`;
}

/** With pages of more than 4 KiB a border of kinds may lie within one. */
function borderReason(parts: readonly Part[], region: RegionSpec, granuleShift: number): string | undefined {
  const border = parts.find(
    (part, i) =>
      i > 0 && isDevice(part) !== isDevice(parts[i - 1] as Part) && part.pa % (1n << BigInt(granuleShift)),
  );
  return (
    border &&
    `region ${range(region)} mixes memory and device registers in the page of 2^${granuleShift} bytes at ${hex(border.pa)}`
  );
}
