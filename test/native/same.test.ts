// The same calls give the same answers and leave the same bytes in every core: with SIMD and without, in Node, in
// Chromium, and translated to C by wasm2c and compiled.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openPage } from '../browser/chromium.js';
import { replay } from './log.mjs';
import { programs } from './programs.js';
import { type Recording, record } from './record.js';
import { findTools, nativeReplay } from './translate.js';

const SEED = 20261123;
const BUILD = fileURLToPath(new URL('../../build', import.meta.url));
const coreOf = ({ accounted }: Recording, kind: 'simd' | 'scalar') =>
  `stage2${kind === 'scalar' ? '-scalar' : ''}${accounted ? '-accounted' : ''}`;

const tools = findTools();
const chromium = findChromium();
const recordings: (Recording & { name: string; file: string })[] = [];
beforeAll(() => {
  mkdirSync(`${BUILD}/native`, { recursive: true });
  for (const { name, run } of programs(SEED)) {
    for (const each of record(run)) {
      const file = `native/${recordings.length}.calls`;
      writeFileSync(`${BUILD}/${file}`, each.log);
      recordings.push({ ...each, name, file });
    }
  }
}, 300_000);

/** Fails at the first line that differs: what comes after follows from it. */
function expectLines(
  found: readonly string[],
  { name, lines }: { name: string; lines: readonly string[] },
): void {
  const at = lines.findIndex((line, i) => line !== found[i]);
  expect({ name, at, line: found[at] }).toEqual({ name, at, line: lines[at] });
  expect(found.length).toBe(lines.length);
}

describe('the recorded programs', () => {
  it.each([false, true])('call every export (accounted: %s)', (accounted) => {
    const some = recordings.filter((each) => each.accounted === accounted);
    const names = new Set(some.flatMap(({ calls }) => [...calls.keys()]));
    const called = new Set(
      some.flatMap(({ calls }) => [...calls].flatMap(([name, n]) => (n > 0 ? [name] : []))),
    );
    expect([...names].filter((name) => !called.has(name))).toEqual([]);
  });
});

describe('the same answers and the same bytes of memory', () => {
  it.each(['simd', 'scalar'] as const)('in Node (%s)', (kind) => {
    for (const each of recordings) {
      const wasm = readFileSync(`${BUILD}/${coreOf(each, kind)}.wasm`);
      expectLines(replay(wasm, each.log.buffer as ArrayBuffer), each);
    }
  });

  it.skipIf(tools === undefined)(
    'translated to C and compiled',
    async () => {
      if (tools === undefined) return;
      const [plain, accounted] = await Promise.all(
        ['stage2-scalar', 'stage2-scalar-accounted'].map((name) => nativeReplay(tools, name)),
      );
      for (const each of recordings) {
        const program = each.accounted ? accounted : plain;
        const { stdout } = await promisify(execFile)(program as string, [`${BUILD}/${each.file}`], {
          maxBuffer: 1 << 26,
        });
        expectLines(stdout.trimEnd().split('\n'), each);
      }
    },
    300_000,
  );
});

describe.skipIf(chromium === undefined)('the same answers and the same bytes of memory in Chromium', () => {
  let browser: Awaited<ReturnType<typeof openPage>>;
  beforeAll(async () => {
    browser = await openPage(chromium as string);
  });
  afterAll(() => browser?.close());

  it.each(['simd', 'scalar'] as const)('(%s)', async (kind) => {
    for (const each of recordings) {
      const text = await browser.page.evaluate(inPage(`${coreOf(each, kind)}.wasm`, each.file));
      expectLines(text as string[], each);
    }
  });
});

const inPage = (wasm: string, log: string): string => `(async () => {
  const { replay } = await import('/test/native/log.mjs');
  const read = async (path) => (await fetch(path)).arrayBuffer();
  return replay(await read('/build/${wasm}'), await read('/build/${log}'));
})()`;
