// What the scripts share: where the repository is, and how the compilers are run.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * An absolute path from one relative to the repository's root.
 * @param {string} path
 */
export const fromRoot = (path) => join(root, path);

/**
 * Runs a script under this Node, in the repository's root; rejects unless it exits 0.
 * @param {string} script path relative to the root
 * @param {string[]} args
 * @param {(chunk: Buffer) => void} [onOutput] takes stdout and stderr; without it they are passed on
 * @returns {Promise<void>}
 */
export function runNode(script, args, onOutput) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fromRoot(script), ...args], {
      cwd: root,
      stdio: onOutput ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    });
    if (onOutput) {
      child.stdout?.on('data', onOutput);
      child.stderr?.on('data', onOutput);
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new ScriptError(`${script} ${args.join(' ')}: ${signal ?? `exit status ${code}`}`, code));
    });
  });
}

/** A script that did not exit 0. */
export class ScriptError extends Error {
  /**
   * @param {string} message
   * @param {number | null} status its exit status, null if a signal ended it
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** What the accounted output has beside the entries of asconfig.json. */
const ACCOUNTED_ENTRY = 'assembly/uarch/exports.ts';

/**
 * Compiles targets of asconfig.json side by side. What the compiler says of several targets alike, as it does of
 * an error in code they share, is printed once.
 * @param {string[]} targets
 */
export async function asc(targets) {
  const script = 'node_modules/assemblyscript/bin/asc.js';
  const runs = targets.map((target) => {
    let output = '';
    const entries = target.endsWith('accounted') ? [ACCOUNTED_ENTRY] : [];
    const end = runNode(script, [...entries, '--config', 'asconfig.json', '--target', target], (chunk) => {
      output += chunk;
    });
    return { end, output: () => output };
  });
  const ends = runs.map((run) => run.end);
  await Promise.allSettled(ends);
  process.stderr.write([...new Set(runs.map((run) => run.output()))].join(''));
  await Promise.all(ends);
}

/**
 * Runs the TypeScript compiler.
 * @param {string[]} args
 */
export const tsc = (args) => runNode('node_modules/typescript/bin/tsc', args);

/**
 * Compiles the project tsconfig.NAME.json into build/NAME, with nothing left there of an earlier run.
 * @param {string} name
 */
export async function compileProject(name) {
  rmSync(fromRoot(`build/${name}`), { recursive: true, force: true });
  await tsc(['-p', `tsconfig.${name}.json`]);
}
