// Table dumps: loaded, listed and checked as `stage2 dump` and `stage2 walk --check` do.
import { namingFile } from '../../../src/cli/tables.js';
import { checkMappings } from '../../../src/conform/mappings.js';
import { type Dump, readDump } from '../../../src/trace/index.js';
import { loadImage } from '../../../src/walk/image.js';
import { type TableLeaf, tableLeaves } from '../../../src/walk/leaves.js';
import type { Regime } from '../../../src/walk/regime.js';
import { tableTree } from '../../../src/walk/tree.js';
import { dumps, type Json } from './data.js';
import { type Kind, must, textOf } from './kind.js';

export const dump: Kind = {
  name: 'dump',
  json: true,
  share: 25,
  seeds: () => dumps().map((file) => JSON.stringify(file)),
  async use(source, name) {
    const read = await readDump(source, name);
    return namingFile(name, () => {
      const translator = loadImage(read);
      const { regime, machine } = translator;
      const tree = tableTree(read.tablePages, regime);
      const leaves = [...tableLeaves(machine, regime)];
      checkLeaves(read, regime, leaves);
      const report = checkMappings(translator, read.mappings, leaves);
      if (report.differences.length === 0) checkSame(read, leaves);
      must(
        report.mappings === read.mappings.length,
        () => `${report.mappings} of ${read.mappings.length} mappings`,
      );
      return textOf({ tree, leaves, report });
    });
  },
  command: (path) => ['walk', '--check', '--tables', path],
  grow(bytes) {
    const [file] = dumps();
    const row = JSON.stringify({
      pa: '0x300000000',
      level: 3,
      ipa_base: '0x0',
      n_entries: 512,
      entries: { 1: '0x1000007db' },
    });
    const n = Math.ceil(bytes / (row.length + 2));
    const more = Array.from({ length: n }, (_, i) => ({
      ...JSON.parse(row),
      pa: `0x${(0x300000000 + 4096 * i).toString(16)}`,
    }));
    return JSON.stringify({ ...(file as Json), table_pages: [...(file as Json).table_pages, ...more] });
  },
  // Every entry in a page of its own.
  worst(bytes) {
    const pages = 256;
    const entries = Object.fromEntries(Array.from({ length: pages }, (_, i) => [i * 512, '0x1']));
    const row = { level: 3, ipa_base: '0x0', n_entries: pages * 512, entries };
    const n = Math.ceil(bytes / JSON.stringify(row).length);
    const [file] = dumps();
    const tables = Array.from({ length: n }, (_, i) => ({
      ...row,
      pa: `0x${(0x300000000 + pages * 4096 * i).toString(16)}`,
    }));
    return JSON.stringify({ ...(file as Json), table_pages: [...(file as Json).table_pages, ...tables] });
  },
  memory: { base: 160, factor: 400 },
};

const VALID = 1n;
const TABLE = 2n;
const PAGE_LEVEL = 3;

/** The leaves again, from the file alone: followed from table to table by address. */
function checkLeaves({ tablePages }: Dump, regime: Regime, leaves: readonly TableLeaf[]): void {
  const { granuleShift, stride, startLevel, tableBase, iaBits, layout } = regime;
  // Wide addresses have their upper bits elsewhere; the walk's own tests hold those.
  if (Number(layout) !== 0) return;
  const words = new Map(
    tablePages.flatMap(({ pa, entries }) => [...entries].map(([i, d]) => [pa + BigInt(i) * 8n, d])),
  );
  const shiftOf = (level: number) => BigInt(granuleShift + stride * (PAGE_LEVEL - level));
  const addressMask = ((1n << 48n) - 1n) & -(1n << BigInt(granuleShift));
  let found = 0;
  const follow = (base: bigint, level: number, entries: bigint): void => {
    for (let i = 0n; i < entries; i++) {
      const desc = words.get(base + i * 8n) ?? 0n;
      if ((desc & VALID) === 0n) continue;
      if (level < PAGE_LEVEL && (desc & TABLE) !== 0n)
        follow(desc & addressMask, level + 1, 1n << BigInt(stride));
      else found++;
    }
  };
  follow(tableBase, startLevel, 1n << (BigInt(iaBits) - shiftOf(startLevel)));
  must(found === leaves.length, () => `${leaves.length} leaves, the file's tables have ${found}`);
  const ordered = leaves.every(({ ipa }, i) => i === 0 || ipa > (leaves[i - 1]?.ipa ?? 0n));
  must(ordered, () => 'leaves are not in the order of their addresses');
}

/** Without a difference, mappings and leaves are the same ones. */
function checkSame({ mappings }: Dump, leaves: readonly TableLeaf[]): void {
  must(
    mappings.length === leaves.length,
    () => `${mappings.length} mappings and ${leaves.length} leaves, but no difference`,
  );
  const sizes = mappings.reduce((sum, { size }) => sum + size, 0n);
  const ends = new Set(mappings.map(({ ipa }) => ipa));
  must(
    ends.size === mappings.length,
    () => `a mapping is listed twice (${sizes} bytes in all), but no difference`,
  );
}
