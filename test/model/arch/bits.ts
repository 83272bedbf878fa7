// Bits of registers and descriptors.

export function bit(value: bigint, n: number): boolean {
  return ((value >> BigInt(n)) & 1n) === 1n;
}

/** Field [high:low], as the Arm ARM writes it. */
export function bits(value: bigint, high: number, low: number): bigint {
  return (value >> BigInt(low)) & ones(high - low + 1);
}

export function field(value: bigint, high: number, low: number): number {
  return Number(bits(value, high, low));
}

/** The lowest n bits set. */
export function ones(n: number): bigint {
  return (1n << BigInt(n)) - 1n;
}

/** A copy with its lowest n bits clear. */
export function alignDown(value: bigint, n: number): bigint {
  return (value >> BigInt(n)) << BigInt(n);
}

export function setBit(value: bigint, n: number): bigint {
  return value | (1n << BigInt(n));
}

export function clearBit(value: bigint, n: number): bigint {
  return value & ~(1n << BigInt(n));
}

export function byteSwap(value: bigint): bigint {
  let swapped = 0n;
  for (let byte = 0n; byte < 8n; byte++) {
    swapped = (swapped << 8n) | ((value >> (8n * byte)) & 0xffn);
  }
  return swapped;
}
