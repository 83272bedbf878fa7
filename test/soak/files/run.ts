// Mutated files of every kind for as many cases as it is told: each ends in a refusal of one clear line or in a result
// whose counts come out.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { UsageError } from '../arguments.js';
import { Progress } from '../progress.js';
import { table } from '../table.js';
import { Cases } from './case.js';
import { commandOn, FOLDER, prepare } from './command.js';
import type { Kind } from './kind.js';
import { KINDS } from './kinds.js';
import { type Largest, largeFiles } from './large.js';
import type { Bytes } from './mutate-bytes.js';
import { smaller } from './smaller.js';
import { Watched } from './watched.js';
import type { Done } from './worker.js';

export interface FilesOptions {
  mutations: number;
  seed: number;
  kind: string | undefined;
  /** Large files by the command in place of mutated ones. */
  large: boolean;
}

/** Cases that a thread is given at once; the first of them is also read by the command itself. */
const STRETCH = 500;
/** Kinds that are run side by side. */
const AT_ONCE = 3;
const DEADLY = /^(no end after|the thread died|the command)/;

interface Row {
  kind: Kind;
  cases: number;
  accepted: number;
  refused: number;
  slowest: number;
  commands: number;
  large: Largest | undefined;
  problem: string | undefined;
}

function rowOf(kind: Kind): Row {
  return {
    kind,
    cases: 0,
    accepted: 0,
    refused: 0,
    slowest: 0,
    commands: 0,
    large: undefined,
    problem: undefined,
  };
}

/** Prints what was run by kind, and the first file of each kind that failed. True if none did. */
export async function soakFiles({ mutations, seed, kind: only, large }: FilesOptions): Promise<boolean> {
  const kinds = kindsOf(only);
  prepare();
  const progress = new Progress();
  const began = performance.now();
  const shares = kinds.reduce((sum, { share }) => sum + share, 0);
  const run = (row: Row): Promise<string | undefined> =>
    large ? soakLarge(row) : soakKind(row, seed, Math.ceil((mutations * row.kind.share) / shares), progress);
  const rows = kinds.map(rowOf);
  const waiting = [...rows];
  const work = async () => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) row.problem = await run(row);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  progress.clear();
  console.log(large ? largeTable(rows) : filesTable(rows));
  const failed = rows.filter(({ problem }) => problem !== undefined);
  for (const { kind, problem } of failed) console.log(`${kind.name}: ${problem}`);
  const files = rows.reduce((sum, row) => sum + row.cases + (row.large?.files ?? 0), 0);
  const seconds = (performance.now() - began) / 1000;
  console.log(`${files} files in ${seconds.toFixed(0)} s: ${failed.length === 0 ? 'no failure' : 'failed'}`);
  return failed.length === 0;
}

function kindsOf(only: string | undefined): readonly Kind[] {
  const kinds = KINDS.filter(({ name }) => only === undefined || name === only);
  if (kinds.length > 0) return kinds;
  throw new UsageError(`--kind ${only}: expected one of ${KINDS.map(({ name }) => name).join(', ')}`);
}

/** The first problem, if there is one. */
async function soakKind(
  row: Row,
  seed: number,
  cases: number,
  progress: Progress,
): Promise<string | undefined> {
  const watched = new Watched();
  const own = new Cases(row.kind, seed);
  try {
    for (let from = 0; from < cases; from += STRETCH) {
      const to = Math.min(cases, from + STRETCH);
      const [done, problem] = await Promise.all([
        watched.run({ kind: row.kind.name, seed, from, to }),
        problemOf(() => commandOn(row.kind, own.file(from).bytes, from % (2 * STRETCH) === 0)),
      ]);
      if (done.failed !== undefined) return await report(row.kind, seed, done.failed, own);
      if (problem !== undefined)
        return await report(row.kind, seed, { n: from, problem: `the command: ${problem}` }, own);
      note(row, done);
      row.commands++;
      progress.show(`${row.kind.name}: ${to} of ${cases} files`);
    }
    return undefined;
  } finally {
    watched.close();
  }
}

function soakLarge(row: Row): Promise<string | undefined> {
  return problemOf(async () => {
    row.large = await largeFiles(row.kind);
  });
}

function note(row: Row, { accepted, refused, slowest }: Done): void {
  row.cases += accepted + refused;
  row.accepted += accepted;
  row.refused += refused;
  row.slowest = Math.max(row.slowest, slowest);
}

async function problemOf(run: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** Makes the file small while it fails, writes it, and says how to run it again. */
async function report(
  kind: Kind,
  seed: number,
  failed: { n: number; problem: string },
  cases: Cases,
): Promise<string> {
  const { bytes } = cases.file(failed.n);
  const path = `${FOLDER}/${seed}-${kind.name}`;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path, bytes);
  const small = await smallest(kind, bytes, failed.problem);
  writeFileSync(path, small);
  return (
    `file ${failed.n} of seed ${seed} failed (${bytes.length} bytes, ${small.length} are enough)\n${failed.problem}\n` +
    `npm run soak -- --files --replay ${path}`
  );
}

/** Only what fails in this thread can be made smaller: a file that hangs or kills it is kept as it is. */
async function smallest(kind: Kind, bytes: Bytes, problem: string): Promise<Bytes> {
  if (DEADLY.test(problem)) return bytes;
  const fails = async (file: Bytes) => (await replayProblem(kind, file)) !== undefined;
  return (await fails(bytes)) ? smaller(bytes, fails) : bytes;
}

async function replayProblem(kind: Kind, bytes: Bytes): Promise<string | undefined> {
  const cases = new Cases(kind, 0);
  return problemOf(() => cases.judge({ bytes, how: '', like: undefined, chunk: 1 << 16 }));
}

/** Reads one file again, as the kind its name ends in. True if nothing is wrong. */
export async function replayFile(path: string, only: string | undefined): Promise<boolean> {
  const name = only ?? path.split('-').at(-1);
  const [kind] = kindsOf(name);
  prepare();
  const bytes: Bytes = Uint8Array.from(readFileSync(path));
  const problem =
    (await replayProblem(kind as Kind, bytes)) ??
    (await problemOf(() => commandOn(kind as Kind, bytes, false)));
  console.log(problem ?? `${path}: no failure`);
  return problem === undefined;
}

function filesTable(rows: readonly Row[]): string {
  const head = ['kind', 'files', 'accepted', 'refused', 'slowest ms', 'by the command too'];
  return table(
    head,
    rows.map(({ kind, cases, accepted, refused, slowest, commands }) => [
      kind.name,
      cases,
      accepted,
      refused,
      slowest.toFixed(0),
      commands,
    ]),
  );
}

function largeTable(rows: readonly Row[]): string {
  const head = ['kind', 'files', 'small MiB', 'most MiB', 'most per byte', 'of'];
  return table(
    head,
    rows.map(({ kind, large }) => [
      kind.name,
      large?.files ?? 0,
      large?.small.toFixed(0) ?? '',
      large?.peak.toFixed(0) ?? '',
      large?.factor.toFixed(1) ?? '',
      large?.what ?? '',
    ]),
  );
}
