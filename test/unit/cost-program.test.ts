// Programs of the recorded paths: the lines they touch against those that were recorded, and what they count.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Op, Operand, TEXT_BASE } from '../../src/abi/program.js';
import { BranchKind } from '../../src/abi/uarch.js';
import { compileProgram, DataError, parseAccesses, walkCalls } from '../../src/cost/index.js';
import { checkProgram } from '../../src/uarch/program-check.js';
import { lineReport } from './fixtures-cost/line-report.js';
import { BUILD_IDS, dataFile, loadBuild, walkOf } from './fixtures-cost/load.js';

const ACCESSES = parseAccesses(dataFile('accesses.json'), 'accesses.json');
// biome-ignore lint/suspicious/noExplicitAny: tests reach into the file
type AccessFile = any;
const RECORDED: Record<string, { data: number; code: number }> = JSON.parse(
  readFileSync(new URL('fixtures-cost/recorded-lines.json', import.meta.url), 'utf8'),
).lines;

function programOf(id: string, path: string) {
  const walk = walkOf(id, path);
  return { walk, program: compileProgram(walk, ACCESSES) };
}

/** Operations as [first, second, offset, last] with their sources. */
function operations({ words, sources }: ReturnType<typeof programOf>['program']) {
  return sources.map((source, i) => {
    const [first = 0, second = 0, offset = 0, last = 0] = words.subarray(i * 4, i * 4 + 4);
    return {
      op: (first & 15) as Op,
      kind: (first >> 4) & 15,
      taken: (first >> 8) & 1,
      second,
      offset,
      last,
      source,
    };
  });
}

describe('the program of every recorded path', () => {
  test.each(Object.entries(RECORDED))('%s touches about the recorded lines', (path, recorded) => {
    const { data, code } = lineReport(programOf('gcc12c-base', path).program);
    // A line more or less is more than the tolerance on the shortest paths.
    expect(Math.abs(data - recorded.data)).toBeLessThanOrEqual(Math.max(1, recorded.data * 0.15));
    expect(Math.abs(code - recorded.code)).toBeLessThanOrEqual(Math.max(1, recorded.code * 0.1));
  });

  test('is off by a line of data in forty, and of code in forty, in the mean', () => {
    const off = Object.entries(RECORDED).map(([path, recorded]) => {
      const { data, code } = lineReport(programOf('gcc12c-base', path).program);
      return [Math.abs(data / recorded.data - 1), Math.abs(code / recorded.code - 1)] as const;
    });
    const mean = (i: 0 | 1) => off.reduce((sum, pair) => sum + pair[i], 0) / off.length;
    expect(mean(0)).toBeLessThan(0.05);
    expect(mean(1)).toBeLessThan(0.025);
  });

  test.each(BUILD_IDS)('%s compiles to words that a core accepts', (id) => {
    for (const path of loadBuild(id).paths.keys()) {
      expect(() => checkProgram(programOf(id, path).program.words)).not.toThrow();
    }
  });

  test('has no address in a callee from which one branch goes both ways, in whatever function or path', () => {
    const ways = new Map<string, number>();
    for (const path of loadBuild('gcc12c-base').paths.keys()) {
      for (const { op, kind, taken, second, offset } of operations(programOf('gcc12c-base', path).program)) {
        if (op !== Op.BRANCH || kind !== BranchKind.COND || (second & 0xffff) === TEXT_BASE) continue;
        const pc = `${second & 0xffff}+${offset}`;
        expect(ways.get(pc) ?? taken, pc).toBe(taken);
        ways.set(pc, taken);
      }
    }
    expect(ways.size).toBeGreaterThan(100);
  });

  test('has the branches of the blocks at their own addresses', () => {
    const { walk, program } = programOf('gcc12c-rfc', 'write_anon_warm');
    const own = operations(program).filter(({ op, kind, source }) => {
      const isHandler = walk.build.functions.has(source.function);
      return op === Op.BRANCH && kind === BranchKind.COND && isHandler;
    });
    const expected = walk.steps.flatMap(({ block, taken }) =>
      block.end.kind === 'cond' && !block.end.isKey
        ? [[block.textOffset + block.bytes - 4, taken ? 1 : 0]]
        : [],
    );
    const sorted = (list: number[][]) => list.map(([pc, taken]) => `${pc} ${taken}`).sort();
    expect(sorted(own.map(({ offset, taken }) => [offset, taken]))).toEqual(sorted(expected));
  });

  test('has about the conditional branches that were counted', () => {
    const { walk, program } = programOf('gcc12c-base', 'write_anon_warm');
    const conditional = operations(program).filter(
      ({ op, kind }) => op === Op.BRANCH && kind === BranchKind.COND,
    );
    expect(conditional).toHaveLength(walk.totals.cbr);
    expect(conditional.filter(({ taken }) => taken === 1)).toHaveLength(walk.totals.taken);
  });

  test('returns to where it was called from, in turn', () => {
    for (const path of loadBuild('gcc12c-base').paths.values()) {
      const stack: string[] = [];
      const { walk, program } = programOf('gcc12c-base', path.name);
      for (const { op, kind, second, offset, last } of operations(program)) {
        if (op !== Op.BRANCH) continue;
        if (kind === BranchKind.CALL || kind === BranchKind.INDIRECT_CALL)
          stack.push(`${second & 0xffff} ${offset + 4}`);
        if (kind === BranchKind.RETURN) expect(`${second >>> 16} ${last}`, path.name).toBe(stack.pop());
      }
      if (walk.oops === undefined) expect(stack, path.name).toEqual([]);
    }
  });

  test('counts what the walk counts', () => {
    const { walk, program } = programOf('gcc12c-base', 'write_perm');
    const { events, issue } = program.counts;
    expect(events.get('insn')).toBe(BigInt(walk.totals.insn + walk.loops.insn));
    expect(events.get('isb')).toBe(BigInt(walk.totals.isb + walk.loops.isb) || undefined);
    expect(events.get('hvc')).toBe(1n);
    expect([events.get('dc_civac'), events.get('dc_cvau'), events.get('ic_ivau')]).toEqual([64n, 64n, 64n]);
    expect(events.get('opaque:get_user_pages_unlocked')).toBe(1n);
    expect([...issue.keys()]).toEqual(walk.build.cores);
  });
});

describe('the test that the RFC adds', () => {
  test('is one load of the line that mmu_lock is in, and one branch that is not taken', () => {
    const base = operations(programOf('gcc12c-base', 'write_anon_warm').program);
    const rfc = operations(programOf('gcc12c-rfc', 'write_anon_warm').program);
    const added = rfc.filter(({ source }) => source.site === 'U2');
    const find = (op: Op) => added.filter((operation) => operation.op === op);
    expect(find(Op.LOAD).map(({ second, offset }) => [second, offset])).toContainEqual([Operand.KVM, 40]);
    expect(find(Op.BRANCH).map(({ kind, taken }) => [kind, taken])).toEqual([[BranchKind.COND, 0]]);
    expect(base.some(({ source }) => source.site === 'U2')).toBe(false);
    const lines = (id: string) => lineReport(programOf(id, 'write_anon_warm').program).data;
    expect(lines('gcc12c-rfc')).toBe(lines('gcc12c-base'));
  });

  test('leaves the addresses of the structures as they are', () => {
    const data = (id: string) =>
      operations(programOf(id, 'write_anon_warm').program)
        .filter(({ op, second }) => (op === Op.LOAD || op === Op.STORE) && second !== Operand.STACK)
        .map(({ op, second, offset, source }) => `${op} ${second} ${offset} ${source.site === 'U2'}`);
    expect(data('gcc12c-rfc').filter((text) => text.endsWith('false'))).toEqual(data('gcc12c-base'));
  });
});

describe('what cannot be compiled', () => {
  test('is a walk that is none of a fault', () => {
    const build = loadBuild('gcc12c-base');
    const input = build.paths.get('write_anon_warm')?.input ?? expect.fail();
    expect(() => compileProgram(walkCalls(build, ['up_read'], input), ACCESSES)).toThrow(
      'is none of a fault',
    );
  });
});

function spoiled(spoil: (file: AccessFile) => void) {
  const file = dataFile('accesses.json');
  spoil(file);
  return () => parseAccesses(file, 'a.json');
}

describe('a file of accesses', () => {
  test.each([
    ['another format', (f: AccessFile) => (f.format = 'x'), 'format: found "x", expected stage2-accesses/1'],
    [
      'an unknown operand',
      (f: AccessFile) => (f.structures.kvm.operand = 'KVN'),
      'structures.kvm.operand: found "KVN"',
    ],
    [
      'a field far away',
      (f: AccessFile) => (f.structures.kvm.fields.mm = 1 << 20),
      'structures.kvm.fields.mm: found 1048576',
    ],
    [
      'a field of nothing',
      (f: AccessFile) => f.blocks[0].loads.push('kvm.x'),
      'found "kvm.x", expected a field of a structure',
    ],
    ['a point that is none', (f: AccessFile) => (f.blocks[0].at = 'end'), 'blocks[0].at: found "end"'],
    [
      'a function named twice',
      (f: AccessFile) => f.code.names.push('find_vma'),
      'code.names: a function is named twice',
    ],
    ['a frame too large', (f: AccessFile) => (f.frames.bytes.x = 5000), 'frames.bytes.x: found 5000'],
  ])('with %s is refused', (_, spoil, problem) => {
    expect(spoiled(spoil)).toThrow(DataError);
    expect(spoiled(spoil)).toThrow(problem);
  });

  test('says of every structure and callee where it is known from', () => {
    const { structures, callees } = dataFile('accesses.json');
    for (const entry of [...Object.values(structures), ...Object.values(callees)]) {
      expect(entry).toMatchObject({ source: expect.any(String), notes: expect.any(String) });
    }
  });
});
