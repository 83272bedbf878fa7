import type { Block, BuildFunction, Terminator } from './build-types.js';
import { readWhen } from './build-when.js';
import { addCounts, type CountKey, type Counts, readCounts } from './counts.js';
import { show } from './error.js';
import type { Field } from './field.js';

/** What the blocks of a file may refer to. */
export interface Names {
  predicates: ReadonlySet<string>;
  siteTags: ReadonlySet<string>;
  /** Functions, callees and opaque callees. */
  callable: ReadonlySet<string>;
  /** Of each core: its steady cycles by function and block. */
  cycles: readonly Field[];
}

const TERMS = ['cond', 'jump', 'fallthrough', 'ret', 'tailcall', 'trap'] as const;
/** What a block gives itself; the rest follows from its calls and its end. */
const OWN_COUNTS: readonly CountKey[] = ['insn', 'loads', 'stores', 'sysreg', 'dc', 'ic', 'prfm', 'hvc'];
const BARRIERS: readonly CountKey[] = ['dmb', 'dsb', 'isb'];
const KEY_OPS = new Set(['nop', 'b']);
const BRANCH_OP = /^(b\.[a-z]{2}|cbn?z|tbn?z|nop|b)$/;

export function readFunction(name: string, field: Field, names: Names): BuildFunction {
  const code = field.get('code').text();
  const textOffset = field.get('text_off').count();
  const bytes = field.get('bytes').integer(1);
  const place = { name, code, textOffset };
  const list = field
    .get('blocks')
    .list()
    .map((block) => readBlock(block.named(`${name} ${show(block.get('id').value)}`), place, names))
    .sort((a, b) => a.textOffset - b.textOffset);
  const blocks = new Map(list.map((block) => [block.id, block]));
  if (blocks.size < list.length) field.fail(`two blocks are called ${show(firstRepeated(list))}`);
  checkLayout(field, list, textOffset, bytes);
  for (const block of list) checkSuccessors(field, block, blocks);
  const entry = field.get('entry').text();
  if (!blocks.has(entry)) field.get('entry').expected('the id of a block of the function');
  return { name, code, textOffset, bytes, entry, blocks };
}

function firstRepeated(list: readonly Block[]): string | undefined {
  return list.find((block, i) => list.findIndex((other) => other.id === block.id) < i)?.id;
}

function readBlock(
  field: Field,
  of: { name: string; code: string; textOffset: number },
  names: Names,
): Block {
  const id = field.get('id').text();
  const place = field.named(`${of.name} ${id}`);
  const calls = readCalls(place, names);
  const end = readTerminator(place, names);
  if (end.kind === 'tailcall' && calls.length === 0)
    place.get('calls').expected('the target of the tail call');
  return {
    id,
    label: `${of.code}${id.replace(/^b/, '')}`,
    functionName: of.name,
    textOffset: of.textOffset + place.get('off').count(),
    bytes: place.get('bytes').integer(1),
    counts: blockCounts(place, calls.length, end),
    calls,
    end,
    cycles: names.cycles.map((core) => steadyCycles(core, of.name, id)),
  };
}

function readCalls(field: Field, names: Names): string[] {
  const calls = field.get('calls');
  if (!calls.present) return [];
  return calls.list().map((call) => {
    const name = call.text();
    return names.callable.has(name) ? name : call.expected('a function, a callee or an opaque callee');
  });
}

function readTerminator(field: Field, names: Names): Terminator {
  const kind = field.get('term').oneOf(TERMS);
  if (kind === 'jump') return { kind, taken: field.get('taken').text() };
  if (kind === 'fallthrough') return { kind, fall: field.get('fall').text() };
  if (kind !== 'cond') return { kind };
  const op = field.get('op').text();
  if (!BRANCH_OP.test(op)) field.get('op').expected('a conditional branch, or nop or b for a static key');
  const site = field.get('site').text();
  if (!names.siteTags.has(site)) field.get('site').expected('the tag of a branch site in the site table');
  return {
    kind,
    op,
    isKey: KEY_OPS.has(op),
    taken: field.get('taken').text(),
    fall: field.get('fall').text(),
    site,
    when: readWhen(field.get('when'), names.predicates),
  };
}

/** What a block counts whichever way its branch goes: section 5, point 3, of the build format. */
function blockCounts(field: Field, calls: number, end: Terminator): Counts {
  const counts = readCounts(field, 0, OWN_COUNTS);
  const barriers = field.get('barriers');
  if (barriers.present) addCounts(counts, readCounts(barriers, 0, BARRIERS));
  const nops = field.get('nops');
  if (nops.present) counts.nop = nops.count();
  counts.calls = calls;
  if (end.kind === 'cond' && !end.isKey) counts.cbr = 1;
  if (end.kind === 'jump') counts.br = 1;
  if (end.kind === 'ret') counts.ret = 1;
  if (end.kind === 'tailcall') {
    counts.calls = calls - 1;
    counts.br = 1;
  }
  return counts;
}

function steadyCycles(core: Field, functionName: string, id: string): number {
  const cycles = core.get(functionName).get(id);
  return cycles.number() >= 0 ? cycles.number() : cycles.expected('cycles from 0');
}

function checkLayout(field: Field, list: readonly Block[], textOffset: number, bytes: number): void {
  let end = textOffset;
  for (const block of list) {
    const place = field.named(`${block.functionName} ${block.id}`);
    if (block.textOffset < end) place.fail('the block overlaps the one before it');
    end = block.textOffset + block.bytes;
    if (end > textOffset + bytes) place.fail(`the block ends outside its function of ${bytes} bytes`);
  }
}

function checkSuccessors(field: Field, block: Block, blocks: ReadonlyMap<string, Block>): void {
  const { end } = block;
  const place = field.named(`${block.functionName} ${block.id}`);
  const check = (key: string, id: string) => {
    if (!blocks.has(id)) place.fail(`${key} names ${show(id)}, which is no block of the function`);
  };
  if ('taken' in end) check('taken', end.taken);
  if ('fall' in end) check('fall', end.fall);
}
