import { ALLOC_NEVER_REFUSES } from '../../abi/event.js';
import * as L from '../../abi/layout.js';
import { Machine } from '../../core/machine.js';
import type { BankSpec } from '../../core/physmap.js';
import type { DeviceState, HostState, MachineState, MemoryState } from '../machine-state.js';
import { isBlock, outputAddress } from './tables.js';

const PAGE = 4096n;
/** Enough for a full cache and one more fill. */
const TABLE_PAGES = 96;
const ROOT_BYTES = 8192;
const ARENA_BYTES = 256 << 10;

/** The machine of a state in `memory`, its memory still as it is made. Whoever uses the memory again destroys it. */
export function createMachine(state: MachineState, memory: WebAssembly.Memory): Machine {
  return new Machine({
    banks: banksOf(state),
    regions: state.memory.regions,
    tablePool: { pa: 1n << 40n, pages: TABLE_PAGES },
    roots: { pa: 1n << 41n, size: ROOT_BYTES },
    arenaBytes: ARENA_BYTES,
    accounted: true,
    memory,
  });
}

/** Writes struct pages, device bus and host configuration of a state. */
export function writeMachine(machine: Machine, state: MachineState): void {
  writePages(machine, state.memory);
  writeBus(machine, state.bus);
  writeHost(machine, state.host);
}

/** Bytes where a block may be taken for a table, and device pages, which have a struct page too. */
function banksOf({ tables, memory }: MachineState): BankSpec[] {
  const banks = new Map<bigint, BankSpec>();
  for (const pa of memory.pages.keys()) {
    if (!isMemory(memory, pa)) banks.set(pa, { pa, size: PAGE, kind: 'device' });
  }
  const pa = outputAddress(tables.level2);
  if (isBlock(tables.level2)) banks.set(pa, { pa, size: PAGE, kind: 'ram' });
  return [...banks.values()];
}

function isMemory({ regions }: MemoryState, pa: bigint): boolean {
  return regions.some((region) => pa >= region.pa && pa < region.pa + region.size);
}

/** Regions keep the flags of their pages; a page in none has a bank of its own, which keeps its flags. */
function writePages(machine: Machine, memory: MemoryState): void {
  for (const [pa, flags] of memory.pages) {
    if (isMemory(memory, pa)) machine.setPageFlags(pa, flags);
    else writeDevicePage(machine, pa, flags);
  }
}

function writeDevicePage(machine: Machine, pa: bigint, flags: number): void {
  const bank = machine.banks.findIndex((b) => b.pa === pa);
  const map = machine.arena.allocate(2);
  machine.view.setU16(map, flags);
  machine.view.setU32(machine.header(L.HEADER_BANKS) + bank * L.BANK_SIZEOF + L.BANK_MEM_MAP, map);
}

function writeBus(machine: Machine, devices: readonly DeviceState[]): void {
  const at = machine.arena.allocate(Math.max(devices.length, 1) * L.IODEV_SIZEOF);
  for (const [i, device] of devices.entries()) {
    machine.view.setU64(at + i * L.IODEV_SIZEOF + L.IODEV_ADDR, device.addr);
    machine.view.setU64(at + i * L.IODEV_SIZEOF + L.IODEV_LEN, device.len);
    machine.view.setU64(at + i * L.IODEV_SIZEOF + L.IODEV_VALUE, 0n);
  }
  machine.setHeader(L.HEADER_IO_BUS, at);
  machine.setHeader(L.HEADER_IO_BUS_COUNT, devices.length);
}

function writeHost(machine: Machine, host: HostState): void {
  machine.setHeader(L.HEADER_HOST_AT_EL2, Number(host.atEl2));
  machine.setHeader(L.HEADER_ICACHE_POLICY, host.icache);
  machine.setHeader(L.HEADER_CAPS_READY, Number(host.capsReady));
  machine.setHeader(L.HEADER_CACHE_DIC, Number(host.cacheDic));
  machine.setHeader(L.HEADER_CACHE_DIC_BIT, Number(host.cacheDicBit));
  machine.setHeader(L.HEADER_KEY_INTERNAL, Number(host.internalKey));
  machine.setHeader(L.HEADER_SEA_CLAIMED, Number(host.seaClaimed));
}

/** From here on the allocator delivers `budget` table pages. */
export function limitAllocator(machine: Machine, budget: number): void {
  machine.setAllocationBudget(budget >= ALLOC_NEVER_REFUSES ? 'unlimited' : budget);
}
