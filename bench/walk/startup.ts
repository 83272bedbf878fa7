import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Spread, spread } from './measure.js';

const STARTS = 9;

/** Milliseconds from instantiation to the first answer, each in a process of its own. */
export function firstAnswer(): Spread {
  const script = fileURLToPath(new URL('first-answer.js', import.meta.url));
  const times = Array.from({ length: STARTS }, () =>
    Number(execFileSync(process.execPath, [script], { encoding: 'utf8' })),
  );
  return spread(times);
}
