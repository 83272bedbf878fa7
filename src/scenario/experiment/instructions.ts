import { show } from '../../cost/error.js';
import type { Field } from '../../cost/field.js';
import { type Build, COUNT_KEYS, type RecordedPath, walkBuild } from '../../cost/index.js';
import type { Measured } from './measured.js';
import type { Params } from './params.js';

const ALL = ['all', 'all loaded'];

/**
 * Instructions of the handler on recorded paths, followed through the blocks of the builds. Without a scenario: how
 * many paths come out as recorded, count for count; with one: its instructions, without cache loops.
 */
export function instructions(params: Params): Measured {
  const scenario = params.get('scenario');
  const builds = chosen(params);
  const checked = builds.flatMap((build) => pathsOf(build, scenario).map((path) => follow(build, path)));
  const exact = checked.filter((each) => each.exact).length;
  const insn = new Set(checked.map((each) => each.insn));
  const text = `${exact} of ${checked.length}`;
  const notes = [`${text} paths of ${builds.length} builds come out count for count as recorded`];
  if (scenario.present && insn.size > 1) {
    params.get('builds').fail(`the builds differ: ${[...insn].join(', ')} instructions; expected one build`);
  }
  const v = scenario.present ? ([...insn][0] ?? 0) : exact;
  return { unit: 'instructions', v, samples: [], checks: { text, hold: exact === checked.length }, notes };
}

/** The builds that `build` or `builds` names. */
function chosen(params: Params): readonly Build[] {
  const { builds } = params.bench.data;
  const one = params.get('build');
  const field = one.present ? one : params.get('builds');
  if (typeof field.value === 'string' && ALL.includes(field.value)) return builds;
  const names = Array.isArray(field.value) ? field.list() : [field];
  return names.map((name) => {
    const id = name.text();
    const known = builds.map((build) => build.id).join(' or ');
    return (
      builds.find((build) => build.id === id) ??
      name.fail(`unknown build ${show(id)}, expected "all loaded" or ${known}`)
    );
  });
}

function pathsOf(build: Build, scenario: Field): RecordedPath[] {
  if (!scenario.present) return [...build.paths.values()];
  const path = build.paths.get(scenario.text());
  return [path ?? scenario.fail(`${build.id} records no scenario ${show(scenario.value)}`)];
}

function follow(build: Build, path: RecordedPath): { insn: number; exact: boolean } {
  const walk = walkBuild(build, path.input);
  const same = COUNT_KEYS.every(
    (key) => walk.totals[key] === path.totals[key] && walk.loops[key] === path.loops[key],
  );
  return { insn: walk.totals.insn, exact: same && walk.oops === path.oops };
}
