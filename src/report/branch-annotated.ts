/** One annotated branch: how often its hint was right. */
export interface AnnotatedBranch {
  function: string;
  /** Path in the kernel tree; the report shows the last part. */
  file: string;
  /** 0 where the line is not known: shown as `-`. */
  line: number;
  correct: number;
  incorrect: number;
}

const HEADER = [
  ' correct incorrect  %        Function                  File              Line',
  ' ------- ---------  -        --------                  ----              ----',
];

/** Percentage of wrong hints, or undefined if the branch was never met (printed as X). */
function wrongPercent({ correct, incorrect }: AnnotatedBranch): number | undefined {
  if (correct + incorrect === 0) return undefined;
  return Math.floor((incorrect * 100) / (correct + incorrect));
}

/** The column layout of the kernel's tracing/trace_stat/branch_annotated, worst hint first. */
export function branchAnnotated(branches: readonly AnnotatedBranch[]): string {
  const rank = (b: AnnotatedBranch) => wrongPercent(b) ?? -1;
  const sorted = [...branches].sort(
    (a, b) => rank(b) - rank(a) || b.incorrect - a.incorrect || b.correct - a.correct,
  );
  const rows = sorted.map((branch) => {
    const percent = wrongPercent(branch);
    const file = branch.file.slice(branch.file.lastIndexOf('/') + 1);
    const counts = `${String(branch.correct).padStart(8)} ${String(branch.incorrect).padStart(8)}`;
    const where = `${branch.function.slice(0, 30).padEnd(30)} ${file.slice(0, 20).padEnd(20)} ${branch.line === 0 ? '-' : branch.line}`;
    return `${counts} ${percent === undefined ? '  X' : String(percent).padStart(3)}  ${where}`;
  });
  return `${[...HEADER, ...rows].join('\n')}\n`;
}
