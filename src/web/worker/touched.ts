import { OP_CODE_WIDTH, OP_WORDS, Op, Operand } from '../../abi/program.js';
import type { Program } from '../../cost/index.js';
import type { Touched } from '../replay/types.js';

const LINE_SHIFT = 6;

interface Tally extends Touched {
  seen: Set<number>;
}

/** The structures and the code that a path touches, the code by function, in the order they are met. */
export function touchedBy(words: Uint32Array, sources: Program['sources']): Touched[] {
  const rows = new Map<string, Tally>();
  const rowOf = (kind: Touched['kind'], name: string): Tally => {
    const row = rows.get(`${kind} ${name}`) ?? { kind, name, lines: 0, loads: 0, stores: 0, seen: new Set() };
    rows.set(`${kind} ${name}`, row);
    return row;
  };
  sources.forEach((source, i) => {
    const [first = 0, second = 0, offset = 0, bytes = 0] = words.subarray(i * OP_WORDS, (i + 1) * OP_WORDS);
    const op: Op = first & ((1 << OP_CODE_WIDTH) - 1);
    if (op === Op.FETCH) touch(rowOf('code', source.function), offset, bytes);
    if (op !== Op.LOAD && op !== Op.STORE) return;
    const row = rowOf('data', Operand[second] ?? '');
    row[op === Op.LOAD ? 'loads' : 'stores']++;
    touch(row, offset, 1);
  });
  return [...rows.values()].map(({ seen, ...row }) => ({ ...row, lines: seen.size }));
}

function touch({ seen }: Tally, offset: number, bytes: number): void {
  for (let line = offset >> LINE_SHIFT; line <= (offset + bytes - 1) >> LINE_SHIFT; line++) seen.add(line);
}
