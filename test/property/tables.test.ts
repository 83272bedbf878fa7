// Histories of one table by itself against the model: every granule, address layout, start level, number of tables
// side by side and IPA size the architecture has.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KVM_NR_MEM_OBJS } from '../../src/abi/kvm.js';
import { Vm } from '../../src/kvm/index.js';
import { checkTables, freePages, strayPages } from '../model/check-tables.js';
import { FORMATS, type FullGeometry, GEOMETRIES, machineFor } from '../model/geometries.js';
import { runTableAction, type TableAction, tableAction, type Watch } from '../model/history/table-steps.js';
import { checkTranslations, expectLeaves } from '../model/table-check.js';
import { TableModel } from '../model/table-model.js';

/** Histories tried per granule and layout, and the longest of them. */
const RUNS = 40;
const STEPS = 14;
/** Milliseconds on a slow machine, with room to shrink a failure. */
const PATIENCE = 180_000;
/** Table pages: enough for what the longest history maps, and a full cache. */
const POOL = 300;

const steps = fc.array(tableAction, { minLength: 1, maxLength: STEPS, size: 'max' });

function checkHistory(geometry: FullGeometry, list: readonly TableAction[]): void {
  const machine = machineFor(geometry, POOL);
  const vm = new Vm(machine, { geometry });
  const model = new TableModel(geometry);
  const watch: Watch = {
    onRefusal: () => expect.fail('a page was refused'),
    onPrepared: () => expectLeaves(checkTables(vm).leaves, model.leaves()),
  };
  for (const s of list) {
    runTableAction(vm, model, s, watch);
    const report = checkTables(vm);
    expectLeaves(report.leaves, model.leaves());
    expect(report.pages.size).toBe(model.nodes());
    // What is neither free nor linked is in the cache of the tables: allocated, without an entry.
    const stray = strayPages(machine, [report], []);
    expect(stray.size).toBeLessThanOrEqual(KVM_NR_MEM_OBJS);
    for (const pa of stray) expect(machine.core.tableRefs(pa)).toBe(1);
  }
  const leaves = model.leaves();
  expectLeaves([...vm.tables.leaves()], leaves);
  checkTranslations(vm, model, leaves);
  vm.destroy();
  expect(freePages(machine).size).toBe(POOL);
}

describe.each(FORMATS)(
  'a history of tables with a granule of 2^%i and %s addresses',
  (granuleShift, layout) => {
    const geometries = GEOMETRIES.filter((g) => g.granuleShift === granuleShift && g.layout === layout);

    it(
      'leaves the tables, the MMU and the page accounts as the model has them',
      () => {
        fc.assert(fc.property(fc.constantFrom(...geometries), steps, checkHistory), { numRuns: RUNS });
      },
      PATIENCE,
    );
  },
);
