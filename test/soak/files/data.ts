// Files of the repository that mutations begin with, cut to what is quick to read. Paths are from its root, where npm
// runs scripts.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

// biome-ignore lint/suspicious/noExplicitAny: JSON as the files have it
export type Json = any;

export function textFile(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
}

export function jsonFile(path: string): Json {
  return JSON.parse(textFile(path));
}

/** What `make` gives, made once. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const CAPTURE = 'src/data/traces/guestA_6.1_max-vhe_kprobes';
/** Lines of the capture that are replayed: a VM and two slots are created, and pages are read. */
export const HEAD_LINES = 125;

export const captureHead = once(
  () => `${textFile(`${CAPTURE}.txt.gz`).split('\n').slice(0, HEAD_LINES).join('\n')}\n`,
);

/** The slots file of the capture without what comes long after those lines. */
export const slotsHead = once((): Json => {
  const file = jsonFile(`${CAPTURE}.memslots.json`);
  const early = ({ line, from_line }: { line?: number; from_line?: number }) =>
    (line ?? from_line ?? 0) < 20 * HEAD_LINES;
  return {
    ...file,
    slots: file.slots.filter(early),
    phases: file.phases.filter(early),
    host_operations: file.host_operations.slice(0, 2),
    dumps: file.dumps.slice(0, 2),
  };
});

export const reportText = once(() => textFile('test/traces/fixtures/guestA-trace-cmd-report.txt'));

const DUMPS = 'test/traces/tables/guestA-ipa_6.1_max';
const UNREAD = ['qemu', 'contents_first64', 'all_sysregs', 'guest', 'verification', 'host_ground_truth'];

export const dumps = once((): Json[] =>
  ['ipa32', 'ipa36', 'ipa48'].map((name) => {
    const dump = jsonFile(`${DUMPS}.${name}.json.gz`);
    for (const key of UNREAD) delete dump[key];
    return dump;
  }),
);

export const BUILD = 'src/data/builds/gcc12c-rfc.json';
const PATHS = 3;

/** A build with a few of its recorded paths. */
export const build = once((): Json => {
  const file = jsonFile(BUILD);
  return { ...file, paths: Object.fromEntries(everyFew(Object.entries(file.paths), PATHS)) };
});

export const allPaths = once((): Json => jsonFile(BUILD).paths);

function everyFew<T>(items: readonly T[], n: number): T[] {
  return items.filter((_, i) => i % Math.ceil(items.length / n) === 0);
}

/** The package's profiles with one core. */
export function profileOf(core: string): Json {
  const file = jsonFile('src/data/profiles.json');
  return { ...file, cores: { [core]: file.cores[core] } };
}

/** Rows of the package's targets that take little time. */
export const targets = once((): Json => {
  const { format, rows } = jsonFile('src/data/targets.json');
  const quick = ['barrier', 'exit', 'fault', 'exit-ratio', 'exit-delta', 'save-restore', 'l2tlb-hit'];
  return { format, rows: rows.filter((row: Json) => quick.includes(row.experiment)) };
});

const VECTORS = ['recorded/at_4k_max', 'recorded/real_16k_max', 'spec/v80_4k', 'spec/s1full_64k'];
const QUERIES = 12;

/** One case of each of a few files, with some of its queries. */
export const vectors = once((): Json[] =>
  VECTORS.map((name) => {
    const file = jsonFile(`test/vectors/${name}.json.gz`);
    const [first] = file.cases;
    return { ...file, cases: [{ ...first, queries: everyFew(first.queries, QUERIES) }] };
  }),
);
