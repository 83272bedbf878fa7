// Core profiles and targets: priced, and measured on as `stage2 profiles`, `compare` and `validate` do.
import {
  type Build,
  type CoreProfile,
  calibrate,
  parseBuild,
  parseEstimates,
  parseKernels,
  parsePathCycles,
  parseProfiles,
  parseSites,
  parseWorldSwitch,
} from '../../../src/cost/index.js';
import { validateText, validationDocument } from '../../../src/report/validate.js';
import { comparisonCore } from '../../../src/scenario/comparison/run.js';
import {
  Bench,
  EXPERIMENT_NAMES,
  parseTargets,
  type RowResult,
  runTarget,
} from '../../../src/scenario/experiment/index.js';
import { readJson } from '../../../src/trace/index.js';
import { type Json, jsonFile, once, profileOf, targets as targetsFile } from './data.js';
import { type Kind, must, textOf } from './kind.js';

const data = (name: string): [Json, string] => [jsonFile(`src/data/${name}`), name];

/** What prices are made of. */
const sources = once(() => {
  const sites = parseSites(...data('sites.json'));
  const builds: Build[] = ['gcc12c-base', 'gcc12c-rfc'].map((id) =>
    parseBuild(...data(`builds/${id}.json`), sites),
  );
  return {
    builds,
    estimates: parseEstimates(...data('estimates.json')),
    calibration: calibrate(parsePathCycles(...data('path-cycles.json')), builds),
    kernels: parseKernels(...data('kernels.json')),
    worldSwitch: parseWorldSwitch(...data('world-switch.json')),
  };
});
const bench = once(() => new Bench({ ...sources(), profiles: parseProfiles(...data('profiles.json')) }));

/** Rows that a mutated core is measured by. */
const ROWS = ['l2tlb-hit'] as const;

export const profiles: Kind = {
  name: 'profiles',
  json: true,
  share: 3,
  seeds: () => ['cortex-a53', 'neoverse-n1'].map((core) => JSON.stringify(profileOf(core))),
  async use(source, name) {
    const raw = (await readJson(source, name)) as Json;
    const cores = parseProfiles(raw, name);
    must(
      cores.size === Object.keys(raw.cores).length,
      () => `${cores.size} of ${Object.keys(raw.cores).length} cores`,
    );
    for (const core of cores.values()) checkRanges(core, raw.cores[core.name]);
    const { kernels } = sources();
    const [kernel] = [...kernels.kernels.values()];
    const tables = [...cores.values()].map((core) => {
      const { table } = comparisonCore(core, kernel as NonNullable<typeof kernel>, sources());
      for (const [event, { lo, v, hi }] of table.prices) {
        must(
          lo <= v && v <= hi && Number.isFinite(hi),
          () => `the price of ${event} is ${lo} <= ${v} <= ${hi}`,
        );
      }
      return [...table.prices];
    });
    const own = new Bench({ ...sources(), profiles: cores });
    const rows = [...cores.keys()].flatMap((core) =>
      ROWS.map((experiment) => ({
        id: `${core} ${experiment}`,
        experiment,
        params: { core },
        unit: 'cycles',
        value: 1,
        tolerance: 10,
        use: 'predicted',
      })),
    );
    return textOf({ tables, rows: measured({ format: 'stage2-targets/1', rows }, name, own) });
  },
  command: (path) => ['profiles', '--profile', path],
  grow(bytes) {
    const file = profileOf('cortex-a53');
    const core = file.cores['cortex-a53'];
    const n = Math.ceil(bytes / JSON.stringify(core).length);
    return JSON.stringify({
      ...file,
      cores: Object.fromEntries(Array.from({ length: n }, (_, i) => [`core${i}`, core])),
    });
  },
  memory: { base: 200, factor: 40 },
};

export const targets: Kind = {
  name: 'targets',
  json: true,
  share: 7,
  seeds: () => [JSON.stringify(targetsFile())],
  async use(source, name) {
    return textOf(measured((await readJson(source, name)) as Json, name, bench()));
  },
  command: (path) => ['validate', '--targets', path],
  grow(bytes) {
    const row = targetsFile().rows.find(({ experiment }: Json) => experiment === 'barrier');
    const noted = { ...row, note: 'x'.repeat(60_000) };
    const n = Math.ceil(bytes / JSON.stringify(noted).length);
    return JSON.stringify({
      format: 'stage2-targets/1',
      rows: Array.from({ length: n }, (_, i) => ({ ...noted, id: `row${i}` })),
    });
  },
  memory: { base: 400, factor: 40 },
};

function measured(raw: Json, name: string, on: Bench): RowResult[] {
  const rows = parseTargets(raw, name, EXPERIMENT_NAMES);
  must(rows.length === raw.rows.length, () => `${rows.length} of ${raw.rows.length} rows`);
  const results = rows.map((row) => runTarget(row, on));
  for (const { id, model, band } of results) {
    const { v, p5, p95 } = model;
    must(
      [v, p5, p95].every(Number.isFinite) && p5 <= v && v <= p95,
      () => `${id}: the model's ${p5} <= ${v} <= ${p95}`,
    );
    must((band ?? []).every(Number.isFinite), () => `${id}: the band is ${band}`);
  }
  validateText(results);
  return JSON.parse(textOf(validationDocument(name, results)));
}

/** Every number of the profile is in its range, and is the one of the file. */
function checkRanges({ name, leaves }: CoreProfile, raw: Json): void {
  for (const [path, leaf] of leaves) {
    if (!('lo' in leaf)) continue;
    const { lo, v, hi } = leaf;
    must(
      0 <= lo && lo <= v && v <= hi && Number.isFinite(hi),
      () => `${name} ${path}: ${lo} <= ${v} <= ${hi}`,
    );
    const given = path.split('.').reduce((at, key) => at?.[key], raw);
    must(given === undefined || given.v === v, () => `${name} ${path}: ${v}, the file has ${given?.v}`);
  }
}
