import { beforeAll, describe, expect, it } from 'vitest';
import { registerCompare } from '../../src/cli/commands/compare.js';
import { BUNDLED_CAPTURE } from '../../src/cli/replay-files.js';
import type { CompareReport } from '../../src/report/compare.js';
import type { ComparedCore } from '../../src/scenario/comparison/run.js';
import { type Captured, runCommand } from './capture.js';
import { schemaErrors } from './schema.js';

const compare = (...args: string[]): Promise<Captured> => runCommand(registerCompare, ['compare', ...args]);
/** Few pairs, in this thread: the tests are of what is said, not of how sure it is. */
const SMALL = ['--placements', '4', '--samples', '5', '--faults', '120', '--threads', '1'];
const CORES = ['--core', 'cortex-a53,neoverse-v2'];

const variantOf = (report: CompareReport, config: string, variant: string) => {
  const found = report.comparison.configs
    .find((c) => c.config === config)
    ?.variants.find((v) => v.variant === variant);
  if (found === undefined) throw new Error(`the report lacks ${config} ${variant}`);
  return found;
};

describe('stage2 compare on the bundled capture', () => {
  let report: CompareReport & { format: string; cores: ComparedCore[] };
  let run: Captured;
  let text: Captured;

  beforeAll(async () => {
    run = await compare('--json', ...SMALL, ...CORES);
    report = JSON.parse(run.stdout);
    text = await compare(...SMALL, ...CORES);
  });

  it('prints one JSON document and nothing else', () => {
    expect(run.exit).toBe(0);
    expect(run.stderr).toBe('');
    expect(report.format).toBe('stage2-compare/2');
    expect(schemaErrors(run.stdout)).toEqual([]);
  });

  it('prices every fault that was taken', () => {
    expect(report.comparison.faults).toBe(report.capture.taken);
    expect(report.capture.taken + report.capture.notTaken).toBe(report.capture.guestFaults);
    for (const { variants } of report.comparison.configs) {
      for (const { all, groups } of variants) {
        expect(all.faults).toBe(report.comparison.faults);
        expect(groups.reduce((n, group) => n + group.faults, 0)).toBe(report.comparison.faults);
      }
    }
  });

  it('finds two instructions, one load and one branch on every fault that reaches the test of the RFC', () => {
    const reached = report.sites.find(({ site }) => site === 'U2');
    const share = ((reached?.true ?? 0) + (reached?.false ?? 0)) / report.comparison.faults;
    const { added } = variantOf(report, 'gcc12c', 'rfc').all;
    expect(added.insn).toBeCloseTo(2 * share, 9);
    expect(added.loads).toBeCloseTo(share, 9);
    expect(added.cbr).toBeCloseTo(share, 9);
    expect(added.taken).toBeCloseTo(0, 9);
  });

  it('finds that the predicate compiles to what the open-coded test compiles to', () => {
    for (const config of ['gcc12c', 'gcc12']) {
      const [rfc, pred] = ['rfc', 'pred'].map((variant) => variantOf(report, config, variant));
      expect(pred?.all.added).toEqual(rfc?.all.added);
      expect(pred?.bytes).toEqual(rfc?.bytes);
    }
  });

  it('counts 40 bytes of code for the test of the RFC with the inlining of 2017', () => {
    expect(variantOf(report, 'gcc12c', 'rfc').addedBytes.handler).toBe(40);
  });

  it('adds nothing to accesses outside the slots with the inlining of 2017', () => {
    const mmio = variantOf(report, 'gcc12c', 'rfc').groups.filter(({ group }) => group.includes('MMIO'));
    expect(mmio.length).toBeGreaterThan(0);
    for (const { added } of mmio) expect(added.insn).toBe(0);
  });

  it('gives the cycles of each core, state and class, every range in order', () => {
    expect(report.cores.map(({ core }) => core)).toEqual(['cortex-a53', 'neoverse-v2']);
    for (const { states } of report.cores) {
      expect(states.map(({ state }) => state)).toEqual(['guest:10000', 'warm', 'cold']);
      for (const { all, groups } of states) {
        expect(groups.reduce((n, group) => n + group.faults, 0)).toBe(report.comparison.faults);
        for (const { base, added, percent } of [all, ...groups]) {
          for (const { p5, median, p95 } of [base, added, percent]) {
            expect(p5).toBeLessThanOrEqual(median);
            expect(median).toBeLessThanOrEqual(p95);
          }
        }
      }
    }
  });

  it('finds no difference at all between the base and itself', () => {
    for (const { nullRun } of report.cores) {
      expect(nullRun).toEqual({ placements: 4, faults: report.comparison.faults, largest: 0 });
    }
  });

  it('prints the null run of each core where its addition is judged', () => {
    expect(text.stdout).toMatch(
      /^ {2}whole fault, guest:10000 +median \[p5 - p95\] +null run +at another place/m,
    );
    for (const core of ['cortex-a53  ', 'neoverse-v2 \\*']) {
      expect(text.stdout).toMatch(new RegExp(`^  ${core} +[\\d,]+ \\[[^\\]]*\\] +0 +-?[\\d.]+ \\[`, 'm'));
    }
  });

  it('shows the classes of the variant that is compared', () => {
    expect(text.stdout.match(/by fault class, .*/g)).toEqual([
      'by fault class, gcc12c rfc',
      'by fault class, gcc12 rfc',
    ]);
  });

  it('says which cores have estimated system costs only, in the report and in the text', () => {
    expect(report.cores.map(({ estimated }) => estimated !== null)).toEqual([false, true]);
    expect(text.stdout).toMatch(/^ {2}neoverse-v2 \* /m);
    expect(text.stdout).toMatch(/system costs are only estimated [^:]*:\s+neoverse-v2$/m);
  });

  it('gives every core a verdict, and says what hardware could see', () => {
    expect(report.verdict).toHaveLength(3);
    for (const { methods, inputs, breakEven } of report.cores) {
      expect(methods.length).toBeGreaterThan(3);
      expect(inputs.length).toBeLessThanOrEqual(5);
      expect(breakEven.rates.map(({ percent }) => percent)).toEqual([0.1, 1]);
    }
  });

  it('counts taken and not taken branches as often as their blocks were run', () => {
    const { branches } = variantOf(report, 'gcc12c', 'rfc');
    const test = branches.find(({ site }) => site === 'U2');
    const reached = report.sites.find(({ site }) => site === 'U2');
    expect((test?.taken ?? 0) + (test?.notTaken ?? 0)).toBe(reached?.false);
    expect(test?.taken).toBe(0);
  });

  it('maps internal VMs of 16 MiB, 1 GiB and 16 GiB page by page and leaves 31 pages behind after the first', () => {
    const counts = report.idmap.prices.map((price) => price.counts);
    expect(counts.map(({ bytes }) => bytes)).toEqual(['0x1000000', '0x40000000', '0x400000000']);
    expect(counts.map(({ pages }) => pages)).toEqual([4096, 262144, 4194304]);
    expect(counts.map(({ tablePages }) => tablePages)).toEqual([9, 513, 8208]);
    expect(counts[0]?.leaked).toBe(31);
  });

  it('prints the counts, then the cycles, then the verdict, then what is not modelled', () => {
    const { stdout, exit } = text;
    expect(exit).toBe(0);
    const headings = ['COUNTS', 'CYCLES', 'MAPPING', 'HINTS', 'VERDICT', 'NOT MODELLED'];
    const places = headings.map((heading) => stdout.indexOf(`\n${heading}`));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('prints every branch site on demand', async () => {
    const { stdout } = await compare('--sites');
    for (const { site } of report.sites) expect(stdout).toMatch(new RegExp(`^ {2}${site} `, 'm'));
  });
});

describe('stage2 compare of one core', () => {
  const one = (...args: string[]) =>
    compare(...SMALL, '--core', 'cortex-a53', '--state', 'warm', ...args).then(({ stdout }) => stdout);

  let first: string;
  beforeAll(async () => {
    first = await one('--json');
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    expect(await one('--json')).toBe(first);
    expect(await one('--json', '--seed', '2')).not.toBe(first);
  });

  it('gives one figure in the verdict on one core in one state', () => {
    const { verdict } = JSON.parse(first);
    expect(verdict[0]).toMatch(/; in cycles -?\d+\.\d on average on cortex-a53, warm, at most \d/);
  });

  it('adds nothing when the base is compared with itself', async () => {
    const { cores, verdict } = JSON.parse(await one('--json', '--variant', 'base'));
    expect(verdict[0]).toMatch(/^There is no patch to judge: gcc12c-base .* adds 0\.0 cycles to a fault\.$/);
    const zero = { p5: 0, median: 0, p95: 0, mean: 0 };
    for (const { added } of [cores[0].states[0].all, ...cores[0].states[0].groups]) {
      expect(added).toEqual(zero);
    }
  });

  it('moves the line of mmu_lock as often as asked, in both builds alike', async () => {
    type Run = { run: { contention: number }; cores: ComparedCore[] };
    const remoteOf = (json: string) => {
      const { run, cores }: Run = JSON.parse(json);
      const events = cores[0]?.states[0]?.events ?? [];
      const remote = events.filter(({ event }) => event.endsWith('_REMOTE'));
      const sum = (of: 'base' | 'added') => remote.reduce((n, row) => n + row[of], 0);
      return { asked: run.contention, perFault: sum('base') / (4 * 5238), added: sum('added') };
    };
    expect(remoteOf(first)).toEqual({ asked: 0, perFault: 0, added: 0 });
    const half = remoteOf(await one('--json', '--contention', '0.5'));
    const always = remoteOf(await one('--json', '--contention', '1'));
    expect([half.asked, always.asked]).toEqual([0.5, 1]);
    expect(always.perFault).toBeGreaterThan(0.8);
    expect(half.perFault / always.perFault).toBeGreaterThan(0.3);
    expect(half.perFault / always.perFault).toBeLessThan(0.7);
    expect([half.added, always.added]).toEqual([0, 0]);
    expect((await one('--contention', '0.5')).replace(/\s+/g, ' ')).toContain(
      'another vcpu took the line of mmu_lock',
    );
  });

  it('prints CSV with as many cells in every line', async () => {
    const lines = (await one('--csv')).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(50);
    for (const line of lines) expect(line.split(',').length).toBe(10);
  });

  it('prints folded stacks and annotated blocks of the same cycles', async () => {
    const folded = (await one('--folded')).trimEnd().split('\n');
    const weights = folded.map((line) => Number(/^[^ ]+ (\d+)$/.exec(line)?.[1]));
    const cycles = weights.reduce((a, b) => a + b, 0).toLocaleString('en-US');
    expect(await one('--annotate')).toContain(`gcc12c-rfc on cortex-a53: ${cycles} cycles of 5,238 faults`);
    expect(folded.some((line) => line.includes('not_placed'))).toBe(false);
  });

  it('prints the time line of one fault', async () => {
    const { traceEvents, metadata } = JSON.parse(await one('--trace-event', '100'));
    expect(metadata).toMatchObject({ core: 'cortex-a53', fault: 100, build: 'gcc12c-rfc, warm' });
    const names = traceEvents.map(({ name }: { name: string }) => name);
    expect(names).toContain('kvm_handle_guest_abort');
    expect(names).toContain('get_user_pages_unlocked');
  });
});

describe('stage2 compare with bad input', () => {
  it.each([
    [['--core', 'cortex-m0'], '--core: found "cortex-m0", expected one of cortex-a53, '],
    [['--kernel', 'xen'], '--kernel: found "xen", expected one of nvhe, vhe, '],
    [['--variant', 'none'], '--variant: found "none", expected one of rfc, '],
    [['--config', 'clang'], '--config: found "clang", expected one of gcc12c, gcc12'],
    [['--state', 'tepid'], '--state: found "tepid", expected one of cold, warm, guest:CYCLES'],
    [['--state', 'guest:x'], '--state guest: found "x", expected a whole number from 1 to '],
    [['--placements', '3'], '--placements: found "3", expected a whole number from 4 to 4096'],
    [['--samples', '0'], '--samples: found "0", expected a whole number from 1 to 10000'],
    [['--seed', '-1'], '--seed: found "-1", expected a whole number from 0 to '],
    [['--faults', '1e3'], '--faults: found "1e3", expected a whole number from 1 to '],
    [['--contention', '1.5'], '--contention: found "1.5", expected a number from 0 to 1'],
    [['--contention', '-0.1'], '--contention: found "-0.1", expected a number from 0 to 1'],
    [['--threads', 'many'], '--threads: found "many", expected a whole number from 1 to 256'],
    [['--trace-event', '0'], '--trace-event: found "0", expected a whole number from 1 to '],
    [['--trace-event', '99999'], 'fault 99999: the trace has 5238 that v4.13 takes'],
    [['--csv', '--folded'], 'found several of --json, --csv, '],
    [['--profile', 'none.json'], 'none.json: no such file'],
  ])('%j is refused in one line', async (args, message) => {
    const { stdout, stderr, exit } = await compare(...SMALL, ...args);
    expect(stderr).toContain(`stage2: ${message}`);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(exit).toBe(2);
  });

  it('refuses a capture without faults', async () => {
    const other = 'vm-1 [000] .... 1.5: sched_switch: prev_comm=a\n';
    const { stderr, exit } = await runCommand(
      registerCompare,
      ['compare', '-', '--slots', BUNDLED_CAPTURE.slots],
      new TextEncoder().encode(other),
    );
    expect(exit).toBe(2);
    expect(stderr).toBe(
      'stage2: standard input: no guest fault that v4.13 takes, expected some to compare\n',
    );
  });

  it('refuses a trace without its slots in one line', async () => {
    const { stderr, exit } = await compare('trace.txt');
    expect(exit).toBe(2);
    expect(stderr).toBe(
      'stage2: trace.txt: its memory slots are missing, expected --slots FILE or trace.memslots.json beside it\n',
    );
  });

  it('names a file that is not there', async () => {
    const { stderr, exit } = await compare('no-such-trace.txt', '--slots', 'no-such-slots.json');
    expect(exit).toBe(2);
    expect(stderr).toBe('stage2: no-such-slots.json: no such file\n');
  });
});
