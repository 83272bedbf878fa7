import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';

const FOLDER = 'bench/results';

/** What a result was measured on and with. */
export interface Measured {
  /** Name and version of the result's form. */
  format: string;
  /** How often each case was measured. */
  rounds: number;
  /** The modules measured, as paths in the repository. */
  wasm: readonly string[];
  /** What the C compiler calls itself, or 'none'. */
  compiler: string;
}

/** Writes a result with a description of the machine, and says where. */
export function writeResult(
  name: string,
  { format, rounds, wasm, compiler }: Measured,
  content: object,
): void {
  const environment = {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    compiler,
    rounds,
    wasm: Object.fromEntries(wasm.map((path) => [path, hash(path)])),
  };
  mkdirSync(FOLDER, { recursive: true });
  const file = `${FOLDER}/${name}.json`;
  writeFileSync(file, `${JSON.stringify({ format, environment, ...content }, null, 2)}\n`);
  console.log(`\nwritten to ${file}`);
}

/** The first 16 digits of the SHA-256 of a file. */
const hash = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
