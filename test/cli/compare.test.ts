import { beforeAll, describe, expect, it } from 'vitest';
import { registerCompare } from '../../src/cli/commands/compare.js';
import { BUNDLED_CAPTURE } from '../../src/cli/replay-files.js';
import type { CompareReport } from '../../src/report/compare.js';
import { type Captured, runCommand } from './capture.js';

const compare = (...args: string[]): Promise<Captured> => runCommand(registerCompare, ['compare', ...args]);

const variantOf = (report: CompareReport, config: string, variant: string) => {
  const found = report.comparison.configs
    .find((c) => c.config === config)
    ?.variants.find((v) => v.variant === variant);
  if (found === undefined) throw new Error(`the report lacks ${config} ${variant}`);
  return found;
};

describe('stage2 compare on the bundled capture', () => {
  let report: CompareReport & { format: string };
  let run: Captured;

  beforeAll(async () => {
    run = await compare('--json');
    report = JSON.parse(run.stdout);
  });

  it('prints one JSON document and nothing else', () => {
    expect(run.exit).toBe(0);
    expect(run.stderr).toBe('');
    expect(report.format).toBe('stage2-compare/1');
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
    for (const { added, cores } of mmio) {
      expect(added.insn).toBe(0);
      for (const core of cores) expect(core.added).toEqual({ v: 0, lo: 0, hi: 0 });
    }
  });

  it('gives every range in order', () => {
    for (const { variants } of report.comparison.configs) {
      for (const { cores } of variants.flatMap(({ all, groups }) => [all, ...groups])) {
        for (const { base, code, added } of cores) {
          for (const { v, lo, hi } of [base, code, added]) {
            expect(lo).toBeLessThanOrEqual(v);
            expect(v).toBeLessThanOrEqual(hi);
          }
        }
      }
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

  it('prints the counts, then the cycles, then the verdict, then what is not modelled', async () => {
    const { stdout, exit } = await compare();
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

describe('stage2 compare with bad input', () => {
  it('refuses a capture without faults', async () => {
    const trace = '# tracer: nop\n';
    const { stderr, exit } = await runCommand(
      registerCompare,
      ['compare', '-', '--slots', BUNDLED_CAPTURE.slots],
      new TextEncoder().encode(trace),
    );
    expect(exit).toBe(2);
    expect(stderr).toBe('stage2: -: no guest fault that v4.13 takes, expected some to compare\n');
  });

  it('refuses a trace without its slots in one line', async () => {
    const { stderr, exit } = await compare('trace.txt');
    expect(exit).toBe(2);
    expect(stderr).toBe('stage2: trace.txt: its --slots file is missing\n');
  });

  it('names a file that is not there', async () => {
    const { stderr, exit } = await compare('no-such-trace.txt', '--slots', 'no-such-slots.json');
    expect(exit).toBe(2);
    expect(stderr).toBe('stage2: no-such-slots.json: no such file\n');
  });
});
