// user_mem_abort: the fault on memory of a slot. One function per step, in the kernel's order, with its
// branch sites. Sources: fault-path.md 2.5 to 2.9 and section 4.
import { ALLOC_NEVER_REFUSES, Event, GupOutcome, SIG_ALLOC_OK, SIG_CACHE_ROOM, SIG_MAP_LINES } from "../src/abi/event";
import { FAULT_AREA, FAULT_CACHED, FAULT_HVA, FAULT_MM, FAULT_PFN } from "../src/abi/fault-log";
import { AREA_HUGETLB, Callee, Disposition, EFAULT, ENOMEM, KVM_NR_MEM_OBJS, LogMessage, PAGE_SHIFT } from "../src/abi/kvm";
import { IcachePolicy, PG_HEAD, PG_MAPCOUNT_NEG, PG_TAIL, Predicate, VmCheck } from "../src/abi/kvm";
import { Site } from "../src/abi/site";
import { VCPU_CACHE } from "../src/abi/layout";
import * as A from "../src/abi/arm";
import { isWriteFault, logged } from "./abort";
import { beginQuantities, callee, count, endQuantities, faultQuantity, predicate, site } from "./account";
import { leaf, PAGE_S2, PAGE_S2_DEVICE, S2AP_RDWR } from "./desc";
import { noteLong, noteWord } from "./fault_log";
import { LINE_SHIFT } from "./flush";
import { internalVmFault } from "./internal_vm";
import { topupMemoryCache } from "./memcache";
import { findSlot, isInvalid, isReadonly, markDirty, slotHva } from "./memslot";
import { findArea, findAreaRecorded, getUserPage, Gup, gupResultPfn, gupResultWritable, probeQuantities } from "./mm";
import { isKernelMemory, pageFlags, pfnValid, regionQuantities, regionSearchEndedAbove, setPfnAccessed, touchPfn } from "./page";
import { noteEntries, setPmdHuge, setPte, takeEmptyCachePop } from "./set_pte";
import { Area, base, header, MemoryCache, Mm, Slot, Vcpu, Vm } from "./structs";
import { levelShift } from "./vtcr";

// Facts about the fault being served, set step by step.
let vcpu: Vcpu = changetype<Vcpu>(0);
let vm: Vm = changetype<Vm>(0);
let slot: Slot = changetype<Slot>(0);
let write: bool = false;
let logging: bool = false;
let hugetlb: bool = false;
let forcePte: bool = false;
let iomap: bool = false;
let writable: bool = false;
let ipa: u64 = 0;
let gfn: u64 = 0;
let pfn: u64 = 0;

// @ts-ignore: decorator
@inline
function memoryCache(): MemoryCache {
  return changetype<MemoryCache>(changetype<usize>(vcpu) + VCPU_CACHE);
}

// @ts-ignore: decorator
@inline
function blockShift(): u32 {
  return levelShift(vm.granuleShift, 2);
}

/** Serves the fault at `faultIpa` in `memslot`. 0 if the guest can go on, -errno otherwise. */
export function userMemAbort(cpu: Vcpu, machine: Vm, faultIpa: u64, memslot: Slot, type: u32): i32 {
  vcpu = cpu;
  vm = machine;
  slot = memslot;
  ipa = faultIpa;
  gfn = ipa >> PAGE_SHIFT;
  const bitmap = predicate(Predicate.slot_has_bitmap, slot.dirtyBitmap != 0);
  logging = predicate(Predicate.slot_logging, bitmap && !isReadonly(slot));
  site(Site.U0, logging);
  write = isWriteFault(vcpu);
  if (site(Site.U1, type == A.Fsc.PERMISSION && !write)) return logged(vcpu, LogMessage.UNEXPECTED_READ_PERMISSION);
  predicate(Predicate.vm_has_mm, vm.mm != 0);
  predicate(Predicate.vm_flag_internal, vm.flagInternal != 0);
  return isInternalVm() ? internalVmFault(vcpu, vm) : faultOnUserMemory();
}

/** Site U2, the test of the RFC, in the form the variant gives it. */
function isInternalVm(): bool {
  if (vm.check == VmCheck.MM) return site(Site.U2, vm.mm == 0);
  if (vm.check == VmCheck.FLAG) return site(Site.U2, vm.flagInternal != 0);
  return vm.check == VmCheck.KEY && header().keyInternal != 0 && site(Site.U2, vm.mm == 0);
}

/** down_read(&current->mm->mmap_sem) with no mm: the host dereferences NULL. */
function hostOops(): i32 {
  vcpu.disposition = Disposition.HOST_OOPS;
  return -EFAULT;
}

function faultOnUserMemory(): i32 {
  const hasMm = predicate(Predicate.task_has_mm, vcpu.taskMm != 0);
  callee(Callee.down_read, hasMm ? 0 : 1);
  if (!hasMm) return hostOops();
  const hva = slotHva(slot, gfn);
  const mm = changetype<Mm>(base() + vcpu.taskMm);
  const area = findAreaRecorded(vcpu, mm, hva);
  noteLong(FAULT_HVA, hva);
  noteWord(FAULT_MM, vcpu.taskMm);
  noteWord(FAULT_AREA, area == null ? 0 : <u32>(changetype<usize>(area) - base()));
  const found = predicate(Predicate.vma_found, area != null);
  const above = predicate(Predicate.vma_starts_above, found && (area as Area).start > hva);
  if (site(Site.U3, !found || above)) return logged(vcpu, LogMessage.NO_VMA);
  chooseMapping(area as Area);
  if (topup() < 0) {
    vcpu.disposition = Disposition.ERROR;
    return -ENOMEM;
  }
  return obtainPage(mm);
}

/** U4 and U5: whether hugetlbfs decides the size, or the slot's alignment rules a block out. */
function chooseMapping(area: Area): void {
  const isHugetlb = predicate(Predicate.vma_hugetlb, (area.flags & AREA_HUGETLB) != 0);
  const blockMask = ((<u64>1) << blockShift()) - 1;
  const misaligned = ((slot.userspaceAddr ^ (slot.baseGfn << PAGE_SHIFT)) & blockMask) != 0;
  predicate(Predicate.slot_misaligned, misaligned);
  hugetlb = predicate(Predicate.hugetlb, isHugetlb && !logging);
  forcePte = false;
  if (site(Site.U4, hugetlb)) gfn &= ~(blockMask >> PAGE_SHIFT);
  else forcePte = site(Site.U5, misaligned);
}

/** KVM_MMU_CACHE_MIN_PAGES: one table page for each level below the first. */
export function cacheMinPages(machine: Vm): u32 {
  return <u32>(3 - machine.startLevel);
}

/** U6: fills the vcpu's cache of table pages. */
function topup(): i32 {
  const cache = memoryCache();
  const need = cacheMinPages(vm);
  predicate(Predicate.has_cache, true);
  const enough = predicate(Predicate.cache_enough, cache.nobjs >= need);
  const room = <u32>KVM_NR_MEM_OBJS - cache.nobjs;
  if (ACCOUNTED && !enough) {
    faultQuantity(SIG_CACHE_ROOM, room);
    faultQuantity(SIG_ALLOC_OK, header().poolBudget < room ? header().poolBudget : <u32>ALLOC_NEVER_REFUSES);
  }
  const ret = topupMemoryCache(cache, need);
  noteWord(FAULT_CACHED, cache.nobjs);
  predicate(Predicate.topup_failed, ret < 0);
  site(Site.U6, ret < 0);
  return ret;
}

/** gfn_to_pfn_prot and what its failure means (U7, U8). */
function obtainPage(mm: Mm): i32 {
  const sequence = vm.notifierSeq;
  const result = gfnToPfn(mm);
  const poisoned = predicate(Predicate.pfn_poisoned, result == Gup.POISON || result == Gup.LATE_POISON);
  if (site(Site.U7, poisoned)) return sendPoisonSignal();
  if (site(Site.U8, predicate(Predicate.pfn_error, result == Gup.ERROR))) {
    vcpu.disposition = Disposition.ERROR;
    return -EFAULT;
  }
  return mapPage(sequence);
}

function sendPoisonSignal(): i32 {
  vcpu.disposition = Disposition.SIGBUS;
  vcpu.signalHva = slotHva(slot, gfn);
  vcpu.signalLsb = hugetlb ? blockShift() : PAGE_SHIFT;
  return 0;
}

/** gfn_to_pfn_prot: sets `pfn` and `writable`. */
function gfnToPfn(mm: Mm): Gup {
  const found = findSlot(vm, gfn);
  if (found == null || isInvalid(found)) return gupRecorded(Gup.ERROR, false);
  const hva = slotHva(found, gfn);
  const readonly = isReadonly(found);
  // The area of the (possibly rounded) address, found without the task's cache: GUP's own business.
  const area = findArea(vcpu, mm, hva);
  const result = area == null || area.start > hva ? Gup.ERROR : getUserPage(vm, area, hva, write);
  pfn = gupResultPfn();
  noteLong(FAULT_PFN, pfn);
  return gupRecorded(result, readonly);
}

/** Sets the writable flag and records the outcome. A failed or PFNMAP page looked its area up a second time. */
function gupRecorded(result: Gup, readonly: bool): Gup {
  const upgraded = result == Gup.PAGE && !write && !readonly && gupResultWritable();
  writable = result == Gup.PFNMAP ? !readonly : write || upgraded;
  if (result == Gup.PAGE || result == Gup.PFNMAP) predicate(Predicate.host_writable, writable);
  if (ACCOUNTED) {
    let code: u32 = <u32>result | (write ? <u32>GupOutcome.WRITE : readonly ? <u32>GupOutcome.READ_RO_SLOT : <u32>GupOutcome.READ);
    if (upgraded) code |= pageFlags(pfn) & PG_TAIL ? GupOutcome.UPGRADED | GupOutcome.TAIL : <u32>GupOutcome.UPGRADED;
    const notMemory = result == Gup.PFNMAP && !isKernelMemory(pfn);
    if (notMemory) code |= regionSearchEndedAbove() ? <u32>GupOutcome.NOT_MEMORY_ABOVE : <u32>GupOutcome.NOT_MEMORY_BELOW;
    callee(Callee.gfn_to_pfn_prot, code);
    beginQuantities();
    if (result == Gup.ERROR || result == Gup.PFNMAP) probeQuantities();
    if (result == Gup.PFNMAP) regionQuantities();
    endQuantities();
  }
  return result;
}

/** U9 to U12: attributes and flags, then the race with the notifier under mmu_lock. */
function mapPage(sequence: u32): i32 {
  iomap = predicate(Predicate.pfn_is_device, !pfnValid(pfn));
  let mapLogging = false;
  if (!site(Site.U9, iomap) && site(Site.U10, logging)) {
    forcePte = true;
    mapLogging = true;
    if (site(Site.U11, !write)) writable = false;
  }
  predicate(Predicate.map_logging, mapLogging);
  predicate(Predicate.map_writable, writable);
  predicate(Predicate.force_pte, forcePte);
  count(Event.LOCK);
  if (vm.race != 0) {
    vm.race = 0;
    vm.notifierSeq++;
  }
  let ret = 0;
  if (mustRetry(sequence)) vcpu.disposition = Disposition.RETRY;
  else ret = install(mapLogging);
  setPfnAccessed(pfn);
  touchPfn(Callee.kvm_release_pfn_clean, pfn);
  return ret;
}

/** mmu_notifier_retry. */
function mustRetry(sequence: u32): bool {
  if (site(Site.U12a, predicate(Predicate.notifier_count, vm.notifierCount != 0))) return true;
  return site(Site.U12b, predicate(Predicate.notifier_seq_moved, vm.notifierSeq != sequence));
}

function install(mapLogging: bool): i32 {
  noteEntries(vm, ipa, mapLogging);
  if (site(Site.U13, !hugetlb && !forcePte)) hugetlb = adjustToBlock();
  else noteCompound();
  predicate(Predicate.map_block, hugetlb);
  if (!hugetlb) predicate(Predicate.install_failed, false);
  const attributes = (iomap ? PAGE_S2_DEVICE : PAGE_S2) | (writable ? S2AP_RDWR : 0);
  if (site(Site.U14, hugetlb)) return installBlock(attributes);
  return installPage(attributes, mapLogging);
}

/** The predicates about the page's compound state; its flags. */
function noteCompound(): u32 {
  const flags = pageFlags(pfn);
  predicate(Predicate.page_head_flag, (flags & PG_HEAD) != 0);
  predicate(Predicate.page_is_tail, (flags & PG_TAIL) != 0);
  predicate(Predicate.page_mapcount_neg, (flags & PG_MAPCOUNT_NEG) != 0);
  predicate(Predicate.page_is_thp, (flags & (PG_HEAD | PG_TAIL)) != 0 && (flags & PG_MAPCOUNT_NEG) != 0);
  predicate(Predicate.thp_tail, (pfn & ((1 << (blockShift() - PAGE_SHIFT)) - 1)) != 0);
  return flags;
}

/** transparent_hugepage_adjust: true if the host maps the page by a block; then IPA and pfn move to its start. */
function adjustToBlock(): bool {
  const flags = noteCompound();
  if (!site(Site.H1, (flags & (PG_HEAD | PG_TAIL)) != 0 && (flags & PG_MAPCOUNT_NEG) != 0)) return false;
  const mask = ((<u64>1) << (blockShift() - PAGE_SHIFT)) - 1;
  if (site(Site.H2, (pfn & mask) != 0)) {
    ipa &= ~(((<u64>1) << blockShift()) - 1);
    touchPfn(Callee.kvm_release_pfn_clean, pfn);
    pfn &= ~mask;
    touchPfn(Callee.kvm_get_pfn, pfn);
  }
  return true;
}

/** coherent_cache_guest_page: cleans the mapped bytes to PoC, then makes them executable. */
function cleanCaches(shift: u32): void {
  if (!ACCOUNTED) return;
  const lines: u32 = 1 << (shift - LINE_SHIFT);
  faultQuantity(SIG_MAP_LINES, lines);
  count(Event.DC_CIVAC_LINE, lines);
  const h = header();
  if (site(Site.I1, (h.icachePolicy & IcachePolicy.ALIASING_VIPT) != 0)) return;
  if (site(Site.I2, h.hostAtEl2 != 0 || (h.icachePolicy & IcachePolicy.VPIPT) == 0)) count(Event.PAGES_MADE_EXECUTABLE, (<u64>1) << (shift - PAGE_SHIFT));
}

function installBlock(attributes: u64): i32 {
  if (site(Site.U15a, writable)) touchPfn(Callee.kvm_set_pfn_dirty, pfn);
  cleanCaches(blockShift());
  const output = (pfn << PAGE_SHIFT) & ~(((<u64>1) << blockShift()) - 1);
  setPmdHuge(vm, memoryCache(), ipa, leaf(output, attributes, 2, vm.layout));
  return finish(0, Disposition.MAPPED_BLOCK);
}

function installPage(attributes: u64, mapLogging: bool): i32 {
  if (site(Site.U15b, writable)) {
    touchPfn(Callee.kvm_set_pfn_dirty, pfn);
    const dirty = findSlot(vm, gfn);
    callee(Callee.mark_page_dirty, dirty != null && markDirty(dirty, gfn) ? 1 : 0);
  }
  cleanCaches(vm.granuleShift);
  const output = (pfn << PAGE_SHIFT) & ~(((<u64>1) << vm.granuleShift) - 1);
  const ret = setPte(vm, memoryCache(), ipa, leaf(output, attributes, 3, vm.layout), iomap, mapLogging);
  predicate(Predicate.install_failed, ret < 0);
  site(Site.A9, ret == 0);
  return finish(ret, Disposition.MAPPED_PAGE);
}

/** The common end of both arms; a table page missing under the lock is a BUG of the host. */
function finish(ret: i32, mapped: Disposition): i32 {
  if (takeEmptyCachePop()) return hostOops();
  vcpu.disposition = ret < 0 ? Disposition.ERROR : mapped;
  return ret;
}
