// A trace through a core, its guest mapped by pages and by blocks:
//   node main.js [CORE [TRACE]]       TRACE as lackey writes it; without one the trace of a small program
import { createReadStream, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { type CoreProfile, parseProfiles } from 'stage2';
import { columnSums, readLackey } from './lackey.js';
import { type Counts, Simulator } from './simulator.js';

const [core = 'neoverse-n1', path] = process.argv.slice(2);
const file = createRequire(import.meta.url).resolve('stage2/data/profiles.json');
const profiles = parseProfiles(JSON.parse(readFileSync(file, 'utf8')), file);
const profile = profiles.get(core);
if (profile === undefined) {
  console.error(`${core}: expected one of ${[...profiles.keys()].join(', ')}`);
  process.exit(2);
}

const simulators = [false, true].map((blocks) => new Simulator(profile, blocks));
for (const simulator of simulators) {
  const lines = path === undefined ? undefined : createInterface({ input: createReadStream(path) });
  await simulator.run(lines === undefined ? columnSums() : readLackey(lines));
}

/** Cycles that reading descriptors takes if nothing is done meanwhile, with their range. */
function descriptorCycles(count: Counts, { latency: { l1, l2, l3, dram } }: CoreProfile): string {
  const reads = [
    [count('WALK_READ_L1'), l1],
    [count('WALK_READ_L2'), l2],
    [count('WALK_READ_L3'), l3],
    [count('WALK_READ_DRAM'), dram],
  ] as const;
  const sum = (of: 'v' | 'lo' | 'hi') => reads.reduce((total, [n, cost]) => total + n * (cost?.[of] ?? 0), 0);
  return `${sum('v').toFixed(0)} [${sum('lo').toFixed(0)} - ${sum('hi').toFixed(0)}]`;
}

const ROWS: [string, (count: Counts, accesses: number) => string | number][] = [
  ['accesses', (_, accesses) => accesses],
  ['answered by the second-level TLB', (count) => count('DTLB_L2') + count('ITLB_L2')],
  ['table walks', (count) => count('WALK')],
  ['descriptors read: from L1', (count) => count('WALK_READ_L1')],
  ['  from L2', (count) => count('WALK_READ_L2')],
  ['  from L3', (count) => count('WALK_READ_L3')],
  ['  from DRAM', (count) => count('WALK_READ_DRAM')],
  ['cycles reading descriptors', (count) => descriptorCycles(count, profile)],
  ['loads that missed L1', (count) => count('LOAD_L2') + count('LOAD_L3') + count('LOAD_DRAM')],
];
console.log([core.padEnd(34), 'pages'.padStart(28), 'blocks'.padStart(28)].join(''));
for (const [name, value] of ROWS) {
  const cells = simulators.map((each) => String(value(each.counts(), each.accesses)).padStart(28));
  console.log([name.padEnd(34), ...cells].join(''));
}
