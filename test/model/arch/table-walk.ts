// The walk that both stages share: from the first table down to a leaf. Arm ARM D8.2; docs/notes/stage2-walk.md
// sections 3 to 5.
import { alignDown, bit, bits, field, ones } from './bits.js';
import { allowsBlock, contiguousBits, entryBits, LAST_LEVEL, pageBits } from './geometry.js';
import type { Choices, CpuFeatures, FaultType, GranuleKib } from './types.js';

export interface WalkGeometry {
  granule: GranuleKib;
  /** Size of the input and of the output address in bits. */
  inputBits: number;
  outputBits: number;
  startLevel: number;
  /** TCR_ELx.DS: FEAT_LPA2 descriptors. */
  ds: boolean;
  /** TTBRs of 52 bits, which DS brings too. */
  wideBase: boolean;
}

/** Called with the level a fault belongs to. */
export type Refuse = (type: FaultType, level: number) => never;

export interface Leaf {
  descriptor: bigint;
  /** Where the stage's own output address space holds it. */
  descriptorAddress: bigint;
  level: number;
  tables: readonly bigint[];
}

/** Address bits above 48 lie in different places of a descriptor. */
function highAddress(descriptor: bigint, { granule, ds }: WalkGeometry, features: CpuFeatures): bigint {
  if (ds) return (bits(descriptor, 9, 8) << 50n) | (bits(descriptor, 49, 48) << 48n);
  if (granule === 64 && features.lpa) return bits(descriptor, 15, 12) << 48n;
  return 0n;
}

/** The address of a table or a leaf whose lowest n bits are zero. */
function addressField(descriptor: bigint, n: number, geometry: WalkGeometry, features: CpuFeatures): bigint {
  return highAddress(descriptor, geometry, features) | alignDown(bits(descriptor, 47, 0), n);
}

/** A TTBR names a table aligned to its size; the bits below are dropped. */
export function tableBase(ttbr: bigint, geometry: WalkGeometry): bigint {
  const { granule, inputBits, startLevel, wideBase } = geometry;
  const sizeBits = inputBits - entryBits(granule, startLevel) + 3;
  if (!wideBase) return alignDown(bits(ttbr, 47, 0), sizeBits);
  return (bits(ttbr, 5, 2) << 48n) | alignDown(bits(ttbr, 47, 0), Math.max(sizeBits, 6));
}

function indexOf(input: bigint, level: number, { granule, inputBits, startLevel }: WalkGeometry): bigint {
  const low = entryBits(granule, level);
  const high = level === startLevel ? inputBits : entryBits(granule, level - 1);
  return bits(input, high - 1, low);
}

export function isOutOfRange(address: bigint, outputBits: number): boolean {
  return address > ones(outputBits);
}

export function walk(
  ttbr: bigint,
  input: bigint,
  geometry: WalkGeometry,
  features: CpuFeatures,
  read: (address: bigint, level: number) => bigint,
  refuse: Refuse,
): Leaf {
  const { granule, startLevel, outputBits, ds } = geometry;
  const tables: bigint[] = [];
  let table = tableBase(ttbr, geometry);
  for (let level = startLevel; ; level++) {
    const descriptorAddress = table + (indexOf(input, level, geometry) << 3n);
    // An address out of range belongs to the level that named it; the TTBR counts as level 0.
    if (isOutOfRange(descriptorAddress, outputBits)) {
      refuse('AddressSize', level === startLevel ? 0 : level - 1);
    }
    const descriptor = read(descriptorAddress, level);
    if (!bit(descriptor, 0)) refuse('Translation', level);
    const isTable = bit(descriptor, 1) && level < LAST_LEVEL;
    if (!isTable) {
      const legal = bit(descriptor, 1) || allowsBlock(features, granule, level, ds);
      if (!legal) refuse('Translation', level);
      return { descriptor, descriptorAddress, level, tables };
    }
    tables.push(descriptor);
    table = addressField(descriptor, pageBits(granule), geometry, features);
  }
}

/** The span that a leaf's contiguous bit makes one, or undefined without one. */
function contiguousSpan(leaf: Leaf, granule: GranuleKib): number | undefined {
  return bit(leaf.descriptor, 52) ? contiguousBits(granule, leaf.level) : undefined;
}

/** Faults of a leaf that its form brings, before its address. */
export function checkLeafForm(
  leaf: Leaf,
  { granule, inputBits }: WalkGeometry,
  features: CpuFeatures,
  choices: Choices,
  refuse: Refuse,
): void {
  const span = contiguousSpan(leaf, granule);
  if (span !== undefined && span > inputBits && choices.contiguousBeyondInput === 'fault') {
    refuse('Translation', leaf.level);
  }
  const isBlock = !bit(leaf.descriptor, 1);
  const nT = isBlock && features.bbm > 0 && bit(leaf.descriptor, 16);
  if (nT && choices.blockNt === 'fault') refuse('Translation', leaf.level);
}

/** What the leaf maps the input to. */
export function outputAddress(
  leaf: Leaf,
  input: bigint,
  geometry: WalkGeometry,
  features: CpuFeatures,
  choices: Choices,
): bigint {
  const { granule } = geometry;
  const mapped = entryBits(granule, leaf.level);
  const span = choices.contiguousOutput === 'input' ? contiguousSpan(leaf, granule) : undefined;
  const fromInput = span ?? mapped;
  return (
    alignDown(addressField(leaf.descriptor, mapped, geometry, features), fromInput) |
    (input & ones(fromInput))
  );
}

/** Bits [9:8] are part of the address under DS, and the register's SH0 or SH1 stands for all leaves. */
export function leafShareability(leaf: Leaf, { ds }: WalkGeometry, registerSh: number): number {
  return ds ? registerSh : field(leaf.descriptor, 9, 8);
}
