// What one translation works on: the machine's description, its memory, and the descriptors it has rewritten.
import { byteSwap } from './bits.js';
import type { Choices, CpuFeatures, Memory, Registers, Update } from './types.js';

export interface Environment {
  features: CpuFeatures;
  choices: Choices;
  registers: Required<Registers>;
  memory: Memory;
  updates: Update[];
}

export function createEnvironment(
  features: CpuFeatures,
  choices: Choices,
  registers: Registers,
  memory: Memory,
): Environment {
  const absent = { sctlrEl2: 0n, sctlrEl1: 0n, tcrEl1: 0n, ttbr0El1: 0n, ttbr1El1: 0n, mairEl1: 0n };
  return { features, choices, registers: { ...absent, ...registers }, memory, updates: [] };
}

/** The descriptor at a physical address, or undefined where the read is aborted. */
export function readDescriptor(env: Environment, pa: bigint, bigEndian: boolean): bigint | undefined {
  const word = env.memory.read(pa);
  return word !== undefined && bigEndian ? byteSwap(word) : word;
}

/**
 * Compare-and-swap of a whole descriptor: the walk that computed the new value from the old one must start over where
 * the memory no longer holds the old one.
 */
export function swapDescriptor(
  env: Environment,
  pa: bigint,
  change: { old: bigint; new: bigint },
  bigEndian: boolean,
): 'swapped' | 'mismatch' | 'aborted' {
  const current = readDescriptor(env, pa, bigEndian);
  if (current === undefined) return 'aborted';
  if (current !== change.old) return 'mismatch';
  const stored = (value: bigint) => (bigEndian ? byteSwap(value) : value);
  env.memory.write(pa, stored(change.new));
  env.updates.push({ pa, old: stored(change.old), new: stored(change.new) });
  return 'swapped';
}
