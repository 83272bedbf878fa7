// Mutations of the values of a JSON file.
import type { Random } from '../hostile/random.js';
import type { Json } from './data.js';
import { spliced } from './lists.js';

export type JsonMutation = (random: Random, root: Json) => string;

const BOUNDARY = [
  0,
  -0,
  -1,
  1,
  2,
  3,
  63,
  64,
  65,
  255,
  4095,
  4096,
  65535,
  65536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 31),
  -(2 ** 53),
  0.1,
  0.5,
  1.5,
  1e-320,
  1e15,
  1e21,
  1e300,
  Number.MAX_VALUE,
];
const TEXTS = [
  '',
  ' ',
  '0',
  '0x',
  '0x0',
  '0x1',
  '0xfff',
  '0x1000',
  '0xfffffffffffff000',
  '0xffffffffffffffff',
  '0x10000000000000000',
  '-0x1',
  '0xzz',
  'NaN',
  'null',
  'constructor',
  'toString',
  '__proto__',
  'hasOwnProperty',
  'valueOf',
  '\u0000',
  '\n',
  '\u2028',
  '\u001b[31m',
  '../../etc/passwd',
  '\ud800',
  'ﬀ',
  'x'.repeat(5000),
  '!',
  '*',
];
const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  '0',
  'format',
  'v',
  '*',
];
const OF_TYPES = [null, true, false, 0, '', [], {}, [[]], [null], { v: null }, [0, 0], { length: 1 }];
const DEPTHS = [10, 99, 101, 5_000, 50_000];
const LENGTHS = [100, 1_000, 20_000, 100_000];
const BYTES_MAX = 300_000;
const STOP = 5;

/** Texts that stand for what JSON.stringify does not write. */
const RAW = '\u0001raw:';
const REPEATED = '\u0001again:';

type Path = readonly (string | number)[];

export const JSON_MUTATIONS: Readonly<Record<string, JsonMutation>> = {
  'key dropped': (random, root) => write(editObject(random, root, (entries, i) => spliced(entries, i, 1))),
  'key given twice': (random, root) =>
    write(
      editObject(random, root, (entries, i) => {
        const [key, value] = entries[i] ?? ['', 0];
        const other = entries[random.below(entries.length)]?.[1] ?? value;
        return [...entries, [REPEATED + key, random.oneIn(2) ? value : other]];
      }),
    ),
  'key renamed': (random, root) =>
    write(
      editObject(random, root, (entries, i) => spliced(entries, i, 1, [random.pick(KEYS), entries[i]?.[1]])),
    ),
  'key added': (random, root) =>
    write(editObject(random, root, (entries) => [...entries, [random.pick(KEYS), random.pick(OF_TYPES)]])),
  'keys swapped': (random, root) =>
    write(
      editObject(random, root, (entries, i) => {
        const j = random.below(entries.length);
        const [a, b] = [entries[i], entries[j]];
        return a === undefined || b === undefined
          ? entries
          : spliced(spliced(entries, i, 1, [a[0], b[1]]), j, 1, [b[0], a[1]]);
      }),
    ),
  'type changed': (random, root) => write(edit(random, root, () => random.pick(OF_TYPES))),
  'nested deeply': (random, root) => write(edit(random, root, () => RAW + deep(random))),
  'huge array': (random, root) => write(edit(random, root, (value) => RAW + huge(random, value))),
  emptied: (random, root) =>
    write(edit(random, root, (value) => (Array.isArray(value) ? [] : typeof value === 'object' ? {} : ''))),
  'number at a boundary': (random, root) =>
    write(editLeaf(random, root, 'number', () => random.pick(BOUNDARY))),
  'number scaled': (random, root) =>
    write(editLeaf(random, root, 'number', (n) => n * random.pick([-1, 0.5, 2, 1000, 1e9]))),
  'text replaced': (random, root) => write(editLeaf(random, root, 'string', () => random.pick(TEXTS))),
  'hex digit changed': (random, root) =>
    write(
      editLeaf(random, root, 'string', (text: string) => {
        const i = random.below(text.length);
        return text.slice(0, i) + random.pick([...'0123456789abcdefxg']) + text.slice(i + 1);
      }),
    ),
  'text of another place': (random, root) => {
    const other = leafAt(random, root, 'string');
    return write(editLeaf(random, root, 'string', () => other ?? ''));
  },
  'value of another place': (random, root) => {
    const other = valueAt(root, pathInto(random, root));
    return write(edit(random, root, () => other));
  },
  'items reordered': (random, root) =>
    write(editArray(random, root, (items) => [...items].sort(() => random.below(3) - 1))),
  'item duplicated': (random, root) =>
    write(editArray(random, root, (items, i) => spliced(items, i, 0, items[i]))),
  'item dropped': (random, root) => write(editArray(random, root, (items, i) => spliced(items, i, 1))),
  'several at once': (random, root) => {
    let changed = root;
    for (let n = 2 + random.below(4); n > 0; n--)
      changed = edit(random, changed, () => random.pick(OF_TYPES));
    return write(changed);
  },
  'several numbers': (random, root) => {
    let changed = root;
    for (let n = 2 + random.below(6); n > 0; n--)
      changed = editLeaf(random, changed, 'number', () => random.pick(BOUNDARY));
    return write(changed);
  },
  'top replaced': (random) => JSON.stringify(random.pick(OF_TYPES)),
};

function write(value: Json): string {
  const text = JSON.stringify(value) ?? 'null';
  return text
    .replace(/"\\u0001raw:((?:[^"\\]|\\.)*)"/g, (_, raw: string) => JSON.parse(`"${raw}"`))
    .replaceAll('\\u0001again:', '');
}

function deep(random: Random): string {
  const depth = random.pick(DEPTHS);
  return random.oneIn(2)
    ? '['.repeat(depth) + ']'.repeat(depth)
    : `${'{"v":'.repeat(depth)}0${'}'.repeat(depth)}`;
}

function huge(random: Random, value: Json): string {
  const n = random.pick(LENGTHS);
  const item =
    Array.isArray(value) && random.oneIn(2)
      ? JSON.stringify(value[0] ?? 0)
      : random.pick(['0', '[]', '{}', '""', 'null']);
  return `[${new Array(Math.min(n, Math.ceil(BYTES_MAX / item.length))).fill(item).join(',')}]`;
}

function isBranch(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** A way into the value: on down at random, further more often than not. */
function pathInto(
  random: Random,
  root: Json,
  stop: (value: Json) => boolean = () => random.oneIn(STOP),
): Path {
  const path: (string | number)[] = [];
  for (let at = root; isBranch(at) && (path.length === 0 || !stop(at)); ) {
    const key = random.pick(Object.keys(at));
    path.push(Array.isArray(at) ? Number(key) : key);
    at = at[key];
  }
  return path;
}

const valueAt = (root: Json, path: Path): Json => path.reduce((at, key) => at?.[key], root);

/** The value with what is at the path changed; what is beside the path is shared. */
function changed(at: Json, path: Path, change: (value: Json) => Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return change(at);
  const below = changed(at[key], rest, change);
  if (Array.isArray(at)) return spliced(at, key as number, 1, below);
  return Object.fromEntries(Object.entries(at).map(([name, value]) => [name, name === key ? below : value]));
}

function edit(random: Random, root: Json, change: (value: Json) => Json): Json {
  return changed(root, pathInto(random, root), change);
}

const TRIES = 40;

/** A way to a value that `fits`; undefined if none was found. */
function pathTo(random: Random, root: Json, fits: (value: Json) => boolean): Path | undefined {
  for (let i = 0; i < TRIES; i++) {
    const path = pathInto(random, root, () => false);
    for (let length = path.length; length >= 0; length--) {
      const part = path.slice(0, length);
      if (fits(valueAt(root, part)) && (length === 0 || !random.oneIn(STOP))) return part;
    }
  }
  return undefined;
}

function editLeaf(
  random: Random,
  root: Json,
  type: 'number' | 'string',
  change: (value: Json) => Json,
): Json {
  const path = pathTo(random, root, (value) => typeof value === type);
  return path === undefined ? root : changed(root, path, change);
}

function leafAt(random: Random, root: Json, type: 'number' | 'string'): Json {
  const path = pathTo(random, root, (value) => typeof value === type);
  return path && valueAt(root, path);
}

type Entries = [string, Json][];

function editObject(random: Random, root: Json, change: (entries: Entries, i: number) => Entries): Json {
  const path = pathTo(random, root, (value) => isBranch(value) && !Array.isArray(value));
  if (path === undefined) return root;
  return changed(root, path, (object) => {
    const entries = Object.entries(object) as Entries;
    return Object.fromEntries(change(entries, random.below(entries.length)));
  });
}

function editArray(random: Random, root: Json, change: (items: Json[], i: number) => Json[]): Json {
  const path = pathTo(random, root, (value) => Array.isArray(value) && value.length > 0);
  return path === undefined
    ? root
    : changed(root, path, (items) => change(items, random.below(items.length)));
}
