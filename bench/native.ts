import { execFileSync } from 'node:child_process';
import { IDMAP_BYTES } from './cases/idmap.js';
import { compile } from './compile.js';
import { median } from './sample.js';

const BINARY = 'build/bench/idmap';

/** Compiles the plain C loop. False if there is no C compiler. */
export function buildNative(): boolean {
  try {
    compile('bench/native/idmap.c', BINARY);
    return true;
  } catch {
    return false;
  }
}

/** Pages per second of CPU time of the C loop over the same range: the median of a few rounds. */
export function nativeIdmap(): number {
  const output = execFileSync(BINARY, [String(IDMAP_BYTES), '7'], { encoding: 'utf8' });
  const nanoseconds = output.trim().split('\n').map(Number);
  return (Number(IDMAP_BYTES >> 12n) / median(nanoseconds)) * 1e9;
}
