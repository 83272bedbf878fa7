// The tables of a VM by themselves and their model, side by side, under one geometry after another.
import type { Machine } from '../../../src/core/machine.js';
import { addressBits, rootBytes, Vm } from '../../../src/kvm/index.js';
import { type FullGeometry, GEOMETRIES } from '../geometries.js';
import { TableModel } from '../table-model.js';
import { expectLines } from './check.js';
import { runTableAction, type TableAction, type Watch } from './table-steps.js';

/** Root tables are to leave room for those of other VMs. */
const ROOT_BYTES = 1 << 20;

export class TablesPair {
  vm!: Vm;
  readonly #machine: Machine;
  #model!: TableModel;

  constructor(machine: Machine, geometry: number) {
    this.#machine = machine;
    this.#create(geometry);
  }

  #create(index: number): void {
    const possible = geometriesFor(this.#machine);
    const geometry = possible[index % possible.length] as FullGeometry;
    this.vm = new Vm(this.#machine, { geometry, vmid: 4 });
    this.#model = new TableModel(geometry);
  }

  run(s: TableAction | { do: 'destroy'; geometry: number }, watch: Watch): void {
    if (s.do === 'destroy') {
      this.vm.destroy();
      this.#create(s.geometry);
    } else runTableAction(this.vm, this.#model, s, watch);
  }

  compare(): void {
    const text = ({ ipa, desc, level }: { ipa: bigint; desc: bigint; level: number }) =>
      `${ipa} ${level} ${desc}`;
    expectLines('leaf', [...this.vm.tables.leaves()].map(text), this.#model.leaves().map(text));
  }

  destroy(): void {
    this.vm.destroy();
  }
}

/** The geometries that the machine's table pages can hold and its addresses reach. */
function geometriesFor(machine: Machine): readonly FullGeometry[] {
  const pool = machine.banks.find(({ pa }) => pa > machine.rootsPa) ?? { pa: 0n, size: 0n };
  const pageShift = Math.log2(Number(pool.size) / machine.tablePages);
  return GEOMETRIES.filter(
    (g) =>
      g.granuleShift <= pageShift &&
      rootBytes(g) <= ROOT_BYTES &&
      pool.pa + pool.size <= 1n << BigInt(addressBits(g)),
  );
}
