// The package as a user gets it: packed, and installed from the tarball in an empty folder.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CONSUMER = fileURLToPath(new URL('consumer', import.meta.url));

export interface Installed {
  /** The empty folder, with node_modules and the programs of test/pkg/consumer. */
  folder: string;
  /** Files in the tarball, as paths in the package. */
  files: readonly string[];
  /** Bytes of the tarball. */
  size: number;
  /** Runs a program with the folder as working directory and gives its standard output. */
  run(program: string, ...args: string[]): string;
  remove(): void;
}

/** Packs dist as it is and installs it. */
export function installPackage(): Installed {
  const folder = mkdtempSync(join(tmpdir(), 'stage2-consumer-'));
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ filename, files, size }] = JSON.parse(packed);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, filename));
  for (const program of readdirSync(CONSUMER)) cpSync(join(CONSUMER, program), join(folder, program));
  return {
    folder,
    files: files.map((file: { path: string }) => file.path),
    size,
    run,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
