import type { CalleeEntry, CalleeTable, Charge } from './build-types.js';
import { readCounts } from './counts.js';
import { CostError, show } from './error.js';
import type { Field } from './field.js';
import { CALLEES, QUANTITIES } from './names.js';
import { outcomeCode } from './outcomes.js';

/** Pseudo-outcome that holds the slopes of every outcome without its own. */
const ANY = '*';

/** Counts whose fixed part may be negative: the last turn of a loop leaves by the other side. */
const NEGATIVE = -0xffff;

/** Reads the outcomes of the callee `name` for `cores` cores. */
export function readCallee(name: string, field: Field, cores: number): CalleeTable {
  const shared = readSlopes(field.get(ANY), cores);
  const table = new Map<string, CalleeEntry>();
  for (const [outcome, entry] of field.entries()) {
    if (outcome === ANY) continue;
    checkName(name, outcome, entry);
    table.set(outcome, readEntry(entry, shared, cores));
  }
  if (table.size === 0) field.expected('at least one outcome');
  if (table.size > 1 && !CALLEES.has(name)) field.fail('several outcomes, but nothing to tell them apart');
  return table;
}

function checkName(name: string, outcome: string, entry: Field): void {
  if (!CALLEES.has(name)) return;
  try {
    outcomeCode(name, outcome);
  } catch (error) {
    entry.fail(error instanceof CostError ? error.message : String(error));
  }
}

function readEntry(field: Field, shared: ReadonlyMap<string, Charge>, cores: number): CalleeEntry {
  const own = field.get('per');
  const oops = readFlag(field.get('oops'));
  return {
    counts: readCounts(field, NEGATIVE),
    cycles: oops ? new Array<number>(cores).fill(0) : readCycles(field.get('cycles'), cores),
    opaque: field.get('opaque').optional((list) => list.texts()) ?? [],
    cacheLoop: readFlag(field.get('cache_loop')),
    oops,
    icacheLines: field.get('icache_lines').optional((lines) => lines.count()) ?? 0,
    slopes: own.present ? readSlopes(field, cores) : shared,
  };
}

function readFlag(field: Field): boolean {
  return field.present && field.flag();
}

/** The `per` of an outcome: what each unit of a quantity adds. */
function readSlopes(field: Field, cores: number): ReadonlyMap<string, Charge> {
  if (!field.present || !field.get('per').present) return new Map();
  return field.get('per').map((slope, quantity) => {
    if (!QUANTITIES.has(quantity)) slope.fail(`unknown quantity ${show(quantity)}`);
    return { counts: readCounts(slope, NEGATIVE), cycles: readCycles(slope.get('cycles'), cores) };
  });
}

function readCycles(field: Field, cores: number): number[] {
  const cycles = field.list().map((item) => item.number());
  if (cycles.length !== cores) field.expected(`the cycles of ${cores} cores`);
  return cycles;
}
