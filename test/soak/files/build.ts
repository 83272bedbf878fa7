// Build files and further paths: followed, and run in the emulator as `stage2 verify-build` does.
import type { RecordedPath } from '../../../src/cost/build-types.js';
import { COUNT_KEYS, type CountKey } from '../../../src/cost/counts.js';
import { CostError } from '../../../src/cost/error.js';
import {
  type Build,
  parseBuild,
  parsePaths,
  parseSites,
  type Walk,
  walkBuild,
} from '../../../src/cost/index.js';
import { tallyBuild, verifyBuildText } from '../../../src/report/verify-build.js';
import { checkOf } from '../../../src/scenario/check.js';
import { verifyPaths } from '../../../src/scenario/verify.js';
import { readJson } from '../../../src/trace/index.js';
import { allPaths, BUILD, build as buildFile, type Json, jsonFile, once } from './data.js';
import { type Kind, must, textOf } from './kind.js';

const sites = once(() => parseSites(jsonFile('src/data/sites.json'), 'sites.json'));
const packaged = once(() => parseBuild(jsonFile(BUILD), 'packaged', sites()));

export const build: Kind = {
  name: 'build',
  json: true,
  share: 3,
  seeds: () => [JSON.stringify(buildFile())],
  async use(source, name) {
    const raw = (await readJson(source, name)) as Json;
    const read = parseBuild(raw, name, sites());
    must(read.paths.size === Object.keys(raw.paths).length, () => `${read.paths.size} paths`);
    const walks = [...read.paths.values()].map((path) => followed(read, raw, path));
    return textOf({ walks, verified: verified(read, read.paths, name) });
  },
  command: (path) => ['verify-build', path],
  grow(bytes) {
    const file = buildFile();
    return JSON.stringify({ ...file, more: new Array(Math.ceil(bytes / 2)).fill(0) });
  },
  memory: { base: 160, factor: 40 },
};

export const paths: Kind = {
  name: 'paths',
  json: true,
  share: 12,
  seeds: () => [
    JSON.stringify({ format: 'stage2-paths/1', build: 'gcc12c-rfc', paths: buildFile().paths }),
    JSON.stringify({ format: 'stage2-paths/1', ...buildFile().paths }),
  ],
  async use(source, name) {
    const raw = (await readJson(source, name)) as Json;
    const read = parsePaths(raw, name);
    const given = Object.entries('paths' in raw ? raw.paths : raw).filter(
      ([, value]) => 'paths' in raw || typeof value !== 'string',
    );
    must(read.paths.size === given.length, () => `${read.paths.size} of ${given.length} scenarios`);
    return textOf(verified(packaged(), read.paths, name));
  },
  command: (path) => ['verify-build', BUILD, '--paths', path],
  grow(bytes) {
    const [first] = Object.values(allPaths());
    const path = { ...(first as object), note: 'x'.repeat(60_000) };
    const n = Math.max(1, Math.floor(bytes / JSON.stringify(path).length));
    const many = Object.fromEntries(Array.from({ length: n }, (_, i) => [`path${i}`, path]));
    return JSON.stringify({ format: 'stage2-paths/1', build: 'gcc12c-rfc', paths: many });
  },
  memory: { base: 160, factor: 40 },
};

function verified(of: Build, scenarios: ReadonlyMap<string, RecordedPath>, name: string): object {
  const results = verifyPaths(of, scenarios.values(), checkOf(of), name);
  must(results.length === scenarios.size, () => `${results.length} results of ${scenarios.size} scenarios`);
  for (const { scenario, equal, differences } of results) {
    must(
      equal === (differences.length === 0),
      () => `${scenario}: equal ${equal} with ${differences.length} differences`,
    );
  }
  const report = { build: of.id, recordedOn: undefined, results };
  verifyBuildText([report]);
  return tallyBuild(report);
}

/** Follows a recorded path; what was counted is counted again from the JSON. */
function followed(read: Build, raw: Json, path: RecordedPath): string {
  let walk: Walk;
  try {
    walk = walkBuild(read, path.input);
  } catch (error) {
    if (error instanceof CostError) return error.message;
    throw error;
  }
  const again = recount(walk, raw, path);
  for (const key of COUNT_KEYS) {
    must(
      walk.totals[key] === again[key],
      () => `${path.name}: ${walk.totals[key]} ${key}, expected ${again[key]}`,
    );
  }
  return textOf(walk.totals);
}

const BLOCK: readonly CountKey[] = ['insn', 'loads', 'stores', 'sysreg', 'dc', 'ic', 'prfm', 'hvc'];

function recount(walk: Walk, raw: Json, path: RecordedPath): Record<CountKey, number> {
  const counts = Object.fromEntries(COUNT_KEYS.map((key) => [key, 0])) as Record<CountKey, number>;
  for (const { block, taken, completed } of walk.steps) {
    if (!completed) continue;
    const at = raw.functions[block.functionName].blocks.find(({ id }: Json) => id === block.id);
    for (const key of BLOCK) counts[key] += at[key] ?? 0;
    for (const key of ['dmb', 'dsb', 'isb'] as const) counts[key] += at.barriers?.[key] ?? 0;
    counts.nop += at.nops ?? 0;
    counts.calls += (at.calls?.length ?? 0) - (at.term === 'tailcall' ? 1 : 0);
    if (at.term === 'ret') counts.ret++;
    if (at.term === 'jump' || at.term === 'tailcall') counts.br++;
    if (at.term !== 'cond') continue;
    const isKey = at.op === 'nop' || at.op === 'b';
    if (isKey) counts[taken ? 'br' : 'nop']++;
    else counts.cbr++;
    if (!isKey && taken) counts.taken++;
  }
  if (walk.oops !== undefined) return counts;
  for (const call of walk.callees) {
    const table = raw.callees[call.name];
    const outcome = table[call.outcome];
    if (outcome.cache_loop === true) continue;
    const per = outcome.per ?? table['*']?.per ?? {};
    for (const key of COUNT_KEYS) {
      counts[key] += outcome[key] ?? 0;
      for (const [quantity, slope] of Object.entries<Json>(per)) {
        counts[key] += (slope[key] ?? 0) * (call.q[quantity] ?? path.input.quantities[quantity] ?? 0);
      }
    }
  }
  return counts;
}
