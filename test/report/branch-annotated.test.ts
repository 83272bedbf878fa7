import { describe, expect, it } from 'vitest';
import { branchAnnotated } from '../../src/report/branch-annotated.js';

const at = (correct: number, incorrect: number, line: number) => ({
  function: 'user_mem_abort',
  file: 'virt/kvm/arm/mmu.c',
  line,
  correct,
  incorrect,
});

describe('the branch_annotated report', () => {
  it('has the columns of the kernel', () => {
    expect(branchAnnotated([at(1000, 0, 1313)])).toBe(
      [
        ' correct incorrect  %        Function                  File              Line',
        ' ------- ---------  -        --------                  ----              ----',
        '    1000        0   0  user_mem_abort                 mmu.c                1313',
        '',
      ].join('\n'),
    );
  });

  it('shows X for a branch that was never met', () => {
    expect(branchAnnotated([at(0, 0, 7)]).split('\n')[2]).toBe(
      '       0        0   X  user_mem_abort                 mmu.c                7',
    );
  });

  it('shows a line that is not known as a dash', () => {
    expect(branchAnnotated([at(1, 0, 0)])).toMatch(/ mmu\.c +-\n$/);
  });

  it('puts the worst hint first and rounds its percentage down', () => {
    const lines = branchAnnotated([at(3, 1, 1), at(1, 2, 2), at(0, 0, 3)])
      .split('\n')
      .slice(2, 5);
    expect(lines.map((line) => line.slice(18, 22).trim())).toEqual(['66', '25', 'X']);
  });

  it('cuts names that are too long for their column', () => {
    const long = { ...at(1, 0, 1), function: 'f'.repeat(40), file: `${'g'.repeat(30)}.c` };
    expect(branchAnnotated([long]).split('\n')[2]).toBe(
      `       1        0   0  ${'f'.repeat(30)} ${'g'.repeat(20)} 1`,
    );
  });
});
