// Recorded translations: run and compared as `stage2 conform` does.
import { parseVectors } from '../../../src/conform/parse.js';
import { runVectors } from '../../../src/conform/run.js';
import { conformText, totalOf } from '../../../src/report/conform.js';
import { readJson } from '../../../src/trace/index.js';
import { vectors as files, type Json } from './data.js';
import { type Kind, must, textOf } from './kind.js';

const SHOWN = 3;

export const vectors: Kind = {
  name: 'vectors',
  json: true,
  share: 41,
  seeds: () => files().map((file) => JSON.stringify(file)),
  async use(source, name) {
    const raw = (await readJson(source, name)) as Json;
    const result = runVectors(parseVectors(raw, name), SHOWN);
    const rows = raw.cases.reduce((sum: number, each: Json) => sum + each.queries.length, 0);
    const { queries, equal, alternative, different, notApplicable, reasons, groups, differences } = result;
    must(queries === rows, () => `${queries} of ${rows} queries`);
    must(
      equal + alternative + different + notApplicable === rows,
      () => 'verdicts do not add up to the queries',
    );
    const grouped = groups.reduce((sum, group) => sum + group.queries, 0);
    must(grouped === different, () => `${different} differences, ${grouped} in groups`);
    const reasoned = Object.values(reasons).reduce((sum, n) => sum + n, 0);
    must(reasoned === notApplicable, () => `${notApplicable} not applicable, ${reasoned} with a reason`);
    must(differences.length === Math.min(SHOWN, different), () => `${differences.length} differences shown`);
    conformText([result]);
    return textOf({ ...result, total: totalOf([result]) });
  },
  command: (path) => ['conform', path],
  grow(bytes) {
    const [file] = files();
    const [first] = (file as Json).cases;
    const n = Math.ceil(bytes / JSON.stringify(first).length);
    return JSON.stringify({ ...(file as Json), cases: new Array(n).fill(first) });
  },
  memory: { base: 160, factor: 80 },
};
