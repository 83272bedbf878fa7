import { describe, expect, it } from 'vitest';
import { annotate } from '../../src/report/annotate.js';
import { foldedStacks } from '../../src/report/folded.js';
import { traceEvents } from '../../src/report/trace-event.js';
import { wholeCycles } from '../../src/report/whole-cycles.js';
import { PARTS } from '../../src/scenario/comparison/parts.js';
import { type FaultTimeline, Profiler, type Step } from '../../src/scenario/comparison/timeline.js';

const MICRO = 1_000_000n;
const issue = (cycles: number) => ({ event: 'issue', count: 1n, cost: BigInt(cycles * 1e6) });
const HANDLER = 'kvm_handle_guest_abort';
const steps: Step[] = [
  {
    frames: ['world switch'],
    block: '',
    site: undefined,
    runs: 1,
    spent: [{ event: 'mrs', count: 3n, cost: 12n * MICRO }],
  },
  {
    frames: [HANDLER],
    block: 'a1',
    site: 'A1',
    runs: 1,
    spent: [{ event: 'FETCH_L2', count: 1n, cost: 20n * MICRO }, issue(4.5)],
  },
  {
    frames: [HANDLER, 'user_mem_abort'],
    block: 'b1',
    site: 'U2',
    runs: 1,
    spent: [issue(2.25), { event: 'LOAD_DRAM', count: 1n, cost: 300n * MICRO }],
  },
  {
    frames: [HANDLER, 'user_mem_abort', 'find_vma'],
    block: '',
    site: undefined,
    runs: 1,
    spent: [issue(10)],
  },
  { frames: [HANDLER], block: 'a2', site: undefined, runs: 1, spent: [issue(1)] },
];
const timeline: FaultTimeline = {
  core: 'cortex-a53',
  build: 'gcc12c-rfc',
  group: 'translation write: MAPPED_PAGE',
  fault: 7,
  steps,
};
const TOTAL = 349_750_000n;

function profile() {
  const profiler = new Profiler();
  profiler.add(steps, 3);
  return profiler.rows();
}

describe('folded stacks', () => {
  const lines = foldedStacks(profile()).trimEnd().split('\n');

  it('name functions and block, and weigh whole cycles', () => {
    expect(lines[2]).toBe(`${HANDLER};user_mem_abort;b1 906`);
    for (const line of lines) expect(line).toMatch(/^[\w;]+ \d+$/);
  });

  it('add up to the rounded cycles of all faults', () => {
    const weights = lines.map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
    expect(weights.reduce((a, b) => a + b, 0)).toBe(Math.round((3 * Number(TOTAL)) / 1e6));
  });

  it('round so that nothing is lost', () => {
    expect(wholeCycles([400_000n, 400_000n, 400_000n, 800_000n])).toEqual([0n, 1n, 0n, 1n]);
  });
});

describe('trace events', () => {
  const { traceEvents: events, metadata } = JSON.parse(JSON.stringify(traceEvents(timeline)));
  const blocks = events.filter(({ cat }: { cat: string }) => cat === 'block');

  it('end every function that they begin, the innermost first', () => {
    const open: string[] = [];
    let now = 0;
    for (const { ph, name, ts } of events) {
      if (ph === 'B') open.push(name);
      if (ph === 'E') expect(open.pop()).toBe(name);
      if (ph === 'B' || ph === 'E') {
        expect(ts).toBeGreaterThanOrEqual(now);
        now = ts;
      }
    }
    expect(open).toEqual([]);
  });

  it('last as long as the fault, a cycle being a nanosecond', () => {
    expect(metadata.microcycles).toBe(String(TOTAL));
    expect(metadata.unit).toContain('1 ns on the time line is 1 cycle');
    const last = Math.max(
      ...events.map(({ ts, dur }: { ts?: number; dur?: number }) => (ts ?? 0) + (dur ?? 0)),
    );
    expect(last).toBeCloseTo(Number(TOTAL) / 1e9, 12);
  });

  it('show blocks with their sites, and misses inside them', () => {
    expect(blocks.map(({ name }: { name: string }) => name)).toEqual(['a1', 'b1', 'a2']);
    expect(blocks[1].args).toEqual({ site: 'U2', microcycles: '302250000' });
    const miss = events.find(({ name }: { name: string }) => name === 'LOAD_DRAM');
    expect(miss.ts).toBeCloseTo(blocks[1].ts + 0.00225, 12);
    expect(miss.ts + miss.dur).toBeCloseTo(blocks[1].ts + blocks[1].dur, 12);
  });
});

describe('annotated blocks', () => {
  const places = new Map([['U2', 'mmu.c:1313']]);
  const text = annotate({
    core: 'cortex-a53',
    build: 'gcc12c-rfc',
    faults: 3,
    parts: PARTS,
    places,
    rows: profile(),
  });
  const lines = text.trimEnd().split('\n');

  it('begin with the build, the core and the cycles of all faults', () => {
    expect(lines[0]).toBe('gcc12c-rfc on cortex-a53: 1,049 cycles of 3 faults');
  });

  it('show the function with the most cycles first, its blocks below it with site and place', () => {
    expect(lines[2]).toMatch(/^ {2}user_mem_abort +86\.42 +907$/);
    expect(lines[3]).toMatch(/^ {4}b1 .* U2 mmu\.c:1313$/);
  });

  it('say where the cycles of each block went', () => {
    const header = (lines[1] as string).trim().split(/ +/);
    expect(header).toEqual(['%', 'cycles', 'runs', ...PARTS]);
    expect(lines[3]).toMatch(/ 907 +3 +7 +900 /);
  });
});
