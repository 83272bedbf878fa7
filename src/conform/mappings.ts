import { VTCR_HA_LSB, VTCR_HD_LSB } from '../abi/arm.js';
import {
  type DescriptorFormat,
  descriptorAddress,
  descriptorKind,
  entryPlace,
  levelShift,
} from '../arm/descriptor.js';
import { extract } from '../arm/fields.js';
import { type AttributeContext, leafAttributes } from '../arm/leaf.js';
import { listedAttributes } from '../arm/listed.js';
import { hex, Stage2Error } from '../core/error.js';
import type { DumpMapping } from '../trace/dump-types.js';
import type { TableLeaf } from '../walk/leaves.js';
import type { Translator } from '../walk/translator.js';
import type { TranslateResult, WalkStep } from '../walk/types.js';

/** Where the walk and the listing disagree. */
export interface MappingDifference {
  /** Of the mapping, of the byte in it that was tried, or of the probe of a gap. */
  ipa: bigint;
  /** A field of the listing, `leaf`, or an access such as `read at EL1`. */
  what: string;
  /** What the walk says, as text. */
  found: string;
  /** What the listing says, as text. */
  expected: string;
}

/** What a check looked at and found. */
export interface CheckReport {
  /** Mappings of the listing. */
  mappings: number;
  /** IPAs tried that no mapping covers. */
  gapProbes: number;
  /** Empty if walk and listing agree. */
  differences: MappingDifference[];
}

/** An access that is tried on every mapping. */
interface Attempt {
  access: 'read' | 'write' | 'execute';
  el: 0 | 1;
}

const ATTEMPTS: readonly Attempt[] = [
  { access: 'read', el: 1 },
  { access: 'write', el: 1 },
  { access: 'execute', el: 0 },
  { access: 'execute', el: 1 },
];
const U64_END = 1n << 64n;

/**
 * Walks the first byte, the middle and the last byte of every listed mapping for reads, writes and execution, and
 * the first and last page of every gap between them and what is beyond the IPA space, of which each must fault.
 * `leaves` are those of a software walk of the same tables: each must be listed. With VTCR_EL2.HA the walks set
 * access flags, so a second check on the same machine finds them set.
 * @throws Stage2Error EINVAL if the registers describe no walk
 */
export function checkMappings(
  translator: Translator,
  mappings: readonly DumpMapping[],
  leaves: Iterable<TableLeaf>,
): CheckReport {
  const { valid, granuleShift, iaBits } = translator.regime;
  if (!valid) throw new Stage2Error('EINVAL', 'the registers describe no stage-2 walk');
  const found = [...leaves];
  const sorted = [...mappings].sort((a, b) => (a.ipa < b.ipa ? -1 : 1));
  const probes = gapProbes(sorted, 1n << BigInt(granuleShift), 1n << BigInt(iaBits));
  return {
    mappings: sorted.length,
    gapProbes: probes.length,
    differences: [
      ...sorted.flatMap((mapping) => checkMapping(translator, mapping)),
      ...probes.flatMap((ipa) => checkGap(translator, ipa)),
      ...unlisted(sorted, found),
      ...repeated(sorted),
    ],
  };
}

function checkMapping(translator: Translator, mapping: DumpMapping): MappingDifference[] {
  const leaf = checkLeaf(translator, mapping);
  if (leaf.length > 0) return leaf;
  const { ipa, size } = mapping;
  const offsets = [0n, size / 2n, size - 1n].filter((offset) => ipa + offset < U64_END);
  return offsets.flatMap((offset) =>
    ATTEMPTS.flatMap((attempt) => checkAttempt(translator, mapping, offset, attempt)),
  );
}

/** Compares the entry a walk ends at, whether or not it lets the access through. */
function checkLeaf(translator: Translator, mapping: DumpMapping): MappingDifference[] {
  const { ipa } = mapping;
  const walk = translator.walk({ ipa });
  const { regime } = translator;
  const step = walk.steps.at(-1);
  if (step === undefined || !isLeaf(step, regime)) {
    return [{ ipa, what: 'leaf', found: outcome(walk), expected: leafText(mapping.desc, mapping.level) }];
  }
  const fields = Object.entries(listed(step, regime, translator.attributeContext));
  return fields.flatMap(([what, value]) => {
    const expected = mapping[what as keyof DumpMapping];
    return value === expected ? [] : [{ ipa, what, found: text(value), expected: text(expected) }];
  });
}

function isLeaf({ desc, level }: WalkStep, format: DescriptorFormat): boolean {
  const kind = descriptorKind(desc, entryPlace(format, level));
  return kind === 'block' || kind === 'page';
}

/** An entry as a listing shows it. */
function listed(
  { desc, level }: WalkStep,
  format: DescriptorFormat,
  context: AttributeContext,
): Omit<DumpMapping, 'ipa'> {
  return {
    desc,
    level,
    size: 1n << BigInt(levelShift(format.granuleShift, level)),
    pa: descriptorAddress(desc, entryPlace(format, level)),
    ...listedAttributes(leafAttributes(desc, context)),
  };
}

function checkAttempt(
  translator: Translator,
  mapping: DumpMapping,
  offset: bigint,
  attempt: Attempt,
): MappingDifference[] {
  const ipa = mapping.ipa + offset;
  const found = outcome(translator.translate({ ipa, ...attempt }));
  const expected = expectedOutcome(translator, mapping, offset, attempt);
  return found === expected ? [] : [{ ipa, what: `${attempt.access} at EL${attempt.el}`, found, expected }];
}

function expectedOutcome(
  translator: Translator,
  mapping: DumpMapping,
  offset: bigint,
  { access, el }: Attempt,
): string {
  const { setsAf, setsDirty } = hardwareUpdates(translator);
  if (mapping.af === 0 && !setsAf) return faultText('access-flag', mapping.level);
  const { read, write, dbm, execute } = leafAttributes(mapping.desc, translator.attributeContext);
  const writable = write || (setsDirty && dbm);
  const allowed = { read, write: writable, execute: el === 0 ? execute.el0 : execute.el1 }[access];
  return allowed ? paText(mapping.pa + offset, mapping.level) : faultText('permission', mapping.level);
}

/** What the hardware sets in leaves under the translator's registers. */
function hardwareUpdates({ cpu, registers }: Translator): { setsAf: boolean; setsDirty: boolean } {
  const setsAf = cpu.features.haf && extract(registers.vtcr, VTCR_HA_LSB) === 1n;
  return { setsAf, setsDirty: setsAf && cpu.features.hdbs && extract(registers.vtcr, VTCR_HD_LSB) === 1n };
}

/** First and last page of each gap in [0, end), `end` itself and the last of all addresses. */
function gapProbes(sorted: readonly DumpMapping[], page: bigint, end: bigint): bigint[] {
  const probes = new Set<bigint>();
  let next = 0n;
  for (const { ipa, size } of [...sorted, { ipa: end, size: 0n }]) {
    if (ipa > next && ipa <= end) probes.add(next).add(ipa - page);
    if (ipa + size > next) next = ipa + size;
  }
  return [...probes, end, U64_END - 1n];
}

function checkGap(translator: Translator, ipa: bigint): MappingDifference[] {
  const walk = translator.translate({ ipa });
  if (!walk.ok && walk.fault.type === 'translation') return [];
  return [{ ipa, what: 'gap', found: outcome(walk), expected: 'a translation fault' }];
}

function unlisted(mappings: readonly DumpMapping[], leaves: readonly TableLeaf[]): MappingDifference[] {
  const known = new Set(mappings.map(({ ipa }) => ipa));
  return leaves
    .filter(({ ipa }) => !known.has(ipa))
    .map(({ ipa, desc, level }) => ({
      ipa,
      what: 'leaf',
      found: leafText(desc, level),
      expected: 'no mapping',
    }));
}

function repeated(sorted: readonly DumpMapping[]): MappingDifference[] {
  return sorted
    .filter(({ ipa }, i) => i > 0 && ipa === sorted[i - 1]?.ipa)
    .map(({ ipa }) => ({ ipa, what: 'mapping', found: 'listed again', expected: 'listed once' }));
}

function outcome(walk: TranslateResult): string {
  if (!walk.ok) return faultText(walk.fault.type, walk.fault.level);
  return walk.leaf === undefined ? 'stage 2 is off' : paText(walk.pa, walk.leaf.level);
}

const paText = (pa: bigint, level: number): string => `PA ${hex(pa)}, level ${level}`;
const faultText = (type: string, level: number): string => `${type} fault, level ${level}`;
const leafText = (desc: bigint, level: number): string => `${hex(desc)}, level ${level}`;
const text = (value: bigint | number): string => (typeof value === 'bigint' ? hex(value) : `${value}`);
