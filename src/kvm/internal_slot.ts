import { EINVAL, ENOMEM, KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY } from '../abi/kvm.js';
import { hex } from '../core/error.js';
import { ipaSpaceRefusal } from './arch.js';
import { refuse, SLOT_OK, type SlotResult } from './memslots.js';
import { regionRefusal } from './region.js';
import { type MemorySlot, slotBytes, slotIpa } from './slot_table.js';
import type { Vm } from './vm.js';

/**
 * What an internal VM's policy has to say of a new slot, a moved one or one with other flags, before anything of the
 * old one is touched: a refusal leaves slots and tables as they were. Table pages that the map needs are set aside.
 * `old` is empty for a new slot.
 */
export function planInternalSlot(vm: Vm, slot: MemorySlot, old: MemorySlot): SlotResult {
  if (!vm.isInternal || !vm.variant.idmap) return SLOT_OK;
  return checkSlot(vm, slot) ?? (vm.internal.idmap === 'asPosted' ? SLOT_OK : reserve(vm, slot, old));
}

function checkSlot(vm: Vm, slot: MemorySlot): SlotResult | undefined {
  const { granuleShift } = vm.geometry;
  const [ipa, size] = [slotIpa(slot), slotBytes(slot)];
  if (((ipa | size) & ((1n << BigInt(granuleShift)) - 1n)) !== 0n) {
    const needed = `expected multiples of the page size, 2^${granuleShift}`;
    return refuse(EINVAL, `slot ${slot.id} at ${hex(ipa)}+${hex(size)}: ${needed}`);
  }
  const reason = regionRefusal(vm.machine, vm.internal.region, { pa: ipa, size }, granuleShift);
  return reason === undefined ? undefined : refuse(EINVAL, `slot ${slot.id}: ${reason}`);
}

/**
 * Logging is refused: the write fault on a write-protected page is one that an internal VM does not survive. So flags
 * never change, and a slot is mapped once for each place it has.
 */
function reserve(vm: Vm, slot: MemorySlot, old: MemorySlot): SlotResult {
  if (slot.flags & KVM_MEM_LOG_DIRTY_PAGES)
    return refuse(EINVAL, `slot ${slot.id}: the memory of an internal VM cannot be logged`);
  const refusal = ipaSpaceRefusal(vm, slot);
  if (refusal !== undefined) return refusal;
  const { idmap, contiguous, region } = vm.internal;
  const ret = vm.idmap.prepare({
    ipa: slotIpa(slot),
    size: slotBytes(slot),
    blocks: idmap === 'blocks',
    contiguous,
    byKind: region === 'deviceAttributes',
    writable: !(slot.flags & KVM_MEM_READONLY),
    unmappedFirst: { ipa: slotIpa(old), size: slotBytes(old) },
  });
  if (ret === 0) return SLOT_OK;
  return refuse(ENOMEM, `slot ${slot.id}: no memory for its ${vm.idmap.tablePages} stage-2 tables`);
}

/** Maps a slot that was planned. As posted it may still fail; otherwise its table pages are there. */
export function mapInternalSlot(vm: Vm, slot: MemorySlot): SlotResult {
  if (vm.internal.idmap !== 'asPosted') {
    vm.idmap.commit();
    return SLOT_OK;
  }
  const byKind = vm.internal.region === 'deviceAttributes';
  const ret = vm.tables.idmapAsPosted(slotIpa(slot), slotBytes(slot), byKind);
  return ret < 0 ? refuse(-ret, `slot ${slot.id}: no memory for stage-2 tables`) : SLOT_OK;
}
