import { hex } from '../../core/error.js';
import { Machine } from '../../core/machine.js';
import { Vm } from '../../kvm/index.js';
import {
  type CapturedVm,
  type Memslots,
  type S2MapEvent,
  TraceError,
  type TraceEvent,
} from '../../trace/index.js';
import { backedBytes, type ExpectedDump } from './check.js';
import { compareTables, type TableComparison } from './compare-tables.js';
import { pageAttributes, relaxation } from './prot.js';
import { hostChanges, Timeline } from './timeline.js';

/** The captured kernel's own stage-2 operations, applied to tables of ours. */
export interface TablesReplay {
  /** Operations applied, by event. */
  operations: Readonly<Record<TableOperation, number>>;
  /** Maps that the captured kernel gave up (s2_map_ret is not 0): nothing was done. */
  mapsRefused: number;
  /** Operations seen while no VM was alive; not applied. */
  outsideVm: number;
  /** One for each dump, in the order they were reached. */
  comparisons: TableComparison[];
}

/** What the captured kernel does to tables, by the `s2_*` event that says so. */
export type TableOperation = 'map' | 'unmap' | 'relax' | 'writeProtect' | 'makeOld';

/** Tables besides those that hold the pages of slots: upper levels, and pages between map and unmap. */
const SPARE_TABLES = 1024;

/**
 * Applies the `s2_*` operations of a trace in order and compares with dumps at their lines. A map waits for its
 * `s2_map_ret` and is dropped if that is an error; without such events every map counts as done.
 */
export class TableReplay {
  readonly #file: string;
  readonly #dumps: readonly ExpectedDump[];
  readonly #dumpLines: Memslots['dumps'];
  readonly #timeline: Timeline;
  readonly #bytes: bigint;
  readonly #operations: Record<TableOperation, number> = {
    map: 0,
    unmap: 0,
    relax: 0,
    writeProtect: 0,
    makeOld: 0,
  };
  readonly #comparisons: TableComparison[] = [];
  #mapsRefused = 0;
  #outsideVm = 0;
  #machine: Machine | undefined;
  #captured: CapturedVm | undefined;
  /** Tables of the VM that is alive, from its first operation on. */
  #vm: Vm | undefined;
  /** Maps that wait for their return, by task. */
  readonly #maps = new Map<string, S2MapEvent>();
  #lastLine = 0;

  /** `file` names the trace in errors. The slots file and the VMs have passed `replayableVms`. */
  constructor(slots: Memslots, vms: readonly CapturedVm[], file: string, dumps: readonly ExpectedDump[]) {
    this.#file = file;
    this.#dumps = dumps;
    this.#dumpLines = slots.dumps;
    this.#timeline = new Timeline(hostChanges(slots, vms));
    this.#bytes = vms.map(({ vm }) => backedBytes(slots.slots, vm)).reduce((a, b) => (a > b ? a : b), 0n);
  }

  /** Takes the next event of the trace. Throws TraceError for an operation outside the IPA space of its VM. */
  feed(event: TraceEvent): void {
    this.#lastLine = event.line;
    this.#passTo(event.line);
    if (this.#maps.size > 0) this.#endMap(event.task, event.kind === 's2MapRet' ? event.ret : 0);
    this.#operate(event);
  }

  /** The end of the trace. Throws TraceError if a dump was taken behind it. */
  finish(): TablesReplay {
    this.#endMaps();
    for (const { line, name } of this.#dumpLines) this.#checkReached(line, name);
    const compared = new Set(this.#comparisons.map(({ name }) => name));
    for (const expected of this.#dumps) if (!compared.has(expected.dump.name)) this.#compare(expected, null);
    return {
      operations: this.#operations,
      mapsRefused: this.#mapsRefused,
      outsideVm: this.#outsideVm,
      comparisons: this.#comparisons,
    };
  }

  #checkReached(line: number, name: string): void {
    const expected = this.#dumps.find(({ dump }) => dump.name === name);
    if (expected === undefined || line <= this.#lastLine) return;
    const problem = `found the end of the trace at line ${this.#lastLine}, expected it to reach line ${line}, where ${expected.file} was taken`;
    throw new TraceError({ file: this.#file }, problem);
  }

  #passTo(line: number): void {
    for (let change = this.#timeline.take(line); change !== undefined; change = this.#timeline.take(line)) {
      this.#endMaps();
      if (change.kind === 'vmCreate') this.#captured = change.vm;
      else if (change.kind === 'vmDestroy') this.#destroy();
      else if (change.kind === 'dump') this.#compareAt(change.name, change.line);
    }
  }

  #destroy(): void {
    this.#vm?.destroy();
    this.#vm = undefined;
    this.#captured = undefined;
  }

  #vmOf({ ipaBits }: CapturedVm): Vm {
    this.#machine ??= new Machine({
      tablePool: { pa: 1n << 40n, pages: Number(this.#bytes >> 21n) + SPARE_TABLES },
      arenaBytes: 1 << 20,
    });
    this.#vm ??= new Vm(this.#machine, { geometry: { granuleShift: 12, ipaBits } });
    return this.#vm;
  }

  #operate(event: TraceEvent): void {
    switch (event.kind) {
      case 's2Map':
        this.#maps.set(event.task, event);
        break;
      case 's2Unmap':
        this.#apply('unmap', event, event.size, (vm) => vm.tables.unmap(event.ipa, event.size));
        break;
      case 's2WrProtect':
        this.#apply('writeProtect', event, event.size, (vm) => {
          vm.tables.writeProtect(event.ipa, event.size);
        });
        break;
      case 's2MkOld': {
        const size = event.size ?? 4096n;
        this.#apply('makeOld', event, size, (vm) => {
          vm.tables.age(event.ipa, size);
        });
        break;
      }
      case 's2Relax':
        this.#apply('relax', event, 1n, (vm) => relax(vm, event.ipa & ~0xfffn, event.prot));
        break;
      default:
    }
  }

  #endMaps(): void {
    for (const task of [...this.#maps.keys()]) this.#endMap(task, 0);
  }

  /** The map that `task` was in, if it was, returned `ret`. */
  #endMap(task: string, ret: number): void {
    const map = this.#maps.get(task);
    if (map === undefined) return;
    this.#maps.delete(task);
    if (ret !== 0) {
      this.#mapsRefused += 1;
      return;
    }
    this.#apply('map', map, map.size, (vm) => {
      const result = vm.tables.map(map.ipa, map.size, map.phys, pageAttributes(map.prot));
      if (result === 0) return;
      const problem = `s2_map of ${hex(map.size)} bytes at ${hex(map.ipa)} needs more tables than the slots file accounts for`;
      throw new TraceError({ file: this.#file, line: map.line }, problem);
    });
  }

  #apply(
    operation: TableOperation,
    at: { line: number; ipa: bigint },
    size: bigint,
    body: (vm: Vm) => void,
  ): void {
    const captured = this.#captured;
    if (captured === undefined) {
      this.#outsideVm += 1;
      return;
    }
    if (at.ipa + size > 1n << BigInt(captured.ipaBits)) {
      const problem = `found [${hex(at.ipa)}, ${hex(at.ipa + size)}), expected addresses in the ${captured.ipaBits}-bit IPA space of VM ${captured.vm}`;
      throw new TraceError({ file: this.#file, line: at.line }, problem);
    }
    body(this.#vmOf(captured));
    this.#operations[operation] += 1;
  }

  #compareAt(name: string, line: number): void {
    for (const expected of this.#dumps) if (expected.dump.name === name) this.#compare(expected, line);
  }

  #compare({ file, dump }: ExpectedDump, line: number | null): void {
    const captured = this.#captured;
    if (captured === undefined) {
      const where = line === null ? 'at the end of the trace' : `at line ${line}`;
      throw new TraceError(
        { file },
        `the tables were dumped ${where}, where no VM of the slots file is alive`,
      );
    }
    if (dump.geometry.iaBits !== captured.ipaBits) {
      const problem = `found ${dump.geometry.iaBits}, expected the ${captured.ipaBits} bits of VM ${captured.vm}`;
      throw new TraceError({ file, field: 'geometry.ia_bits' }, problem);
    }
    const leaves = this.#vmOf(captured).tables.leaves();
    this.#comparisons.push({ ...compareTables(leaves, dump), file, line, vm: captured.vm });
  }
}

/** kvm_pgtable_stage2_relax_perms: adds permissions to the leaf that maps `ipa`. */
function relax(vm: Vm, ipa: bigint, prot: number): void {
  const { set, clear } = relaxation(prot);
  vm.tables.changeAttributes(ipa, 4096n, set, clear);
}
