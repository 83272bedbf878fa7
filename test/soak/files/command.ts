// The command itself, run on a file: its exit code, what it prints, and the memory it took.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { checkLine, type Kind, must } from './kind.js';
import { companions } from './trace.js';

const COMMAND = 'dist/cli/main.js';
export const FOLDER = 'build/files';
const TIME_MS = 120_000;
const KIB = 1024;

/** Says, when the command ends, how many KiB it had at most: of Linux's figures the one that begins with the program. */
const PEAK = `process.on('exit', () => {
  const { readFileSync, writeSync } = require('node:fs');
  try { writeSync(3, /VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]); } catch {}
});`;

export interface Ran {
  exit: number | null;
  stdout: string;
  stderr: string;
  /** Most bytes of real memory. */
  peak: number;
  ms: number;
}

/** Writes what commands need besides the file that is mutated. */
export function prepare(): void {
  mkdirSync(FOLDER, { recursive: true });
  for (const [path, text] of companions()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  writeFileSync(`${FOLDER}/peak.cjs`, PEAK);
}

export async function runCommand(args: readonly string[]): Promise<Ran> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--require', `./${FOLDER}/peak.cjs`, COMMAND, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const texts = ['', '', ''];
    [child.stdout, child.stderr, child.stdio[3]].forEach((stream, i) => {
      stream?.on('data', (chunk) => {
        texts[i] += chunk;
      });
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), TIME_MS);
    child.on('error', reject);
    child.on('close', (exit) => {
      clearTimeout(timer);
      const [stdout = '', stderr = '', peak = ''] = texts;
      resolve({ exit, stdout, stderr, peak: Number(peak) * KIB, ms: performance.now() - began });
    });
  });
}

/**
 * Runs the command of a kind on `bytes`. @throws Wrong unless it answers, or refuses the file in one line, or with
 * `json` in one document.
 */
export async function commandOn(kind: Kind, bytes: Uint8Array, json: boolean): Promise<Ran> {
  const path = `${FOLDER}/hostile-${process.pid}-${kind.name}.in`;
  writeFileSync(path, bytes);
  const ran = await runCommand([...kind.command(path), ...(json ? ['--json'] : [])]);
  rmSync(path);
  checkRun(ran, path, json);
  return ran;
}

function checkRun({ exit, stdout, stderr }: Ran, path: string, json: boolean): void {
  must([0, 1, 2].includes(exit ?? -1), () => `exit ${exit}: ${stderr.slice(0, 2000)}`);
  if (json) {
    const document = JSON.parse(stdout);
    must(stderr === '', () => `--json, but stderr has ${stderr.slice(0, 500)}`);
    if (exit === 2) checkLine(document.error.message, path);
    return;
  }
  if (exit !== 2) {
    must(stderr === '' && stdout !== '', () => `exit ${exit}, stderr ${stderr.slice(0, 500)}`);
    return;
  }
  must(stdout === '', () => `refused, but stdout has ${stdout.slice(0, 500)}`);
  must(stderr.startsWith('stage2: ') && stderr.endsWith('\n'), () => `stderr: ${stderr.slice(0, 500)}`);
  checkLine(stderr.slice(0, -1), path);
}
