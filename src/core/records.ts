// The records of a new machine: banks and regions, the pool of table pages, and the header that points to them.
import * as L from '../abi/layout.js';
import { chunkShift, PATH_SLOTS } from './placement.js';
import { type MachinePlan, PATH_BYTES } from './plan.js';
import type { View } from './view.js';

const BANK_KIND = { ram: L.BankKind.RAM, unbacked: L.BankKind.UNBACKED, device: L.BankKind.DEVICE } as const;
/** The allocator never refuses. */
export const UNLIMITED = 0xffffffff;

/** Writes the records of a machine of this plan. */
export function writeRecords(view: View, plan: MachinePlan): void {
  writeBanks(view, plan);
  writePool(view, plan);
  writeHeader(view, plan);
}

function setHeader(view: View, field: number, value: number): void {
  view.setU32(L.HEADER_OFFSET + field, value);
}

function writeBanks(view: View, { banks, parts: { regions }, at: places }: MachinePlan): void {
  let records = 0;
  for (const [i, bank] of banks.entries()) {
    const offset = places.ram[i] ?? 0;
    const previous = banks[i - 1];
    const joins =
      previous !== undefined &&
      bank.kind === 'ram' &&
      previous.kind === 'ram' &&
      previous.pa + previous.size === bank.pa;
    // Neighbouring RAM banks lie side by side in linear memory too: one record, found at one go.
    if (!joins) records++;
    const at = places.banks + (records - 1) * L.BANK_SIZEOF;
    view.setU64(at + L.BANK_END, bank.pa + bank.size);
    if (joins) continue;
    view.setU64(at + L.BANK_PA, bank.pa);
    view.setU32(at + L.BANK_OFFSET, offset);
    view.setU32(at + L.BANK_KIND, BANK_KIND[bank.kind]);
  }
  setHeader(view, L.HEADER_BANK_COUNT, records);
  for (const [i, region] of regions.entries()) {
    const at = places.regions + i * L.BANK_SIZEOF;
    view.setU64(at + L.BANK_PA, region.pa);
    view.setU64(at + L.BANK_END, region.pa + region.size);
    view.setU32(at + L.BANK_KIND, L.BankKind.UNBACKED);
    view.setU32(at + L.BANK_MEM_MAP, places.memMaps[i] ?? 0);
    view.setU32(places.regionList + i * 4, at);
  }
}

function writePool(view: View, { parts: { tablePool: pool }, banks, at }: MachinePlan): void {
  const bank = banks.findIndex((b) => b.pa === pool.pa);
  setHeader(view, L.HEADER_POOL_OFFSET, at.ram[bank] ?? 0);
  view.setU64(L.HEADER_OFFSET + L.HEADER_POOL_PA, pool.pa);
  setHeader(view, L.HEADER_POOL_SHIFT, pool.pageShift);
  setHeader(view, L.HEADER_POOL_PAGES, pool.pages);
  setHeader(view, L.HEADER_POOL_FREE, pool.pages);
  setHeader(view, L.HEADER_POOL_STACK, at.stack);
  setHeader(view, L.HEADER_POOL_REFS, at.refs);
  setHeader(view, L.HEADER_POOL_BUDGET, UNLIMITED);
  // Popped from the end: the lowest page goes out first.
  for (let i = 0; i < pool.pages; i++) view.setU32(at.stack + i * 4, pool.pages - 1 - i);
}

function writeHeader(view: View, { parts, banks, at }: MachinePlan): void {
  const { regions, accounted, hostPages } = parts;
  setHeader(view, L.HEADER_BANKS, at.banks);
  setHeader(view, L.HEADER_MEMBLOCK, at.regionList);
  setHeader(view, L.HEADER_MEMBLOCK_COUNT, regions.length);
  setHeader(view, L.HEADER_SCRATCH, at.scratch);
  setHeader(view, L.HEADER_CHUNKS, at.chunks);
  setHeader(view, L.HEADER_CHUNK_SHIFT, chunkShift(banks));
  setHeader(view, L.HEADER_PATH_TABLE, at.pathTable);
  setHeader(view, L.HEADER_PATH_TABLE_MASK, PATH_SLOTS - 1);
  setHeader(view, L.HEADER_PATH_ARENA, at.pathArena);
  setHeader(view, L.HEADER_PATH_ARENA_END, at.pathArena + (accounted ? PATH_BYTES : 0));
  if (hostPages === undefined) return;
  view.setU64(L.HEADER_OFFSET + L.HEADER_HOST_NEXT, hostPages.pa);
  view.setU64(L.HEADER_OFFSET + L.HEADER_HOST_END, hostPages.pa + hostPages.size);
}
