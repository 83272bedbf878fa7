import * as P from '../abi/program.js';
import { BranchKind } from '../abi/uarch.js';
import { hex, Stage2Error } from '../core/error.js';

const KINDS = Object.values(BranchKind).filter((kind) => typeof kind === 'number').length;

/**
 * Checks that a program ends and names nothing beyond what a run has; gives the number of its operations, END included.
 * @throws EINVAL with the operation and the value.
 */
export function checkProgram(words: Uint32Array): number {
  const operations = words.length / P.OP_WORDS;
  if (!Number.isInteger(operations) || operations < 1 || operations > P.PROGRAM_OPS_MAX) {
    throw new Stage2Error(
      'EINVAL',
      `a program of ${words.length} words: expected up to ${P.PROGRAM_OPS_MAX} operations`,
    );
  }
  for (let i = 0; i < operations; i++) {
    const [first = 0, second = 0, offset = 0, last = 0] = words.subarray(
      i * P.OP_WORDS,
      (i + 1) * P.OP_WORDS,
    );
    const problem = problemOf({ first, second, offset, last }, i === operations - 1);
    if (problem !== undefined) throw new Stage2Error('EINVAL', `operation ${i} of a program: ${problem}`);
  }
  return operations;
}

interface Operation {
  first: number;
  second: number;
  offset: number;
  last: number;
}

function problemOf({ first, second, offset, last }: Operation, isLast: boolean): string | undefined {
  const op: P.Op = first & ((1 << P.OP_CODE_WIDTH) - 1);
  if ((op === P.Op.END) !== isLast) return isLast ? 'expected the end' : 'it ends before its last operation';
  if (offset >= P.OFFSET_END) return `offset ${hex(offset)}`;
  switch (op) {
    case P.Op.END:
      return undefined;
    case P.Op.LOAD:
    case P.Op.STORE:
      return second < P.Operand.COUNT ? undefined : `operand ${hex(second)}`;
    case P.Op.FETCH:
      if (second >= P.CODE_BASES) return `place of code ${hex(second)}`;
      return last >= 1 && last <= P.FETCH_BYTES_MAX ? undefined : `fetch of ${last} bytes`;
    case P.Op.BRANCH:
      return branchProblem(first, second, last);
    default:
      return `code ${op}`;
  }
}

function branchProblem(first: number, bases: number, target: number): string | undefined {
  const kind = (first >>> P.OP_KIND_LSB) & ((1 << P.OP_KIND_WIDTH) - 1);
  if (kind >= KINDS) return `kind of branch ${kind}`;
  const from = bases & ((1 << P.OP_TARGET_BASE_LSB) - 1);
  const to = bases >>> P.OP_TARGET_BASE_LSB;
  if (from >= P.CODE_BASES || to >= P.CODE_BASES) return `places of code ${hex(bases)}`;
  return target < P.OFFSET_END ? undefined : `target ${hex(target)}`;
}
