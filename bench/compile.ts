import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** Compiles C for this very machine into build/bench. Throws if there is no C compiler, or if it refuses. */
export function compile(source: string, output: string, options: readonly string[] = []): void {
  mkdirSync('build/bench', { recursive: true });
  execFileSync('cc', ['-O3', '-march=native', ...options, '-o', output, source], { stdio: 'pipe' });
}

/** What the compiler calls itself. */
export function compilerVersion(): string {
  return execFileSync('cc', ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? 'unknown';
}
