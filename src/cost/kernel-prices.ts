import { type Constant, originOf, times } from './constant.js';
import type { KernelTable } from './kernel.js';
import type { Price, PriceTable } from './price-list.js';

/** Parts of kernels that are counted in instructions: the events `insn:PART`. */
export const KERNEL_PARTS = [
  'el2',
  'run_loop',
  'handler',
  'gup',
  'pgtable',
  'alloc',
  'cache',
  'device',
  'other',
  'vmm',
] as const;

/** What prices of kernels depend on besides the core's table. */
export interface KernelMachine {
  /** Which stall factor of {@link KernelTable.stall} holds. */
  inOrder: boolean;
  /** GHz: makes cycles of prices in nanoseconds. */
  clockGhz: number;
}

/**
 * `table`, made for parts {@link KERNEL_PARTS}, as the code of a kernel sees it: the static model's cycles per
 * instruction times what kernel code stalls, and the events that only kernels have.
 */
export function kernelPrices(
  table: PriceTable,
  { stall, vmmSpread, prices }: KernelTable,
  { inOrder, clockGhz }: KernelMachine,
): PriceTable {
  const factor = inOrder ? stall.inOrder : stall.outOfOrder;
  const all = new Map<string, Price>(table.prices);
  for (const part of KERNEL_PARTS) {
    const event = `insn:${part}`;
    const price = all.get(event);
    if (price === undefined) continue;
    const stalled = centred(price, factor);
    all.set(event, part === 'vmm' ? times(stalled, vmmSpread) : stalled);
  }
  for (const [event, price] of prices) all.set(event, inCycles(price, clockGhz));
  return { ...table, prices: all };
}

/**
 * A static price times a stall factor. The range is that of the factor: the range of the static model is that of
 * single short paths, and a whole exit averages over many.
 */
function centred(price: Price, factor: Constant): Price {
  const { v, unit } = price;
  return { v: v * factor.v, lo: v * factor.lo, hi: v * factor.hi, unit, ...originOf([price, factor]) };
}

/** Nanoseconds at a clock, as cycles. */
function inCycles(price: Price, clockGhz: number): Price {
  const { v, lo, hi } = price;
  return { ...price, v: v * clockGhz, lo: lo * clockGhz, hi: hi * clockGhz, unit: 'cycles' };
}
