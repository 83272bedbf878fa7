import { BASE_CPU, CPU_PRESETS, type CpuFeatures } from '../../arm/cpu.js';

/** A feature that is there or not, as it is written in links and named on the page. */
export interface Feature {
  word: string;
  text: string;
  has(cpu: CpuFeatures): boolean;
}

const has =
  <K extends 'granules' | 'lpa2'>(key: K, size: CpuFeatures[K][number]) =>
  (cpu: CpuFeatures): boolean =>
    (cpu[key] as readonly number[]).includes(size);

export const FEATURES: readonly Feature[] = [
  { word: '4k', text: '4K granule', has: has('granules', 4) },
  { word: '16k', text: '16K granule', has: has('granules', 16) },
  { word: '64k', text: '64K granule', has: has('granules', 64) },
  { word: 'lpa2-4k', text: 'LPA2 with 4K', has: has('lpa2', 4) },
  { word: 'lpa2-16k', text: 'LPA2 with 16K', has: has('lpa2', 16) },
  { word: 'ttst', text: 'TTST', has: ({ ttst }) => ttst },
  { word: 'xnx', text: 'XNX', has: ({ xnx }) => xnx },
  { word: 'haf', text: 'HAFDBS: access flag', has: ({ haf }) => haf },
  { word: 'hdbs', text: 'HAFDBS: dirty state', has: ({ hdbs }) => hdbs },
  { word: 'fwb', text: 'S2FWB', has: ({ fwb }) => fwb },
  { word: 'ras', text: 'RAS', has: ({ ras }) => ras },
  { word: 'bbm1', text: 'BBM level 1', has: ({ bbm }) => bbm >= 1 },
  { word: 'bbm2', text: 'BBM level 2', has: ({ bbm }) => bbm === 2 },
];

/** Sizes of physical addresses that a CPU may have, in bits. */
export const PA_SIZES = [32, 36, 40, 42, 44, 48, 52] as const;

/** Bits from which on FEAT_LPA is what the size means. */
const LPA_BITS = 52;

/**
 * The features that `cpu` names: a core, or a list such as `pa48 4k 64k xnx`.
 * @throws Error that names `what` and the word that is neither
 */
export function featuresOf(cpu: string, what: string): CpuFeatures {
  const preset = Object.hasOwn(CPU_PRESETS, cpu) ? CPU_PRESETS[cpu] : undefined;
  if (preset !== undefined) return preset;
  const words = new Set(cpu.split(' ').filter(Boolean));
  const paMax = PA_SIZES.find((bits) => words.delete(`pa${bits}`));
  const unknown = [...words].find((word) => !FEATURES.some((feature) => feature.word === word));
  if (paMax === undefined || unknown !== undefined) {
    const names = Object.keys(CPU_PRESETS).join(', ');
    const found = JSON.stringify((unknown ?? cpu).slice(0, 60));
    throw new Error(`${what}: found ${found}, expected ${names}, or features such as "pa48 4k xnx"`);
  }
  const on = (word: string): boolean => words.has(word);
  return {
    ...BASE_CPU,
    paMax,
    lpa: paMax >= LPA_BITS,
    granules: ([4, 16, 64] as const).filter((size) => on(`${size}k`)),
    lpa2: ([4, 16] as const).filter((size) => on(`lpa2-${size}k`)),
    ttst: on('ttst'),
    xnx: on('xnx'),
    haf: on('haf'),
    hdbs: on('hdbs'),
    fwb: on('fwb'),
    ras: on('ras'),
    bbm: on('bbm2') ? 2 : on('bbm1') ? 1 : 0,
  };
}

/** The name of a core with exactly these features, or the features as a list. */
export function cpuText(cpu: CpuFeatures): string {
  const text = featureWords(cpu);
  return Object.keys(CPU_PRESETS).find((name) => featureWords(featuresOf(name, 'cpu')) === text) ?? text;
}

function featureWords(cpu: CpuFeatures): string {
  return [`pa${cpu.paMax}`, ...FEATURES.filter((feature) => feature.has(cpu)).map(({ word }) => word)].join(
    ' ',
  );
}
