// Puts the figures of bench/results/*.json into the tables of the documents, between the comments that name them.
//   node scripts/bench-figures.mjs           writes them
//   node scripts/bench-figures.mjs --check   says which are not those of the results, and exits 1
import { readFileSync, writeFileSync } from 'node:fs';
import { fromRoot } from './tools.mjs';

const DOCUMENTS = ['docs/bench.md', 'README.md'];
const MARKED = /(<!-- figures: (\w+) -->\n)[\s\S]*?(<!-- end of figures -->)/g;

const args = process.argv.slice(2);
if (args.length > 1 || (args.length === 1 && args[0] !== '--check')) {
  console.error('usage: node scripts/bench-figures.mjs [--check]');
  process.exit(2);
}

/** @typedef {{ median: number, p5: number, p95: number }} Spread */
/** @typedef {{ name: string, stream: string, ratio: Spread, referenceNs: number, subjectNs: number }} Pair */

/** @param {string} name */
const result = (name) => JSON.parse(readFileSync(fromRoot(`bench/results/${name}.json`), 'utf8'));
const rates = result('latest');
const walk = result('walk');
const accounted = result('accounted');

/** @type {(value: number) => string} three digits, or two decimals */
const figure = (value) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(value >= 0.1 ? 2 : 3);
/** @type {(median: number, low: number, high: number) => string} */
const range = (median, low, high) => `${figure(median)} [${figure(low)} - ${figure(high)}]`;
/** @type {(spread: Spread) => string} */
const spread = ({ median, p5, p95 }) => range(median, p5, p95);
/** @type {(row: { median: number, min: number, max: number }) => string} millions a second */
const millions = ({ median, min, max }) => range(median / 1e6, min / 1e6, max / 1e6);

/** @type {(head: string[], rows: string[][]) => string} */
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');

/**
 * A row for each name, a column for each stream.
 * @param {string} title
 * @param {(name: string) => boolean} chosen
 */
function byStream(title, chosen) {
  /** @type {Pair[]} */
  const pairs = walk.pairs.filter((/** @type {Pair} */ { name }) => chosen(name));
  const streams = [...new Set(pairs.map(({ stream }) => stream))];
  const rows = [...new Set(pairs.map(({ name }) => name))].map((name) => [
    name,
    ...streams.map((stream) => {
      const pair = pairs.find((one) => one.name === name && one.stream === stream);
      return pair === undefined ? '-' : spread(pair.ratio);
    }),
  ]);
  return table([title, ...streams], rows);
}

/** @param {string} name */
function rateOf(name) {
  const row = rates.rows.find((/** @type {{ name: string }} */ one) => one.name === name);
  if (row === undefined) throw new Error(`bench/results/latest.json has no row "${name}"`);
  return millions(row);
}

/** @type {(pairs: Pair[], chosen: (name: string) => boolean) => Pair} the one whose ratio is the highest */
const slowest = (pairs, chosen) =>
  pairs
    .filter(({ name }) => chosen(name))
    .reduce((worst, pair) => (pair.ratio.median > worst.ratio.median ? pair : worst));

/** @param {string} name */
const isNoise = (name) => name.startsWith('noise floor');

/** @type {Record<string, () => string>} what stands behind each name */
const FIGURES = {
  environment: () => {
    const { cpu, cpus, memoryGiB, system, node, compiler } = walk.environment;
    const dates = [...new Set([rates, walk, accounted].map(({ environment }) => environment.date))].join(
      ', ',
    );
    return `Measured ${dates}: ${cpus} x ${cpu}, ${memoryGiB} GiB, ${system}, Node ${node}, ${compiler}.\n`;
  },
  rates: () =>
    table(
      ['millions a second', 'median [slowest - fastest round]'],
      rates.rows.map((/** @type {any} */ row) => [row.name, millions(row)]),
    ),
  pairs: () =>
    table(
      ['ratio of pairs', 'median [range]'],
      rates.ratios.map((/** @type {any} */ row) => [row.name, range(row.median, row.min, row.max)]),
    ),
  walk: () => byStream('batch walk', (name) => isNoise(name) || name.includes('native C')),
  javascript: () => byStream('batch walk', (name) => name.includes('JavaScript')),
  leaves: () => byStream('time of ours', (name) => name.includes('memory.fill')),
  singles: () =>
    table(
      ['by itself', 'median [5 % - 95 %]'],
      [
        ...walk.singles.map((/** @type {any} */ { name, ns }) => [name, `${spread(ns)} ns`]),
        ['first answer after the first use, a process each', `${spread(walk.firstAnswerMs)} ms`],
      ],
    ),
  targets: () =>
    table(
      ['target, and the slowest stream', 'limit', 'reached', 'verdict'],
      walk.targets.map((/** @type {any} */ { what, limit, reached, stream, met }) => [
        what,
        limit,
        `${figure(reached)}${stream === undefined ? '' : ` (${stream})`}`,
        met ? 'met' : '**missed**',
      ]),
    ),
  accounted: () =>
    table(
      ['walk', 'stream', 'ratio', 'ns, C', 'ns, ours'],
      accounted.pairs.map((/** @type {Pair} */ { name, stream, ratio, referenceNs, subjectNs }) => [
        name,
        stream,
        spread(ratio),
        figure(referenceNs),
        figure(subjectNs),
      ]),
    ),
  summary: () =>
    table(
      ['rate, ratio or time', 'median [range]'],
      [
        [
          'faults through the v4.13 path, a second (`npm run bench`)',
          `${rateOf('faults, functional (unmap included)')} million`,
        ],
        ['the same with exact accounting', `${rateOf('faults, accounted (unmap included)')} million`],
        [
          'the same through the full model of one core',
          `${rateOf('faults through the full model, one core (warm)')} million`,
        ],
        [
          'batch walk, 4K, 3 levels, in the time of native C -O3 (`npm run bench:walk`, slowest stream)',
          spread(slowest(walk.pairs, (name) => name === '4K, 3 levels, against native C').ratio),
        ],
        [
          'walk through modelled TLBs and caches, in the time of the same model in C (`npm run bench:accounted`, slowest stream)',
          spread(slowest(accounted.pairs, (name) => !isNoise(name)).ratio),
        ],
        ['one `translate({ ipa })`', `${spread(walk.singles[0].ns)} ns`],
      ],
    ),
};

for (const document of DOCUMENTS) {
  const path = fromRoot(document);
  const text = readFileSync(path, 'utf8');
  const filled = text.replace(MARKED, (_, begin, name, end) => {
    const figures = FIGURES[name];
    if (figures === undefined) throw new Error(`${document}: there are no figures named ${name}`);
    return `${begin}\n${figures()}\n${end}`;
  });
  if (args[0] !== '--check') writeFileSync(path, filled);
  else if (filled !== text) {
    console.error(`${document} does not have the figures of bench/results: node scripts/bench-figures.mjs`);
    process.exitCode = 1;
  }
}
