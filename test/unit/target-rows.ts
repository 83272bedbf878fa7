// Rows of a targets file to test with.

/** What a test says of a row replaces what that of a barrier has, which is inside. */
export interface Row {
  id?: unknown;
  experiment?: unknown;
  params?: object;
  unit?: unknown;
  value?: unknown;
  tolerance?: unknown;
  use?: unknown;
}

const ROW = {
  experiment: 'barrier',
  params: { core: 'apple-m1-firestorm', kind: 'isb' },
  unit: 'cycles',
  value: 28,
  tolerance: 10,
  use: 'predicted',
  source: 'a test',
};

/** A targets file of these rows. */
export function targetsOf(rows: readonly Row[]) {
  return {
    format: 'stage2-targets/1',
    rows: rows.map((row, i) => ({ id: `row${i}`, ...ROW, ...row })),
  };
}
