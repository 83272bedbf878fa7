import { BASE_CPU, cpuFromId } from '../../arm/cpu.js';
import { descriptorKind, entryPlace, levelShift } from '../../arm/descriptor.js';
import { leafAttributes } from '../../arm/leaf.js';
import { hex, Stage2Error } from '../../core/error.js';
import type { Machine } from '../../core/machine.js';
import { joinLeaves } from '../../report/ptdump.js';
import { readTables } from '../../trace/index.js';
import {
  type ImageTable,
  idRegistersOf,
  imageMachine,
  Translator,
  tableLeaves,
  tableTree,
  type WalkRegisters,
} from '../../walk/index.js';
import { EXAMPLE_REGISTERS, EXAMPLE_TABLES } from '../explorer/example.js';
import { summaryOf } from '../explorer/summary.js';
import { chunksOf } from './bytes.js';
import { choiceEffects } from './choice-effects.js';
import type { MappedRange, TablesAnswer, TablesSource, WalkAnswer, WalkQuery } from './protocol.js';

/** Tables in the memory of a machine of their own. */
interface LoadedTables {
  key: string;
  name: string;
  pages: readonly ImageTable[];
  machine: Machine;
  registers: WalkRegisters;
  features: TablesAnswer['features'];
}

/** Ranges that are listed; a dump may have hundreds of thousands of pages. */
const RANGES_MAX = 2000;

let kept: LoadedTables | undefined;

async function load({ key, dump }: TablesSource): Promise<LoadedTables> {
  if (kept?.key === key) return kept;
  kept = dump === undefined ? loadExample(key) : await loadDump(key, dump.name, dump.bytes);
  return kept;
}

function loadExample(key: string): LoadedTables {
  const pages = EXAMPLE_TABLES;
  return {
    key,
    name: 'example',
    pages,
    machine: imageMachine(pages),
    registers: EXAMPLE_REGISTERS,
    features: BASE_CPU,
  };
}

async function loadDump(key: string, name: string, bytes: Blob): Promise<LoadedTables> {
  const dump = await readTables(chunksOf(bytes), name);
  const { vtcr, vttbr, hcr, all } = dump.registers;
  const get = (register: string): bigint => all.get(register) ?? 0n;
  try {
    return {
      key,
      name: dump.name,
      pages: dump.tablePages,
      machine: imageMachine(dump.tablePages),
      features: cpuFromId(idRegistersOf(all)),
      registers: { vtcr, vttbr, hcr, sctlrEl2: get('SCTLR_EL2') },
    };
  } catch (error) {
    if (error instanceof Stage2Error) throw new Stage2Error(error.code, `${name}: ${error.message}`);
    throw error;
  }
}

/** Reads tables and lists what they map; what cannot be listed can still be walked. */
export async function tables(source: TablesSource): Promise<TablesAnswer> {
  const loaded = await load(source);
  const { name, registers, features, pages } = loaded;
  const translator = new Translator(loaded.machine, registers, { features });
  try {
    const summary = summaryOf(registers, translator.regime);
    const answer = { name, summary, registers, features };
    if (!summary.valid) return { ...answer, ...NOTHING_LISTED, tables: pages.length };
    const { reachable } = tableTree(pages, translator.regime);
    return { ...answer, ...listRanges(translator), tables: reachable, note: '' };
  } catch (error) {
    if (!(error instanceof Stage2Error)) throw error;
    const summary = summaryOf(registers, translator.regime);
    const note = `${error.message}: nothing is listed`;
    return { name, summary, registers, features, ...NOTHING_LISTED, tables: pages.length, note };
  } finally {
    translator.destroy();
  }
}

const NOTHING_LISTED = { ranges: [], leaves: 0, note: '' };

function listRanges(translator: Translator): { ranges: MappedRange[]; leaves: number } {
  const { regime, attributeContext } = translator;
  let count = 0;
  const leaves = [...tableLeaves(translator.machine, regime)].map(({ ipa, desc, level }) => {
    count++;
    const kind = descriptorKind(desc, entryPlace(regime, level));
    return {
      ipa,
      pa: 0n,
      level,
      size: 1n << BigInt(levelShift(regime.granuleShift, level)),
      desc,
      kind: kind as 'block' | 'page' | 'reserved',
      attributes: leafAttributes(desc, attributeContext),
    };
  });
  return { ranges: joinLeaves(leaves).slice(0, RANGES_MAX), leaves: count };
}

/** Walks one access, and again with every other setting of what is left open. */
export async function walk(query: WalkQuery): Promise<WalkAnswer> {
  const loaded = await load(query.tables);
  const answer = walkOnce(loaded, query);
  const effects = choiceEffects(
    query.choices,
    answer.result,
    (choices) => walkOnce(loaded, { ...query, choices }).result,
  );
  return { ...answer, effects };
}

/** The tables are afterwards as they were: edits and what the hardware wrote are undone. */
function walkOnce(
  { machine, pages }: LoadedTables,
  { edits, registers, features, choices, request }: WalkQuery,
): Omit<WalkAnswer, 'effects'> {
  const translator = new Translator(machine, registers, { features, choices });
  const written = new Set<bigint>();
  try {
    for (const [pa, value] of edits) {
      setWord(machine, pa, value);
      written.add(pa);
    }
    const result = translator.walk(request);
    for (const step of result.steps) if (step.written !== undefined) written.add(step.pa);
    return { regime: translator.regime, attributes: translator.attributeContext, result };
  } finally {
    for (const pa of written) setWord(machine, pa, originalWord(pages, pa));
    translator.destroy();
  }
}

function setWord(machine: Machine, pa: bigint, value: bigint): void {
  const at = machine.ramOffset(pa);
  if (at === undefined || (pa & 7n) !== 0n) {
    throw new Stage2Error('EINVAL', `edit at ${hex(pa)}: expected the address of an entry of these tables`);
  }
  machine.view.setU64(at, value);
}

function originalWord(pages: readonly ImageTable[], address: bigint): bigint {
  const page = pages.find(({ pa, nEntries }) => address >= pa && address < pa + BigInt(nEntries) * 8n);
  return page?.entries.get(Number((address - page.pa) / 8n)) ?? 0n;
}
