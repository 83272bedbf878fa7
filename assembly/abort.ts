// From the guest's exit to resume, exit to user space or -errno: the EL2 capture, handle_exit,
// kvm_handle_guest_abort and handle_access_fault of v4.13. Sources: fault-path.md 2.1 to 2.4 and 2.12.
import * as A from "../src/abi/arm";
import { Access, CLASS_ACCESS_LSB, CLASS_LEVEL_LSB, CLASS_S1PTW_LSB, ClassType, HvaOutcome } from "../src/abi/event";
import { Callee, Disposition, EFAULT, EXIT_WITH_SERROR_LSB, ExitCode, ExitReason, LogMessage, PAGE_SHIFT } from "../src/abi/kvm";
import { IcachePolicy, Predicate } from "../src/abi/kvm";
import { Site } from "../src/abi/site";
import { beginFault, callee, count, endFault, logMessage, predicate, site } from "./account";
import { Event } from "../src/abi/event";
import { FAULT_IPA } from "../src/abi/fault-log";
import { AF, outputAddress } from "./desc";
import { beginRecord, endRecord, noteEntry, noteLong } from "./fault_log";
import { guestState, injectAbort, injectVabt } from "./inject";
import { gfnToMemslot, isInvalid, isReadonly, PAGE_OFFSET, slotHva } from "./memslot";
import { ioMemAbort, skipInstruction } from "./mmio";
import { setPfnAccessed } from "./page";
import { entryAddress, readEntry, writeEntry } from "./pgtable";
import { blockAboveLevel2, getPmd, isBlock, noteBlock, noteEntries } from "./set_pte";
import { FaultRequest, FaultResult, header, Slot, Vcpu, Vm, base } from "./structs";
import { userMemAbort } from "./user_mem_abort";

// @ts-ignore: decorator
@inline
function esrBit(vcpu: Vcpu, lsb: u32): bool {
  return ((vcpu.esr >> lsb) & 1) != 0;
}

// @ts-ignore: decorator
@inline
function exceptionClass(esr: u64): u32 {
  return <u32>(esr >> A.ESR_EC_LSB) & 0x3f;
}

/** Fault status without its level bits. */
// @ts-ignore: decorator
@inline
export function faultType(esr: u64): u32 {
  return <u32>esr & 0x3c;
}

/** Takes one exit from the guest to its end; the result is written to `out`. */
export function takeExit(request: FaultRequest, out: FaultResult): void {
  const vcpu = changetype<Vcpu>(base() + request.vcpu);
  vcpu.disposition = Disposition.NONE;
  vcpu.exitReason = ExitReason.NONE;
  out.path = 0;
  out.ret = exitToHost(vcpu, request, out);
  out.disposition = vcpu.disposition;
}

function exitToHost(vcpu: Vcpu, request: FaultRequest, out: FaultResult): i32 {
  const code = request.exitCode;
  if (code >> EXIT_WITH_SERROR_LSB) {
    vcpu.esr = request.esr;
    if (isCall(exceptionClass(request.esr))) rewindCall(vcpu);
    injectVabt(vcpu);
    vcpu.disposition = Disposition.INJECT_VABT;
    return 1;
  }
  if (code == ExitCode.TRAP) return trap(vcpu, request, out);
  return otherExit(vcpu, code);
}

/** HVC or SMC: the trap left the PC behind the instruction. */
function isCall(ec: u32): bool {
  return ec == A.Ec.HVC64 || ec == A.Ec.SMC64 || ec == A.Ec.HVC32 || ec == A.Ec.SMC32;
}

/** With an SError pending the call is made again, after the SError. */
function rewindCall(vcpu: Vcpu): void {
  vcpu.pc -= esrBit(vcpu, A.ESR_IL_LSB) ? 4 : 2;
}

/** handle_exit for exits that are no traps. */
function otherExit(vcpu: Vcpu, code: u32): i32 {
  vcpu.disposition = Disposition.NOT_AN_ABORT;
  if (code == ExitCode.IRQ) return 1;
  if (code == ExitCode.EL1_SERROR) {
    injectVabt(vcpu);
    vcpu.disposition = Disposition.INJECT_VABT;
    return 1;
  }
  vcpu.exitReason = code == ExitCode.HYP_GONE ? ExitReason.FAIL_ENTRY : ExitReason.INTERNAL_ERROR;
  return 0;
}

function trap(vcpu: Vcpu, request: FaultRequest, out: FaultResult): i32 {
  const ec = exceptionClass(request.esr);
  vcpu.esr = request.esr;
  if (ec != A.Ec.IABT_LOW && ec != A.Ec.DABT_LOW) {
    vcpu.disposition = Disposition.NOT_AN_ABORT;
    return 1;
  }
  vcpu.far = request.far;
  if (!captureHpfar(vcpu, request)) {
    vcpu.disposition = Disposition.REENTERED_AT_EL2;
    return 1;
  }
  beginFault(faultClass(vcpu.esr));
  beginRecord(request.vcpu, vcpu.vm);
  const aarch32 = predicate(Predicate.guest_aarch32, ((vcpu.pstate >> A.PSTATE_AARCH32_LSB) & 1) != 0);
  callee(Callee.handle_exit, aarch32 ? 1 : 0);
  const ret = handleGuestAbort(vcpu);
  out.path = endFault(ret, vcpu.disposition);
  endRecord(out.path);
  return ret;
}

/**
 * HPFAR_EL2 as EL2 saves it. It is not trusted for a permission fault (nor on erratum 834220 parts): then
 * the IPA comes from AT S1E1R on FAR. False if that walk faults, and the guest is entered again at once.
 */
function captureHpfar(vcpu: Vcpu, request: FaultRequest): bool {
  const permission = faultType(request.esr) == A.Fsc.PERMISSION;
  const untrusted = !esrBit(vcpu, A.ESR_S1PTW_LSB) && (permission || header().erratum834220 != 0);
  if (!untrusted) {
    vcpu.hpfar = request.hpfar;
    return true;
  }
  vcpu.par = request.par;
  if (request.par & 1) return false;
  vcpu.hpfar = ((request.par >> A.PAR_PA_LSB) & (((<u64>1) << A.PAR_PA_WIDTH) - 1)) << A.HPFAR_FIPA_LSB;
  return true;
}

/** Class of a fault: type, level, access and S1PTW of its syndrome. */
export function faultClass(esr: u64): u32 {
  if (!ACCOUNTED) return 0;
  const type = faultType(esr);
  let kind: u32 = ClassType.OTHER;
  if (type == A.Fsc.TRANSLATION) kind = ClassType.TRANSLATION;
  else if (type == A.Fsc.ACCESS_FLAG) kind = ClassType.ACCESS_FLAG;
  else if (type == A.Fsc.PERMISSION) kind = ClassType.PERMISSION;
  const s1ptw = <u32>(esr >> A.ESR_S1PTW_LSB) & 1;
  return kind | ((<u32>esr & 3) << CLASS_LEVEL_LSB) | (accessOf(esr) << CLASS_ACCESS_LSB) | (s1ptw << CLASS_S1PTW_LSB);
}

function accessOf(esr: u64): u32 {
  if (exceptionClass(esr) == A.Ec.IABT_LOW) return Access.EXECUTE;
  if ((esr >> A.ESR_CM_LSB) & 1) return Access.CACHE_OP;
  return (esr >> A.ESR_WNR_LSB) & 1 ? Access.WRITE : Access.READ;
}

/** kvm_is_write_fault: a data abort with WnR or S1PTW; a fetch never writes. */
export function isWriteFault(vcpu: Vcpu): bool {
  if (site(Site.W1, exceptionClass(vcpu.esr) == A.Ec.IABT_LOW)) return false;
  return esrBit(vcpu, A.ESR_WNR_LSB) || esrBit(vcpu, A.ESR_S1PTW_LSB);
}

/** Predicates that hold from the handler's entry on. */
function notePredicates(vcpu: Vcpu, fetch: bool, type: u32): void {
  if (!ACCOUNTED) return;
  const h = header();
  predicate(Predicate.is_iabt, fetch);
  predicate(Predicate.is_dabt, !fetch);
  predicate(Predicate.type_sea, isExternal(type));
  predicate(Predicate.type_ext, type == A.Fsc.EXTERNAL);
  predicate(Predicate.fsc_known, isHandled(type));
  predicate(Predicate.type_access, type == A.Fsc.ACCESS_FLAG);
  predicate(Predicate.type_perm, type == A.Fsc.PERMISSION);
  predicate(Predicate.is_cm, esrBit(vcpu, A.ESR_CM_LSB));
  predicate(Predicate.is_write, !fetch && (esrBit(vcpu, A.ESR_WNR_LSB) || esrBit(vcpu, A.ESR_S1PTW_LSB)));
  predicate(Predicate.host_at_el2, h.hostAtEl2 != 0);
  predicate(Predicate.icache_aliasing, (h.icachePolicy & IcachePolicy.ALIASING_VIPT) != 0);
  predicate(Predicate.icache_vpipt, (h.icachePolicy & IcachePolicy.VPIPT) != 0);
  predicate(Predicate.caps_ready, h.capsReady != 0);
  predicate(Predicate.cap_cache_dic, h.cacheDic != 0);
  predicate(Predicate.cap_cache_dic_bit, h.cacheDicBit != 0);
  predicate(Predicate.key_internal_on, h.keyInternal != 0);
}

// @ts-ignore: decorator
@inline
function isExternal(type: u32): bool {
  return type >= <u32>A.Fsc.EXTERNAL && type <= <u32>A.Fsc.PARITY_WALK;
}

// @ts-ignore: decorator
@inline
function isHandled(type: u32): bool {
  return type == A.Fsc.TRANSLATION || type == A.Fsc.PERMISSION || type == A.Fsc.ACCESS_FLAG;
}

/** kvm_handle_guest_abort. 1 resume, 0 to user space, -errno. */
function handleGuestAbort(vcpu: Vcpu): i32 {
  const type = faultType(vcpu.esr);
  const fetch = exceptionClass(vcpu.esr) == A.Ec.IABT_LOW;
  notePredicates(vcpu, fetch, type);
  if (site(Site.A1, isExternal(type))) {
    const claimed = predicate(Predicate.sea_claimed, header().seaClaimed != 0);
    if (site(Site.A2, claimed)) {
      vcpu.disposition = Disposition.RAS_CLAIMED;
      return 1;
    }
  }
  if (site(Site.A3, !fetch && type == A.Fsc.EXTERNAL)) {
    injectVabt(vcpu);
    vcpu.disposition = Disposition.INJECT_VABT;
    return 1;
  }
  if (site(Site.A4, !isHandled(type))) return logged(vcpu, LogMessage.UNSUPPORTED_FSC);
  return handleStage2Fault(vcpu, type, fetch);
}

/** Logs a line and fails KVM_RUN with -EFAULT. */
export function logged(vcpu: Vcpu, message: LogMessage): i32 {
  logMessage(message);
  vcpu.disposition = Disposition.ERROR;
  return -EFAULT;
}

function handleStage2Fault(vcpu: Vcpu, type: u32, fetch: bool): i32 {
  const vm = changetype<Vm>(base() + vcpu.vm);
  const ipa = (vcpu.hpfar & ~0xf) << 8;
  noteLong(FAULT_IPA, ipa);
  const slot = gfnToMemslot(vm, ipa >> PAGE_SHIFT);
  const hvaIsError = slot == null || isInvalid(slot) || slotHva(slot, ipa >> PAGE_SHIFT) >= PAGE_OFFSET;
  noteSlot(slot, hvaIsError);
  const needsDevice = hvaIsError || (isWriteFault(vcpu) && isReadonly(slot as Slot));
  if (site(Site.A5, needsDevice)) return outsideMemory(vcpu, ipa | (vcpu.far & 0xfff), fetch);
  if (site(Site.A8, type == A.Fsc.ACCESS_FLAG)) {
    handleAccessFault(vm, ipa);
    vcpu.disposition = Disposition.ACCESS_FLAG;
    return 1;
  }
  const ret = userMemAbort(vcpu, vm, ipa, slot as Slot, type);
  return ret == 0 ? 1 : ret;
}

/** gfn_to_hva_memslot_prot, recorded, with the predicates about the slot. */
function noteSlot(slot: Slot | null, hvaIsError: bool): void {
  if (!ACCOUNTED) return;
  const found = slot != null;
  const invalid = found && isInvalid(slot as Slot);
  const readonly = found && isReadonly(slot as Slot);
  predicate(Predicate.slot_found, found);
  if (found) {
    predicate(Predicate.slot_invalid, invalid);
    predicate(Predicate.slot_readonly, readonly);
  }
  predicate(Predicate.hva_is_error, hvaIsError);
  predicate(Predicate.slot_writable, found && !invalid && !readonly);
  const outcome = !found ? HvaOutcome.NO_SLOT : invalid ? HvaOutcome.INVALID_SLOT : readonly ? HvaOutcome.READONLY_SLOT : HvaOutcome.RW_SLOT;
  callee(Callee.gfn_to_hva_memslot_prot, outcome);
}

/** The arm for accesses that no slot answers: injected, skipped, or a device access. */
function outsideMemory(vcpu: Vcpu, ipa: u64, fetch: bool): i32 {
  if (site(Site.A6, fetch)) {
    callee(Callee.kvm_inject_pabt, guestState(vcpu));
    injectAbort(vcpu, vcpu.far, true);
    vcpu.disposition = Disposition.INJECT_PABT;
    return 1;
  }
  if (site(Site.A7, esrBit(vcpu, A.ESR_CM_LSB))) {
    skipInstruction(vcpu);
    vcpu.disposition = Disposition.SKIP_INSTRUCTION;
    return 1;
  }
  return ioMemAbort(vcpu, ipa);
}

/** handle_access_fault: sets AF in the entry for `ipa`, page or block, if there is one. */
function handleAccessFault(vm: Vm, ipa: u64): void {
  const above = vm.largeBlocks ? blockAboveLevel2(vm, ipa) : 0;
  if (above != 0) return handleLargeBlock(vm, above);
  predicate(Predicate.has_cache, false);
  noteEntries(vm, ipa, false);
  count(Event.LOCK);
  const pmd = getPmd(vm, null, ipa);
  const entry = pmd == 0 ? 0 : readEntry(pmd);
  if (site(Site.F1, entry == 0)) return;
  if (site(Site.F2, isBlock(entry))) {
    writeEntry(pmd, entry | AF);
    return accessed(entry, vm);
  }
  const ptep = entryAddress(vm, outputAddress(entry, vm.granuleShift, vm.layout), 3, ipa);
  noteEntry(3, ptep);
  const pte = readEntry(ptep);
  if (site(Site.F3, pte == 0)) return;
  writeEntry(ptep, pte | AF);
  accessed(pte, vm);
}

/** A block above level 2, of an internal VM, goes the way of one of level 2: what v4.13 would take for a table. */
function handleLargeBlock(vm: Vm, ptep: u64): void {
  predicate(Predicate.has_cache, false);
  noteBlock();
  count(Event.LOCK);
  const entry = readEntry(ptep);
  site(Site.F1, false);
  site(Site.F2, true);
  writeEntry(ptep, entry | AF);
  accessed(entry, vm);
}

/** kvm_set_pfn_accessed on the page an entry maps. */
function accessed(desc: u64, vm: Vm): void {
  site(Site.F4, true);
  setPfnAccessed(outputAddress(desc, vm.granuleShift, vm.layout) >> PAGE_SHIFT);
}
