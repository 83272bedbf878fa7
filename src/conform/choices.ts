import type { Choices } from '../arm/choices.js';
import type { CpuFeatures } from '../arm/cpu.js';

/** Settings other than the default that a tag of a query allows. */
const OPTIONS: Readonly<Record<string, readonly Partial<Choices>[]>> = {
  t0sz: [{ t0sz: 'clamp' }],
  tg0: [{ granule: 4 }, { granule: 16 }, { granule: 64 }],
  memattr: [{ reservedMemAttr: 'WT' }, { reservedMemAttr: 'NC' }],
  sh: [{ reservedShareability: 'ISH' }, { reservedShareability: 'OSH' }],
  contig: [{ contiguousOutput: 'descriptor' }, { contiguousBeyondInput: 'fault' }],
  nT: [{ blockNt: 'fault' }],
  af_upd: [{ accessFlagOnFault: 'set' }],
  at_upd: [{ accessFlagByAt: 'keep' }],
};

/** Every combination of the settings that the tags leave open, the default one left out. */
export function openChoices(tags: readonly string[], cpu: CpuFeatures): Partial<Choices>[] {
  const combinations = tags.reduce<Partial<Choices>[]>(
    (before, tag) => {
      const options = (Object.hasOwn(OPTIONS, tag) ? OPTIONS[tag] : undefined) ?? [];
      const possible = options.filter((option) => isImplemented(option, cpu));
      return before.flatMap((chosen) => [chosen, ...possible.map((option) => ({ ...chosen, ...option }))]);
    },
    [{}],
  );
  return combinations.slice(1);
}

function isImplemented({ granule }: Partial<Choices>, { granules }: CpuFeatures): boolean {
  return typeof granule !== 'number' || granules.includes(granule);
}
