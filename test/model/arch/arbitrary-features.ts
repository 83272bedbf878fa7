// Processors and the choices they make. The first value of everything is the one a failure shrinks to.
import fc from 'fast-check';
import type { Choices, CpuFeatures, GranuleKib } from './types.js';

const V8_0: CpuFeatures = {
  paMax: 44,
  granules: [4, 64],
  lpa: false,
  lpa2: [],
  ttst: false,
  xnx: false,
  haf: false,
  hdbs: false,
  fwb: false,
  ras: false,
  bbm: 0,
};

const V8_2: CpuFeatures = {
  ...V8_0,
  paMax: 48,
  granules: [4, 16, 64],
  xnx: true,
  haf: true,
  hdbs: true,
  ras: true,
};
const V8_4: CpuFeatures = { ...V8_2, ttst: true, fwb: true, bbm: 2 };
const V8_7: CpuFeatures = { ...V8_4, paMax: 52, lpa: true, lpa2: [4, 16] };

/** Mixes that processors have. */
export const NAMED_FEATURES: Readonly<Record<string, CpuFeatures>> = {
  v8_0: V8_0,
  v8_0_small: { ...V8_0, paMax: 40 },
  v8_2: V8_2,
  v8_2_lpa: { ...V8_2, paMax: 52, lpa: true },
  v8_4: V8_4,
  v8_7: V8_7,
};

/** An implemented size of 52 bits is what FEAT_LPA is, and the other features build on theirs. */
function coherent(features: CpuFeatures): CpuFeatures {
  const lpa = features.paMax === 52;
  return {
    ...features,
    lpa,
    lpa2: lpa ? features.lpa2.filter((granule) => features.granules.includes(granule)) : [],
    hdbs: features.haf && features.hdbs,
  };
}

const anyFeatures: fc.Arbitrary<CpuFeatures> = fc
  .record({
    paMax: fc.constantFrom(48, 32, 36, 40, 42, 44, 52),
    granules: fc.subarray<GranuleKib>([4, 16, 64], { minLength: 1 }),
    lpa: fc.constant(false),
    lpa2: fc.subarray<4 | 16>([4, 16]),
    ttst: fc.boolean(),
    xnx: fc.boolean(),
    haf: fc.boolean(),
    hdbs: fc.boolean(),
    fwb: fc.boolean(),
    ras: fc.boolean(),
    bbm: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
  })
  .map(coherent);

/** The largest mix has the most to get wrong. */
export const cpuFeatures: fc.Arbitrary<CpuFeatures> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...Object.values(NAMED_FEATURES)) },
  { weight: 1, arbitrary: fc.constant(V8_7) },
  { weight: 3, arbitrary: anyFeatures },
);

export const choices: fc.Arbitrary<Choices> = fc.record({
  t0sz: fc.constantFrom('fault', 'clamp'),
  granule: fc.constantFrom<Choices['granule']>('smallest', 4, 16, 64),
  reservedMemAttr: fc.constantFrom('WB', 'WT', 'NC'),
  reservedShareability: fc.constantFrom('NSH', 'ISH', 'OSH'),
  contiguousOutput: fc.constantFrom('input', 'descriptor'),
  contiguousBeyondInput: fc.constantFrom('ignore', 'fault'),
  blockNt: fc.constantFrom('ignore', 'fault'),
  accessFlagOnFault: fc.constantFrom('keep', 'set'),
  accessFlagByAt: fc.constantFrom('set', 'keep'),
  executeFromDevice: fc.constantFrom('normal-nc', 'fault'),
  cacheOpAccessFlag: fc.constantFrom('fault', 'ignore'),
});
