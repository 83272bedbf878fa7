// What mapping a range comes to: which entries become leaves, and which descriptors they get. Deciding alone: nothing
// here reads or writes a table.
import { MAP_BY_KIND, MAP_CONTIGUOUS, MAP_PAGES_ONLY } from "../src/abi/layout";
import { CONTIG, hasBlocks, leaf, PAGE_S2_DEVICE, S2AP_RDWR } from "./desc";
import { contiguousBits } from "./leaf_shape";
import { isDeviceAt, kindEnd } from "./phys";
import { Vm } from "./structs";
import { levelShift } from "./vtcr";

/** [ipa, end) mapped to [pa, ...). The host fills it; see MAP_VISITOR_* of src/abi/layout.ts. */
@unmanaged
export class Mapping {
  ipa: u64;
  pa: u64;
  /** Looked at for the contiguous hint alone; the walk has its own. */
  end: u64;
  attributes: u64;
  /** Table pages come from a MemoryCache that is filled on the way, or from a Reserve if there is one. */
  cache: u32;
  reserve: u32;
  /** MAP_* flags. */
  flags: u32;

  // @ts-ignore: decorator
  @inline
  output(addr: u64): u64 {
    return this.pa + (addr - this.ipa);
  }

  /** Memory of one kind, or the kinds do not matter. */
  // @ts-ignore: decorator
  @inline
  private isUniform(pa: u64, size: u64): bool {
    return !(this.flags & MAP_BY_KIND) || kindEnd(pa, pa + size) == pa + size;
  }

  /** [addr, end), which one entry of `level` maps at most, is mapped by that entry. */
  fits(vm: Vm, level: i32, addr: u64, end: u64): bool {
    if (level == 3) return true;
    if (this.flags & MAP_PAGES_ONLY || !hasBlocks(vm.granuleShift, level, vm.layout)) return false;
    const size = (<u64>1) << levelShift(vm.granuleShift, level);
    const output = this.output(addr);
    return end - addr == size && ((addr | output) & (size - 1)) == 0 && this.isUniform(output, size);
  }

  /** The leaf for `addr` at `level`. */
  entry(vm: Vm, level: i32, addr: u64): u64 {
    const output = this.output(addr);
    const device = (this.flags & MAP_BY_KIND) != 0 && isDeviceAt(output);
    const own = device ? PAGE_S2_DEVICE | (this.attributes & S2AP_RDWR) : this.attributes;
    return leaf(output, this.isContiguous(vm, level, addr) ? own | CONTIG : own, level, vm.layout);
  }

  /** Bytes of a contiguous set of leaves of `level`; 0 where there are none or none are asked for. */
  private contiguousSpan(vm: Vm, level: i32): u64 {
    const bits = this.flags & MAP_CONTIGUOUS ? contiguousBits(vm.granuleShift, level) : 0;
    return bits == 0 ? 0 : (<u64>1) << (levelShift(vm.granuleShift, level) + bits);
  }

  /**
   * The whole aligned set around `addr` is mapped alike. Its leaves are then all of one level: what makes one of them
   * a leaf of `level` is true of the others.
   */
  private isContiguous(vm: Vm, level: i32, addr: u64): bool {
    const span = this.contiguousSpan(vm, level);
    if (span == 0) return false;
    const first = addr & ~(span - 1);
    if (first < this.ipa || first + span > this.end) return false;
    const output = this.output(first);
    return (output & (span - 1)) == 0 && this.isUniform(output, span);
  }

  /** Where the pages from `addr` on stop being alike but for their addresses, `end` at most. */
  runEnd(vm: Vm, addr: u64, end: u64): u64 {
    if (this.flags & MAP_BY_KIND) {
      const output = this.output(addr);
      end = addr + (kindEnd(output, output + (end - addr)) - output);
    }
    const span = this.contiguousSpan(vm, 3);
    return span == 0 ? end : min<u64>(end, (addr & ~(span - 1)) + span);
  }
}
