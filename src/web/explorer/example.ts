// The tables that the page opens with: small enough to read whole, and one of everything a walk can meet.
import { BASE_CPU } from '../../arm/cpu.js';
import { AF, PAGE_S2, PAGE_S2_DEVICE, S2AP_WRITE } from '../../kvm/attributes.js';
import { vtcr } from '../../kvm/geometry.js';
import type { WalkRegisters } from '../../walk/index.js';

/** A table as a machine's memory holds it. */
interface ExampleTable {
  pa: bigint;
  nEntries: number;
  entries: ReadonlyMap<number, bigint>;
}

const TABLE = 3n;
/** A block is a page without bit 1. */
const BLOCK = ~2n;
const RW = PAGE_S2 | S2AP_WRITE;
const RO = PAGE_S2;
const XN = 2n << 53n;
const CONTIGUOUS = 1n << 52n;

/** Stage 1 of the guest: normal memory of EL1, readable and writable, AF set, inner shareable. */
const GUEST_PAGE = 0x703n;
const GUEST_BLOCK = 0x701n;

const ROOT = 0x8000_0000n;
const DEVICES = 0x8000_2000n;
const GIC = 0x8000_3000n;
const RAM = 0x8000_4000n;
const PAGES = 0x8000_5000n;
/** Where the guest's memory lies: IPA 0x4000_0000 is here. */
const MEMORY = 0x9000_0000n;
const GUEST = 0x4000_0000n;

const table = (pa: bigint, entries: [number, bigint][], nEntries = 512): ExampleTable => ({
  pa,
  nEntries,
  entries: new Map(entries),
});

const contiguous = Array.from({ length: 16 }, (_, i): [number, bigint] => [
  16 + i,
  (MEMORY + 0x10000n + (BigInt(i) << 12n)) | RW | CONTIGUOUS,
]);

/** Stage 2 of the VM, then the guest's own tables, which lie in its memory. */
export const EXAMPLE_TABLES: readonly ExampleTable[] = [
  table(
    ROOT,
    [
      [0, DEVICES | TABLE],
      [1, RAM | TABLE],
      [2, 0x1_0000_0000n | (RO & BLOCK)],
    ],
    1024,
  ),
  table(DEVICES, [[64, GIC | TABLE]]),
  table(GIC, [[0, 0x0800_0000n | PAGE_S2_DEVICE | S2AP_WRITE]]),
  table(RAM, [
    [0, PAGES | TABLE],
    [1, (MEMORY + 0x20_0000n) | (RW & BLOCK)],
    [2, (MEMORY + 0x40_0000n) | (RO & BLOCK)],
  ]),
  table(PAGES, [
    [0, MEMORY | RW],
    [1, (MEMORY + 0x1000n) | RW],
    [2, (MEMORY + 0x2000n) | RW],
    [3, (MEMORY + 0x3000n) | RO],
    [4, ((MEMORY + 0x4000n) | RW) & ~AF],
    [6, (MEMORY + 0x6000n) | RW | XN],
    ...contiguous,
  ]),
  table(MEMORY, [[0, (GUEST + 0x1000n) | TABLE]]),
  table(MEMORY + 0x1000n, [
    [2, (GUEST + 0x2000n) | TABLE],
    [3, (GUEST + 0x20_0000n) | GUEST_BLOCK],
  ]),
  table(MEMORY + 0x2000n, [
    [0, (GUEST + 0x20_3000n) | GUEST_PAGE],
    [1, (GUEST + 0x3000n) | GUEST_PAGE],
    [2, (GUEST + 0x4000n) | GUEST_PAGE],
    [3, (GUEST + 0x5000n) | GUEST_PAGE],
  ]),
];

/** HCR_EL2.VM and RW. */
const HCR = 1n | (1n << 31n);
/** SCTLR_EL1: M, C and I. */
const SCTLR = 0x1005n;
/** TCR_EL1: a 39-bit VA in 4K pages, write-back tables, no upper half, 40-bit IPAs. */
const TCR = 25n | (1n << 8n) | (1n << 10n) | (3n << 12n) | (1n << 23n) | (2n << 32n);

/** The registers of the example: VTCR_EL2 as KVM writes it for 40 bits of IPA. */
export const EXAMPLE_REGISTERS: Required<WalkRegisters> = {
  vtcr: vtcr({ granuleShift: 12, ipaBits: 40 }, BASE_CPU.paMax),
  vttbr: ROOT | (1n << 48n),
  hcr: HCR,
  sctlrEl2: 0n,
  sctlrEl1: SCTLR,
  tcrEl1: TCR,
  ttbr0El1: GUEST,
  ttbr1El1: 0n,
  mairEl1: 0xffn,
};

/** An access worth a look. */
export interface ExampleAccess {
  text: string;
  mode: 'ipa' | 'va';
  address: bigint;
  access: 'read' | 'write' | 'execute';
}

export const EXAMPLE_ACCESSES: readonly ExampleAccess[] = [
  { text: 'a page', mode: 'ipa', address: GUEST + 0x2abcn, access: 'read' },
  { text: 'a 2 MiB block', mode: 'ipa', address: GUEST + 0x20_1234n, access: 'write' },
  { text: 'a 1 GiB block', mode: 'ipa', address: 0x8012_3456n, access: 'read' },
  { text: 'write to a read-only page', mode: 'ipa', address: GUEST + 0x3010n, access: 'write' },
  { text: 'access flag clear', mode: 'ipa', address: GUEST + 0x4000n, access: 'read' },
  { text: 'no entry', mode: 'ipa', address: GUEST + 0x5000n, access: 'read' },
  { text: 'fetch from execute-never', mode: 'ipa', address: GUEST + 0x6000n, access: 'execute' },
  { text: 'a device', mode: 'ipa', address: 0x0800_0004n, access: 'write' },
  { text: 'beyond the IPA space', mode: 'ipa', address: 1n << 40n, access: 'read' },
  { text: 'a VA through both stages', mode: 'va', address: 0x40_0123n, access: 'read' },
  { text: 'a VA that stage 2 stops', mode: 'va', address: 0x40_1000n, access: 'write' },
];
