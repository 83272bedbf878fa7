import { describe, expect, test } from 'vitest';
import {
  formatBlocks,
  formatOpaque,
  nonZero,
  useNearestOutcomes,
  WalkError,
  walkBuild,
} from '../../src/cost/index.js';
import { BUILD_IDS, handlerBlock, loadBuild, spoiledBuild } from './fixtures-cost/load.js';

const WARM = 'write_anon_warm';

function inputOf(build: ReturnType<typeof loadBuild>, path: string) {
  const recorded = build.paths.get(path);
  if (recorded === undefined) throw new Error(`${build.id} has no path ${path}`);
  return recorded.input;
}

describe('following the recorded predicates, quantities and outcomes', () => {
  test('there are 14 builds of 45 paths', () => {
    expect(BUILD_IDS.map((id) => loadBuild(id).paths.size)).toEqual(new Array(14).fill(45));
  });

  test.each(BUILD_IDS)(
    '%s: reproduces blocks, calls, totals, loops, opaque calls and oops of every path',
    (id) => {
      const build = loadBuild(id);
      for (const path of build.paths.values()) {
        const walk = walkBuild(build, path.input);
        const found = {
          blocks: formatBlocks(walk),
          callees: walk.callees.map(({ name, outcome }) => ({ name, outcome })),
          totals: nonZero(walk.totals),
          loops: nonZero(walk.loops),
          opaque: formatOpaque(walk),
          oops: walk.oops,
        };
        const recorded = {
          blocks: path.blocks,
          callees: path.input.callees.map(({ name, outcome }) => ({ name, outcome })),
          totals: nonZero(path.totals),
          loops: nonZero(path.loops),
          opaque: path.opaque,
          oops: path.oops,
        };
        expect(found, `${id} ${path.name}`).toEqual(recorded);
      }
    },
  );
});

describe('a walk', () => {
  const build = loadBuild('gcc12c-rfc');

  test('counts the added load and branch, and nothing else, for an ordinary write', () => {
    const base = loadBuild('gcc12c-base');
    const before = walkBuild(base, inputOf(base, WARM)).totals;
    const after = walkBuild(build, inputOf(build, WARM)).totals;
    const more = Object.fromEntries(
      Object.entries(after).map(([key, n]) => [key, n - before[key as keyof typeof before]]),
    );
    expect(Object.entries(more).filter(([, n]) => n !== 0)).toEqual([
      ['insn', 2],
      ['loads', 1],
      ['cbr', 1],
    ]);
  });

  test('needs no outcome for a callee that has one only', () => {
    const input = inputOf(build, WARM);
    const single = new Set([
      '__srcu_read_lock',
      '__srcu_read_unlock',
      'up_read',
      'kvm_get_pfn',
      '_raw_spin_lock',
    ]);
    const callees = input.callees.filter((call) => !single.has(call.name));
    expect(walkBuild(build, { ...input, callees }).totals).toEqual(walkBuild(build, input).totals);
  });

  test('lets an unknown predicate pass where the others decide', () => {
    const input = inputOf(build, WARM);
    const predicates = new Map(input.predicates);
    predicates.delete('l2_is_block');
    expect(walkBuild(build, { ...input, predicates }).blocks).toEqual(walkBuild(build, input).blocks);
  });

  test('leaves the blocks the host died in out of the counts', () => {
    const base = loadBuild('gcc12c-base');
    const walk = walkBuild(base, inputOf(base, 'internal_vm_fault'));
    expect(walk.oops).toBe('down_read');
    expect(walk.steps.at(-1)).toMatchObject({ completed: false, taken: undefined });
    expect(walk.totals.insn).toBe(
      walk.steps.slice(0, -1).reduce((sum, { block }) => sum + block.counts.insn, 0),
    );
  });

  test('dies in the function whose trap it reaches', () => {
    const input = inputOf(build, 'write_anon_cold');
    const predicates = new Map(input.predicates).set('cache_empty', true);
    expect(walkBuild(build, { ...input, predicates }).oops).toBe('mmu_memory_cache_alloc');
  });
});

describe('a walk fails in one line that names build, block and cause', () => {
  const build = loadBuild('gcc12c-rfc');
  const input = inputOf(build, WARM);

  test.each([
    [
      'a predicate that is neither known nor constant',
      () => {
        const predicates = new Map(input.predicates);
        predicates.delete('vm_has_mm');
        return walkBuild(build, { ...input, predicates });
      },
      'gcc12c-rfc: a27: predicate vm_has_mm is needed, but neither known nor constant',
    ],
    [
      'a call without an outcome',
      () => walkBuild(build, { ...input, callees: input.callees.filter((call) => call.name !== 'find_vma') }),
      'gcc12c-rfc: a28: find_vma is called, but no outcome of it is given',
    ],
    [
      'an outcome the build has no counts for',
      () =>
        walkBuild(build, {
          ...input,
          callees: input.callees.map((call) =>
            call.name === 'find_vma' ? { name: 'find_vma', outcome: 'cache-stale,tree-above' } : call,
          ),
        }),
      'gcc12c-rfc: a28: the build has no outcome "cache-stale,tree-above" of find_vma',
    ],
    [
      'a quantity that is not given',
      () => {
        const topup = inputOf(build, 'write_anon_topup');
        return walkBuild(build, { ...topup, quantities: { map_lines: 64 } });
      },
      'gcc12c-rfc: c3: quantity alloc_ok is needed, but not given',
    ],
    [
      'lines that make a negative count',
      () => walkBuild(build, { ...input, quantities: { ...input.quantities, map_lines: 0 } }),
      'gcc12c-rfc: end: taken adds up to -3, which is no count',
    ],
  ])('%s', (_, walk, message) => {
    expect(walk).toThrow(new WalkError(...(message.split(': ') as [string, string, string])));
  });

  test('blocks in a circle', () => {
    const circle = spoiledBuild((file) => {
      handlerBlock(file, 'b3').fall = 'b0';
      handlerBlock(file, 'b3').taken = 'b0';
    });
    expect(() => walkBuild(circle, input)).toThrow('gcc12c-rfc: a0: no end after 100000 blocks and calls');
  });

  test('functions in a circle', () => {
    const circle = spoiledBuild((file) => {
      handlerBlock(file, 'b0').calls = ['kvm_handle_guest_abort'];
    });
    expect(() => walkBuild(circle, input)).toThrow('gcc12c-rfc: a0: calls nest deeper than 64');
  });
});

describe('the nearest outcome', () => {
  const build = loadBuild('gcc12c-rfc');

  test('takes the place of one that was never executed, and says so', () => {
    const input = inputOf(build, 'mmio_read_user');
    const missing = {
      ...input,
      callees: input.callees.map((call) =>
        call.name === 'gfn_to_memslot' ? { ...call, outcome: 'lru-below,none-end' } : call,
      ),
    };
    const { input: near, replaced } = useNearestOutcomes(build, missing);
    expect(replaced.map(({ nearest }) => nearest)).toEqual(['lru-below,none-gap']);
    expect(walkBuild(build, near).totals.insn).toBeGreaterThan(0);
  });

  test('leaves an input alone that can be walked', () => {
    const input = inputOf(build, WARM);
    expect(useNearestOutcomes(build, input)).toEqual({ input, replaced: [] });
  });
});
