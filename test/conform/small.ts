// A small file of each format, to be changed by the tests.

export interface RecordedJson {
  format: string;
  features: Record<string, unknown>;
  ram: unknown[];
  cases: {
    name: string;
    registers: Record<string, unknown>;
    memory: { pa: unknown; u64: unknown[] }[];
    queries: Record<string, unknown>[];
  }[];
}

const features = {
  pa_bits: 48,
  lpa: false,
  granules: [4, 64],
  lpa2: [],
  ttst: true,
  xnx: true,
  haf: true,
  hdbs: true,
  fwb: true,
  ras: true,
  bbm: 2,
};
const registers = { vtcr_el2: '0x80023559', vttbr_el2: '0x48000000', hcr_el2: '0x80000001' };

function fileOf(format: string, query: Record<string, unknown>): RecordedJson {
  return {
    format,
    features: structuredClone(features),
    ram: [['0x40000000', '0x80000000']],
    cases: [
      {
        name: 'small/000',
        registers: { ...registers },
        memory: [{ pa: '0x48000008', u64: ['0x48001003', '0x7ff'] }],
        queries: [query],
      },
    ],
  };
}

export function smallRecorded(edit: (file: RecordedJson) => void = () => undefined): RecordedJson {
  const file = fileOf('a64-s2-oracle/1', { op: 'AT_S12E1R', ipa: '0x1234', par: '0xa0d' });
  edit(file);
  return file;
}

export function smallSpec(edit: (file: RecordedJson) => void = () => undefined): RecordedJson {
  const spec = { pa: '0x5000', attr: '0xff', sh: 3 };
  const file = fileOf('a64-s2-spec/1', {
    op: 'S2',
    acc: 'R',
    el: 1,
    ipa: '0x1234',
    mair: '0xff',
    sh: 3,
    spec,
  });
  edit(file);
  return file;
}

/** Changes the one query of a small file. */
export const query =
  (fields: Record<string, unknown>) =>
  (file: RecordedJson): void => {
    Object.assign(file.cases[0]?.queries[0] ?? {}, fields);
  };

/** Changes the one case of a small file. */
export const inCase =
  (edit: (each: RecordedJson['cases'][number]) => void) =>
  (file: RecordedJson): void => {
    for (const each of file.cases) edit(each);
  };
