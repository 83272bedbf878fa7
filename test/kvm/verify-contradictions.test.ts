import { describe, expect, it } from 'vitest';
import { parsePaths } from '../../src/cost/index.js';
import { verifyPaths } from '../../src/scenario/verify.js';
import { buildJson, loadTestBuild, type PathJson } from './verify-files.js';

const BUILD = 'gcc12c-rfc';
const build = loadTestBuild(BUILD);
const recorded = buildJson(BUILD).paths;

/** Differences of a recorded scenario after `edit` changed it. */
function differences(scenario: string, edit: (path: PathJson) => void): string[] {
  const path = structuredClone(recorded[scenario]) as PathJson;
  edit(path);
  const file = parsePaths({ format: 'stage2-paths/1', paths: { edited: path } }, 'edited.json');
  const [report] = verifyPaths(build, file.paths.values(), 'mm');
  expect(report?.equal).toBe(report?.differences.length === 0);
  return report?.differences ?? [];
}

function call(path: PathJson, name: string): PathJson['callees'][number] {
  const found = path.callees.find((callee) => callee.name === name);
  if (found === undefined) throw new Error(`no call of ${name}`);
  return found;
}

/** A scenario, what to change in it, and how the first difference begins. */
const CASES: [string, string, (path: PathJson) => void, string][] = [
  [
    'more cached areas than there are',
    'write_anon_warm',
    (p) => {
      call(p, 'find_vma').q = { vma_null_probes: 4 };
    },
    'contradiction: find_vma: cache-hit after 4 probes of 4',
  ],
  [
    'a cache that is missed but not searched',
    'write_anon_vmacache_miss',
    (p) => {
      call(p, 'find_vma').q = { vma_null_probes: 3 };
    },
    'contradiction: find_vma: cache-miss after 3 probes of 4',
  ],
  [
    'an area above the address without a step to the left',
    'no_vma',
    (p) => {
      call(p, 'find_vma').outcome = 'cache-miss,tree-above';
    },
    'contradiction: find_vma: no tree gives 0 steps left, 0 right',
  ],
  [
    'a tree deeper than any',
    'write_anon_vmacache_miss',
    (p) => {
      call(p, 'find_vma').q = { vma_null_probes: 4, tree_left: 4_000_000_000 };
    },
    'contradiction: find_vma: no tree gives 4000000000 steps left',
  ],
  [
    'a slot that no search ends at',
    'write_anon_lrumiss',
    (p) => {
      call(p, 'gfn_to_memslot').q = {};
    },
    'contradiction: gfn_to_memslot: no slot table gives 0 steps ge and 0 steps lt',
  ],
  [
    'a device that no search finds',
    'mmio_write_kernel',
    (p) => {
      call(p, 'io_mem_abort').q = { bus_empty_w: 1, bus_lt: 2_000_000_000 };
    },
    'contradiction: io_mem_abort: no bus gives 2000000000 compares down',
  ],
  [
    'a page below all of no regions',
    'device_pfn',
    (p) => {
      for (const each of p.callees) each.q = {};
      call(p, 'pfn_valid').q = { mb_lt: 1, mb_ge: 1_000_000 };
    },
    'contradiction: the memory regions: no table of them gives 1 steps down and 1000000 up',
  ],
  [
    'a second look-up that probes more than the first',
    'device_pfn',
    (p) => {
      call(p, 'find_vma').outcome = 'cache-miss,tree-found';
      call(p, 'find_vma').q = { vma_null_probes: 4 };
      call(p, 'gfn_to_pfn_prot').q = { mb_lt: 1, mb_ge: 1, vma_probe_below: 1 };
    },
    'contradiction: gfn_to_pfn_prot: its look-up probes areas that find_vma did not',
  ],
  [
    'a cache with more room than it has',
    'write_anon_topup',
    (p) => {
      p.quantities.cache_room = 41;
    },
    'contradiction: cache_room 41: the cache of table pages holds 40',
  ],
  [
    'an outcome nobody knows',
    'write_anon_warm',
    (p) => {
      call(p, 'find_vma').outcome = 'cache-warm';
    },
    'contradiction: find_vma has no outcome "cache-warm"',
  ],
  [
    'an outcome the build has no counts of',
    'no_vma',
    (p) => {
      call(p, 'find_vma').outcome = 'cache-stale,tree-empty';
      call(p, 'find_vma').q = {};
    },
    'walk: gcc12c-rfc: a28: the build has no outcome "cache-stale,tree-empty" of find_vma',
  ],
  [
    'a fetch that writes',
    'exec_anon_warm',
    (p) => {
      p.predicates.is_write = true;
    },
    'predicates.is_write: expected true, got false',
  ],
  [
    'a cache that is full and too empty',
    'write_anon_topup',
    (p) => {
      p.predicates.cache_enough = true;
    },
    'predicates.cache_enough: expected true, got false',
  ],
  [
    'a derived predicate against its definition, where the fault does not reach it',
    'sea_claimed',
    (p) => {
      p.predicates.force_pte = true;
    },
    'predicates.force_pte: expected true, got false',
  ],
  [
    'another value returned',
    'write_anon_warm',
    (p) => {
      p.ret = 0;
    },
    'ret: expected 0, got 1',
  ],
  [
    'a block more',
    'write_anon_warm',
    (p) => {
      p.blocks.splice(2, 0, 'a1');
    },
    'blocks[2]: expected a0 a3 [a1] ',
  ],
  [
    'a call left out',
    'write_anon_warm',
    (p) => {
      p.callees.splice(1, 1);
    },
    'callees[1]: expected gfn_to_memslot lru-hit, got __srcu_read_lock any',
  ],
];

describe('a recorded scenario that contradicts itself', () => {
  it.each(CASES)('is a difference in one line: %s', (_, scenario, edit, line) => {
    const found = differences(scenario, edit);
    expect(
      found.some((difference) => difference.startsWith(line)),
      found.join('\n'),
    ).toBe(true);
    for (const difference of found) expect(difference).not.toContain('\n');
  });

  it('is none as recorded', () => {
    for (const name of Object.keys(recorded)) expect(differences(name, () => {})).toEqual([]);
  });
});
