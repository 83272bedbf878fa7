import { OP_WORDS, Op, Operand, STACK_BYTES } from '../../../src/abi/program.js';
import type { Program } from '../../../src/cost/index.js';

/** Distinct lines of a program. */
interface LineCounts {
  data: number;
  code: number;
}

const LINE = 64;
/** The slots of a VM with few of them: the hint and the slot found are the first, the tail follows them. */
const TOGETHER: Readonly<Partial<Record<Operand, { operand: Operand; offset: number }>>> = {
  [Operand.SLOT_HINT]: { operand: Operand.SLOT, offset: 0 },
  [Operand.SLOT_PROBE]: { operand: Operand.SLOT, offset: 0 },
  [Operand.VMA_NODE]: { operand: Operand.VMA_NODE, offset: 0 },
};

/**
 * Counts the distinct 64-byte lines a program touches, each structure on lines of its own and the code from the start of
 * one; what was not compiled is left out.
 */
export function lineReport({ words, sources }: Program): LineCounts {
  const data = new Map<string, Set<number>>();
  const code = new Set<string>();
  for (const [i, source] of sources.entries()) {
    if (source.opaque) continue;
    const [first = 0, second = 0, offset = 0, last = 0] = words.subarray(i * OP_WORDS, (i + 1) * OP_WORDS);
    const op = first & 15;
    if (op === Op.LOAD || op === Op.STORE) addLine(data, second, offset);
    if (op !== Op.FETCH) continue;
    for (let line = Math.floor(offset / LINE); line * LINE < offset + last; line++) {
      code.add(`${second} ${line}`);
    }
  }
  return { data: [...data.values()].reduce((sum, { size }) => sum + size, 0), code: code.size };
}

function addLine(data: Map<string, Set<number>>, operand: Operand, offset: number): void {
  const place = TOGETHER[operand] ?? { operand, offset };
  // The stack is counted from its top, so that frames begin where the first one does.
  const at = place.operand === Operand.STACK ? STACK_BYTES - 1 - place.offset : place.offset;
  const name = Operand[place.operand] ?? '';
  const lines = data.get(name) ?? new Set();
  lines.add(Math.floor(at / LINE));
  data.set(name, lines);
}
