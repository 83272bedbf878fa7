// What the tables of a VM hold, counted by level. Reads only.
import { CENSUS_CONTIGUOUS, CENSUS_DEVICE, CENSUS_LEAVES, CENSUS_TABLES } from "../src/abi/layout";
import { CONTIG, isDevice, isValid, outputAddress } from "./desc";
import { linearRun } from "./leaf_run";
import { BELOW_DONE, entryAddress } from "./pgtable";
import { Vm } from "./structs";

/** Counts entries into a census record, whose fields are a u64 for each level from -1 to 3. */
@unmanaged
@final
export class CensusVisitor {
  private add(field: usize, level: i32, n: u64): void {
    const at = changetype<usize>(this) + field + (<usize>(level + 1) << 3);
    store<u64>(at, load<u64>(at) + n);
  }

  leaf(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    if (!isValid(old)) return 0;
    this.add(CENSUS_LEAVES, level, 1);
    this.add(CENSUS_CONTIGUOUS, level, u64((old & CONTIG) != 0));
    this.add(CENSUS_DEVICE, level, u64(isDevice(old)));
    return 0;
  }

  /** The pages of a level-3 table at one go. */
  tablePre(vm: Vm, ptep: u64, old: u64, level: i32, addr: u64, end: u64): i32 {
    this.add(CENSUS_TABLES, level + 1, 1);
    if (level != 2) return 0;
    const n = <u32>((end - addr) >> vm.granuleShift);
    const table = outputAddress(old, vm.granuleShift, vm.layout);
    let at = linearRun(entryAddress(vm, table, 3, addr), n);
    if (at == 0) return 0;
    let leaves: u64 = 0;
    let contiguous: u64 = 0;
    let devices: u64 = 0;
    for (const stop = at + (<usize>n << 3); at < stop; at += 8) {
      const desc = load<u64>(at);
      if (!isValid(desc)) continue;
      leaves++;
      contiguous += u64((desc & CONTIG) != 0);
      devices += u64(isDevice(desc));
    }
    this.add(CENSUS_LEAVES, 3, leaves);
    this.add(CENSUS_CONTIGUOUS, 3, contiguous);
    this.add(CENSUS_DEVICE, 3, devices);
    return BELOW_DONE;
  }

  tablePost(vm: Vm, ptep: u64, table: u64, addr: u64): i32 {
    return 0;
  }
}
