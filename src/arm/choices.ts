import * as W from '../abi/walk.js';
import { Stage2Error } from '../core/error.js';

/**
 * What the architecture leaves to the implementation (CONSTRAINED UNPREDICTABLE, IMPLEMENTATION DEFINED), as far as a
 * walk shows it; one setting serves both stages. docs/notes/stage2-walk.md names the place of each.
 */
export interface Choices {
  /** TxSZ out of range: a level-0 translation fault, or the nearest legal value (below the least: not with FEAT_LPA). */
  t0sz: 'fault' | 'clamp';
  /** The granule, in KiB, of a TG0 or TG1 that is reserved or not implemented; the smallest if the CPU has not that. */
  granule: 'smallest' | 4 | 16 | 64;
  /** What a reserved half of MemAttr acts as. */
  reservedMemAttr: 'WB' | 'WT' | 'NC';
  /** What SH 0b01 acts as. */
  reservedShareability: 'NSH' | 'ISH' | 'OSH';
  /** The low address bits of a contiguous leaf come from the input, or from the descriptor. */
  contiguousOutput: 'input' | 'descriptor';
  /** A contiguous span larger than the input space. */
  contiguousBeyondInput: 'ignore' | 'fault';
  /** nT set in a block (FEAT_BBM). */
  blockNt: 'ignore' | 'fault';
  /** The access flag under hardware update, when the access takes an alignment or permission fault of its stage. */
  accessFlagOnFault: 'keep' | 'set';
  /** The access flag under hardware update when an AT instruction translates. */
  accessFlagByAt: 'set' | 'keep';
  /** An instruction fetch from device memory. */
  executeFromDevice: 'normal-nc' | 'fault';
  /** Whether DC and IC by VA take access flag faults. */
  cacheOpAccessFlag: 'fault' | 'ignore';
}

/** The defaults are those of Arm's machine-readable specification. */
export const DEFAULT_CHOICES: Choices = {
  t0sz: 'fault',
  granule: 'smallest',
  reservedMemAttr: 'WB',
  reservedShareability: 'NSH',
  contiguousOutput: 'input',
  contiguousBeyondInput: 'ignore',
  blockNt: 'ignore',
  accessFlagOnFault: 'keep',
  accessFlagByAt: 'set',
  executeFromDevice: 'normal-nc',
  cacheOpAccessFlag: 'fault',
};

type Settings = { [K in keyof Choices]: readonly [Choices[K], number][] };

/** The core's bits of each setting. */
const BITS: Settings = {
  t0sz: [
    ['fault', 0],
    ['clamp', W.CHOICE_T0SZ_CLAMP],
  ],
  granule: [
    ['smallest', W.ReservedGranule.SMALLEST << W.CHOICE_GRANULE_LSB],
    [4, W.ReservedGranule.G4K << W.CHOICE_GRANULE_LSB],
    [16, W.ReservedGranule.G16K << W.CHOICE_GRANULE_LSB],
    [64, W.ReservedGranule.G64K << W.CHOICE_GRANULE_LSB],
  ],
  reservedMemAttr: [
    ['WB', W.ReservedMemAttr.WB << W.CHOICE_MEMATTR_LSB],
    ['WT', W.ReservedMemAttr.WT << W.CHOICE_MEMATTR_LSB],
    ['NC', W.ReservedMemAttr.NC << W.CHOICE_MEMATTR_LSB],
  ],
  reservedShareability: [
    ['NSH', W.ReservedShareability.NSH << W.CHOICE_SH_LSB],
    ['ISH', W.ReservedShareability.ISH << W.CHOICE_SH_LSB],
    ['OSH', W.ReservedShareability.OSH << W.CHOICE_SH_LSB],
  ],
  contiguousOutput: [
    ['input', 0],
    ['descriptor', W.CHOICE_CONTIG_FROM_DESCRIPTOR],
  ],
  contiguousBeyondInput: [
    ['ignore', 0],
    ['fault', W.CHOICE_CONTIG_BEYOND_FAULT],
  ],
  blockNt: [
    ['ignore', 0],
    ['fault', W.CHOICE_NT_FAULT],
  ],
  accessFlagOnFault: [
    ['keep', 0],
    ['set', W.CHOICE_AF_SET_ON_FAULT],
  ],
  accessFlagByAt: [
    ['set', 0],
    ['keep', W.CHOICE_AF_KEPT_BY_AT],
  ],
  executeFromDevice: [
    ['normal-nc', 0],
    ['fault', W.CHOICE_FETCH_DEVICE_FAULT],
  ],
  cacheOpAccessFlag: [
    ['fault', 0],
    ['ignore', W.CHOICE_CACHE_OP_IGNORES_AF],
  ],
};

/** The word of settings for the core. Throws EINVAL naming a setting or a value that nobody knows. */
export function choiceBits(choices: Partial<Choices>): number {
  return Object.entries(choices).reduce((bits, [name, value]) => bits | settingBits(name, value), 0);
}

function settingBits(name: string, value: unknown): number {
  const known = Object.hasOwn(BITS, name) ? BITS[name as keyof Choices] : undefined;
  if (known === undefined) {
    const names = Object.keys(BITS).join(', ');
    throw new Stage2Error('EINVAL', `choices: found "${name}", expected one of ${names}`);
  }
  const setting = known.find(([each]) => each === value);
  if (setting === undefined) {
    const values = known.map(([each]) => each).join(', ');
    throw new Stage2Error('EINVAL', `choices.${name}: found ${String(value)}, expected one of ${values}`);
  }
  return setting[1];
}
