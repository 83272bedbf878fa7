// Installs the packed package beside every supported Node and compares what the same program answers in each.
//   node scripts/check-nodes.mjs
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromRoot } from './tools.mjs';

/** Majors of Node that the package is for; the oldest is that of `engines`. */
const MAJORS = [20, 22, 24];
/** The npm package that has the binary of this platform. */
const NODE = `node-${process.platform}-${process.arch}`;
const PROGRAMS = ['answer.mjs', 'print.mjs'];

const folder = mkdtempSync(join(tmpdir(), 'stage2-nodes-'));
try {
  const answers = check(folder);
  const same = new Set(answers.values()).size === 1;
  for (const [version, answer] of answers) console.log(`${version} ${answer.replaceAll('\n', ' ')}`);
  if (!same) console.error('check-nodes: the answers differ');
  process.exitCode = same ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * What every Node answers, by its version.
 * @param {string} folder
 * @returns {Map<string, string>}
 */
function check(folder) {
  const npm = (/** @type {string[]} */ ...args) =>
    execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const [{ filename }] = JSON.parse(
    npm('pack', '--ignore-scripts', '--json', '--pack-destination', folder, fromRoot('')),
  );
  const nodes = MAJORS.map((major) => `node-${major}@npm:${NODE}@${major}`);
  npm('install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, filename), ...nodes);
  for (const program of PROGRAMS)
    copyFileSync(fromRoot(`test/pkg/consumer/${program}`), join(folder, program));
  return new Map(
    MAJORS.map((major) => answerOf(folder, join(folder, `node_modules/node-${major}/bin/node`))),
  );
}

/**
 * The version of a Node, and what the program and the command print in it.
 * @param {string} folder
 * @param {string} node
 * @returns {[string, string]}
 */
function answerOf(folder, node) {
  const run = (/** @type {string[]} */ ...args) =>
    execFileSync(node, args, { cwd: folder, encoding: 'utf8' });
  const command = run('node_modules/stage2/dist/cli/main.js', 'profiles', 'neoverse-n1', '--json');
  return [run('--version').trim(), `${run('print.mjs').trim()} profiles: ${command.length} characters`];
}
