import type { Distribution } from './distribution.js';

/** A share of a cpu, and how many faults a second spend it on the addition. */
export interface RateLimit {
  /** Percent of one cpu. */
  percent: number;
  /** Faults a second; null where nothing is added. */
  faultsPerSecond: number | null;
}

/** From where on an addition matters, on average and at the end of its range that makes it matter sooner. */
export interface BreakEven {
  /** Percent of a fault from which on an addition matters. */
  percentOfFault: number;
  /** The mean addition is more than that of a fault of fewer cycles than this; null where nothing is added. */
  faultBelow: number | null;
  /** The same for the 95 % quantile of the addition. */
  faultBelowP95: number | null;
  /** Clock the rates are for, in GHz. */
  clockGhz: number;
  /** For the mean addition. */
  rates: RateLimit[];
  /** For the 95 % quantile of the addition. */
  ratesP95: RateLimit[];
}

/** An addition matters from 1 % of a fault on. */
const PERCENT_OF_FAULT = 1;
const PERCENT_OF_CPU = [0.1, 1];

export function breakEven(added: Distribution, clockGhz: number): BreakEven {
  return {
    percentOfFault: PERCENT_OF_FAULT,
    faultBelow: faultBelow(added.mean),
    faultBelowP95: faultBelow(added.p95),
    clockGhz,
    rates: ratesOf(added.mean, clockGhz),
    ratesP95: ratesOf(added.p95, clockGhz),
  };
}

function faultBelow(cycles: number): number | null {
  return cycles > 0 ? (cycles * 100) / PERCENT_OF_FAULT : null;
}

function ratesOf(cycles: number, clockGhz: number): RateLimit[] {
  return PERCENT_OF_CPU.map((percent) => ({
    percent,
    faultsPerSecond: cycles > 0 ? (clockGhz * 1e9 * percent) / 100 / cycles : null,
  }));
}
