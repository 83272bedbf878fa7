// The data files of the page and a capture, as its workers are given them.
import { readdirSync, readFileSync } from 'node:fs';
import type { CaptureSource } from '../../src/web/replay/types.js';

const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));
const data = (folder: string) =>
  readdirSync(new URL(`../../src/data/${folder}`, import.meta.url)).filter((name) => name.endsWith('.json'));
const names = [...data(''), ...data('builds').map((name) => `builds/${name}`)];

/** By name, as they are in JSON. */
export const DATA_FILES = Object.fromEntries(
  names.map((name) => [name, JSON.parse(String(file(`src/data/${name}`)))]),
);
export const PAGE_DATA = new Blob([JSON.stringify(DATA_FILES)]);

const CAPTURE = 'test/traces/captures/guestB_6.1_max_thp';
export const GUEST_B: CaptureSource = {
  key: 'guestB',
  trace: { name: 'b.txt.gz', bytes: new Blob([file(`${CAPTURE}.txt.gz`)]) },
  slots: { name: 'b.memslots.json', bytes: new Blob([file(`${CAPTURE}.memslots.json`)]) },
};
