// Core profiles of the user's own, as the page's worker takes them.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { OpenedCores, withCores } from '../../src/web/cores/opened.js';
import { splitProfiles } from '../../src/web/cores/sniff.js';
import { initialState } from '../../src/web/state.js';
import type { WorkerClient } from '../../src/web/worker/client.js';
import { cores } from '../../src/web/worker/cores.js';
import { pageData } from '../../src/web/worker/data.js';
import { DATA_FILES, PAGE_DATA } from './page-data.js';

const { sources, cores: bundled } = DATA_FILES['profiles.json'];
const slow = structuredClone(bundled['cortex-a53']);
slow.sys.exc_entry = { ...slow.sys.exc_entry, v: 9000, lo: 9000, hi: 9000 };
const fileOf = (own: object) => ({ format: 'stage2-profiles/1', sources, cores: own });
const source = (text: string | Uint8Array<ArrayBuffer>, key: string) => ({
  key,
  file: { name: 'my.json', bytes: new Blob([text]) },
});
const own = source(JSON.stringify(fileOf({ mine: slow })), 'mine');
/** A client without a worker. */
const client = { call: (_: string, query: Parameters<typeof cores>[0]) => cores(query, () => undefined) };

describe('core profiles of the user’s own', () => {
  it('stand behind the bundled ones, plain or gzip', async () => {
    const packed = source(new Uint8Array(gzipSync(JSON.stringify(fileOf({ mine: slow })))), 'packed');
    for (const profile of [own, packed]) {
      const known = await cores({ data: PAGE_DATA, profile }, () => undefined);
      expect(known.cores).toEqual([...Object.keys(bundled), 'mine']);
      expect(known.own).toEqual(['mine']);
    }
  });

  it('are priced by their own values, and the file is named with them', async () => {
    const data = await pageData(PAGE_DATA, own);
    const entry = (core: string) => data.core(core, 'nvhe-4.x').table.prices.get('exc_entry')?.v;
    expect([entry('mine'), entry('cortex-a53')]).toEqual([9000, bundled['cortex-a53'].sys.exc_entry.v]);
    expect([data.fileOf('mine'), data.fileOf('cortex-a53')]).toEqual(['my.json', undefined]);
    await pageData(PAGE_DATA, undefined);
    expect(() => entry('mine')).toThrow(/^core: found "mine", expected cortex-a53, /);
  });

  it('take the place of bundled ones of the same name', async () => {
    const twin = source(JSON.stringify(fileOf({ 'cortex-a53': slow })), 'twin');
    const data = await pageData(PAGE_DATA, twin);
    expect(data.profile('cortex-a53').system.get('exc_entry')?.v).toBe(9000);
    expect([data.fileOf('cortex-a53'), data.fileOf('cortex-a72')]).toEqual(['my.json', undefined]);
    await pageData(PAGE_DATA, undefined);
    expect(data.profile('cortex-a53').system.get('exc_entry')?.v).toBe(bundled['cortex-a53'].sys.exc_entry.v);
  });

  it.each([
    ['{"a":', /^my\.json: /],
    ['{}', /^my\.json: format: found nothing, expected stage2-profiles\/1/],
    [JSON.stringify(fileOf({})), /^my\.json: cores: .*expected at least one core/],
    [JSON.stringify(fileOf({ mine: { order: 'sideways' } })), /^my\.json: cores\.mine\./],
  ])('that are none have one line about it, and lose nothing: %#', async (text, line) => {
    const opened = new OpenedCores(PAGE_DATA);
    expect(await opened.open(own.file, client as unknown as WorkerClient)).toBe(true);
    const bad = { name: 'my.json', bytes: new Blob([text]) };
    expect(await opened.open(bad, client as unknown as WorkerClient)).toBe(false);
    expect(opened.state.error).toMatch(line);
    expect(opened.state.error).not.toContain('\n');
    expect(opened.state.known?.own).toEqual(['mine']);
    expect(opened.missing('my.json')).toBe('');
  });

  it('are chosen when they are opened, but for a link that is about them', () => {
    const known = { cores: ['cortex-a53', 'neoverse-n1', 'mine'], own: ['mine'], kernels: [] };
    const state = initialState();
    const opened = withCores(state, 'my.json', known);
    expect(opened.compare?.cores).toEqual(['cortex-a53', 'neoverse-n1', 'mine']);
    expect([opened.replay?.core, opened.files?.profile]).toEqual(['mine', 'my.json']);
    const linked = { ...state, files: { ...state.files, profile: 'my.json' } };
    expect(withCores(linked, 'my.json', known)).toEqual({ files: linked.files });
    const without = withCores({ ...state, ...opened }, '', { ...known, cores: ['cortex-a53'], own: [] });
    expect(without.compare?.cores).toEqual(['cortex-a53']);
    expect(without.replay?.core).toBe('cortex-a53');
  });

  it('are told from other files by what they say of themselves, plain or gzip', async () => {
    const text = JSON.stringify({ cores: { mine: slow }, sources, format: 'stage2-profiles/1' });
    const plain = new File([text], 'a.json');
    const packed = new File([new Uint8Array(gzipSync(text))], 'b.json.gz');
    const damaged = new File([new Uint8Array([0x1f, 0x8b, 1, 2])], 'c.json.gz');
    const others = [damaged, new File(['{"vms": []}'], 'd.memslots.json'), new File([], 'e.txt')];
    expect(await splitProfiles([...others, plain])).toEqual({ profile: plain, others });
    expect((await splitProfiles([packed])).profile).toBe(packed);
  });
});
