import { IcachePolicy } from '../abi/kvm.js';
import * as L from '../abi/layout.js';
import { checkInteger, checkKeys, checkOneOf, checkU64, refuse } from '../core/check.js';
import { Machine } from '../core/machine.js';
import type { MachineOptions } from '../core/options.js';
import { type BankSpec, checkRange } from '../core/physmap.js';

/** A host machine: RAM from 1 GiB up, device registers below it, its table pages at the top of RAM. */
export interface HostOptions {
  /** Bytes of host RAM. Default 8 GiB; only table pages take real memory. */
  ramBytes?: bigint;
  /** Bytes at the top of RAM that the kernel keeps its hands off, for internal VMs. Default 0. */
  setAsideBytes?: bigint;
  /** Page-table pages. Default 4096 (16 MiB). */
  tablePages?: number;
  /** log2 of the bytes of a table page: that of the VMs' granule. Default 12. */
  pageShift?: 12 | 14 | 16;
  /** Bytes for kernel objects. Default 16 MiB. */
  arenaBytes?: number;
  /** Record events, branch sites and fault signatures. Default false. */
  accounted?: boolean;
  /** Keep struct page flags (2 bytes a page of RAM). Default true; internal VMs alone need none. */
  pageState?: boolean;
}

const RAM_START = 1n << 30n;
const ROOT_BYTES = 4 << 20;
/** Pages below this offset into RAM stand for the kernel image and early allocations. */
const KERNEL_BYTES = 64n << 20n;

const KEYS = [
  'ramBytes',
  'setAsideBytes',
  'tablePages',
  'pageShift',
  'arenaBytes',
  'accounted',
  'pageState',
] as const satisfies readonly (keyof HostOptions)[];

/** Builds the machine of a KVM host. Throws EINVAL for sizes that cannot be laid out. */
export function createHost(options: HostOptions = {}): Machine {
  checkKeys('options', options, KEYS);
  const { ramBytes: ram = 8n << 30n, setAsideBytes: aside = 0n } = options;
  const { tablePages: pages = 4096, pageShift: shift = 12 } = options;
  checkRange('host RAM', { pa: RAM_START, size: checkU64('ramBytes', ram) });
  checkU64('setAsideBytes', aside);
  if (ram <= KERNEL_BYTES + aside)
    refuse('ramBytes', ram, `more than the kernel's ${KERNEL_BYTES} and setAsideBytes ${aside}`);
  checkInteger('tablePages', pages, 1, Number.MAX_SAFE_INTEGER);
  checkOneOf('pageShift', shift, [12, 14, 16]);
  const own = ram - aside;
  const reserved = (BigInt(pages) << BigInt(shift)) + BigInt(ROOT_BYTES);
  // Root tables are aligned to their size, whatever that of the RAM is.
  const rootsPa = (RAM_START + ram + BigInt(ROOT_BYTES - 1)) & ~BigInt(ROOT_BYTES - 1);
  const banks: BankSpec[] = [
    { pa: 0n, size: RAM_START, kind: 'device' },
    { pa: RAM_START, size: ram, kind: 'unbacked' },
  ];
  const machine: MachineOptions = {
    banks,
    roots: { pa: rootsPa, size: ROOT_BYTES },
    tablePool: { pa: rootsPa + BigInt(ROOT_BYTES), pages, pageShift: shift },
    hostPages: { pa: RAM_START + KERNEL_BYTES, size: own - KERNEL_BYTES },
    kernelImage: { pa: RAM_START, size: KERNEL_BYTES },
    regions: [{ pa: RAM_START, size: rootsPa + reserved - RAM_START }],
    pageState: options.pageState ?? true,
    arenaBytes: options.arenaBytes ?? 16 << 20,
    accounted: options.accounted ?? false,
  };
  const host = new Machine(machine);
  host.setHeader(L.HEADER_ICACHE_POLICY, IcachePolicy.PIPT);
  return host;
}
