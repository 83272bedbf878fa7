// io_mem_abort: an access outside the slots becomes a device access. Source: fault-path.md section 2.10.
import * as A from "../src/abi/arm";
import { MmioOutcome } from "../src/abi/event";
import { Callee, Disposition, ENOSYS, ExitReason, LogMessage, Quantity, VmMmio } from "../src/abi/kvm";
import { IODEV_SIZEOF, VCPU_REGS } from "../src/abi/layout";
import { beginQuantities, callee, endQuantities, logMessage, quantity } from "./account";
import { guestState, injectAbort } from "./inject";
import { base, header, IoDevice, Vcpu, Vm } from "./structs";

const ZERO_REGISTER: u32 = 31;

// Outcome of the last bus search.
let comparesLt: u32 = 0;
let comparesGt: u32 = 0;
let lastLt: u32 = 0;
let foundIndex: u32 = 0;

// @ts-ignore: decorator
@inline
function bit(vcpu: Vcpu, lsb: u32): bool {
  return ((vcpu.esr >> lsb) & 1) != 0;
}

// @ts-ignore: decorator
@inline
function deviceAt(index: u32): IoDevice {
  return changetype<IoDevice>(base() + header().ioBus + index * IODEV_SIZEOF);
}

/** Binary search of the in-kernel MMIO bus; devices sorted by address. */
function findDevice(ipa: u64, length: u64): IoDevice | null {
  let start: u32 = 0;
  let end = header().ioBusCount;
  comparesLt = 0;
  comparesGt = 0;
  lastLt = 0;
  while (start < end) {
    const middle = start + (end - start) / 2;
    const device = deviceAt(middle);
    if (ipa < device.addr) {
      end = middle;
      comparesLt++;
      lastLt = 1;
    } else if (ipa + length > device.addr + device.len) {
      start = middle + 1;
      comparesGt++;
      lastLt = 0;
    } else {
      foundIndex = middle;
      lastLt = 0;
      return device;
    }
  }
  foundIndex = 0;
  return null;
}

/** Bytes of the instruction that trapped. */
function instructionBytes(vcpu: Vcpu): u64 {
  const thumb = bit(vcpu, A.ESR_IL_LSB) ? 4 : 2;
  return (vcpu.pstate >> A.PSTATE_AARCH32_LSB) & 1 ? thumb : 4;
}

/** Moves the guest past the instruction that trapped. */
export function skipInstruction(vcpu: Vcpu): void {
  vcpu.pc += instructionBytes(vcpu);
}

// @ts-ignore: decorator
@inline
function register(vcpu: Vcpu, rt: u32): usize {
  return changetype<usize>(vcpu) + VCPU_REGS + (<usize>rt << 3);
}

/** kvm_vcpu_is_be: the guest's data are big-endian. */
function isBigEndian(vcpu: Vcpu): bool {
  const aarch32 = (vcpu.pstate >> A.PSTATE_AARCH32_LSB) & 1;
  return (aarch32 ? (vcpu.pstate >> A.PSTATE_E_LSB) & 1 : (vcpu.sctlrEl1 >> A.SCTLR_EE_LSB) & 1) != 0;
}

/** The low `bits` of a value between the guest's byte order and the host's. */
function inOrder(vcpu: Vcpu, value: u64, bits: u64): u64 {
  return isBigEndian(vcpu) ? bswap<u64>(value) >> (64 - bits) : value & (~(<u64>0) >> (64 - bits));
}

/** Value a read returns, cut to its size and sign-extended if the instruction asks for it. */
function extended(value: u64, bits: u64, signed: bool, wide: bool): u64 {
  if (bits == 64) return value;
  const mask = ((<u64>1) << bits) - 1;
  value &= mask;
  if (signed && (value >> (bits - 1)) & 1) value |= ~mask;
  return wide ? value : value & 0xffffffff;
}

/** io_mem_abort for the access at `ipa`. 1 handled here, 0 for user space, -ENOSYS if the syndrome does not say enough. */
export function ioMemAbort(vcpu: Vcpu, ipa: u64): i32 {
  if (!bit(vcpu, A.ESR_ISV_LSB)) {
    if (mmioOf(vcpu) != VmMmio.AS_POSTED) return abortAccess(vcpu);
    callee(Callee.io_mem_abort, MmioOutcome.NO_ISV);
    logMessage(LogMessage.MMIO_NO_ISV);
    vcpu.disposition = Disposition.ERROR;
    return -ENOSYS;
  }
  return bit(vcpu, A.ESR_S1PTW_LSB) ? abortAccess(vcpu) : deviceAccess(vcpu, ipa);
}

function mmioOf(vcpu: Vcpu): VmMmio {
  return changetype<Vm>(base() + vcpu.vm).mmio;
}

/** A synchronous external abort to the guest. An internal VM that gets one where v4.13 has none pays as for S1PTW. */
function abortAccess(vcpu: Vcpu): i32 {
  callee(Callee.io_mem_abort, MmioOutcome.S1PTW | (<u32>guestState(vcpu) << MmioOutcome.DETAIL_LSB));
  injectAbort(vcpu, vcpu.far, false);
  vcpu.disposition = Disposition.INJECT_DABT;
  return 1;
}

/** Takes back an access that was left for user space: the guest gets the abort at the instruction that was skipped. */
export function abortUserAccess(vcpu: Vcpu): void {
  vcpu.pc -= instructionBytes(vcpu);
  vcpu.exitReason = ExitReason.NONE;
  abortAccess(vcpu);
}

function deviceAccess(vcpu: Vcpu, ipa: u64): i32 {
  const sas = <u32>(vcpu.esr >> A.ESR_SAS_LSB) & 3;
  const rt = <u32>(vcpu.esr >> A.ESR_SRT_LSB) & 31;
  const write = bit(vcpu, A.ESR_WNR_LSB);
  const bits = (<u64>8) << sas;
  const device = findDevice(ipa, (<u64>1) << sas);
  if (device == null && mmioOf(vcpu) == VmMmio.ABORT) return abortAccess(vcpu);
  recordAccess(vcpu, sas, rt, write, device != null);
  skipInstruction(vcpu);
  const value = rt == ZERO_REGISTER ? 0 : load<u64>(register(vcpu, rt));
  vcpu.mmioPa = ipa;
  vcpu.mmioLen = 1 << sas;
  vcpu.mmioIsWrite = write;
  vcpu.mmioData = write ? inOrder(vcpu, value, bits) : 0;
  if (device == null) {
    vcpu.exitReason = ExitReason.MMIO;
    vcpu.disposition = Disposition.MMIO_USER;
    return 0;
  }
  vcpu.disposition = Disposition.MMIO_KERNEL;
  if (write) device.value = vcpu.mmioData;
  else completeRead(vcpu, device.value);
  return 1;
}

/** kvm_handle_mmio_return: puts the value of a read into its register. */
export function completeRead(vcpu: Vcpu, value: u64): void {
  const rt = <u32>(vcpu.esr >> A.ESR_SRT_LSB) & 31;
  if (rt == ZERO_REGISTER) return;
  const bits = (<u64>8) << ((vcpu.esr >> A.ESR_SAS_LSB) & 3);
  const ordered = inOrder(vcpu, value, bits);
  store<u64>(register(vcpu, rt), extended(ordered, bits, bit(vcpu, A.ESR_SSE_LSB), bit(vcpu, A.ESR_SF_LSB)));
}

function recordAccess(vcpu: Vcpu, sas: u32, rt: u32, write: bool, kernel: bool): void {
  if (!ACCOUNTED) return;
  const aarch32 = (vcpu.pstate >> A.PSTATE_AARCH32_LSB) & 1;
  let code: u32 = (write ? <u32>MmioOutcome.WRITE : <u32>MmioOutcome.READ) | (sas << MmioOutcome.DETAIL_LSB);
  if (kernel) code |= MmioOutcome.KERNEL;
  if (aarch32) code |= MmioOutcome.AARCH32;
  if (kernel && !write) {
    if (bit(vcpu, A.ESR_SSE_LSB)) code |= MmioOutcome.SIGN_EXTEND;
    if (bit(vcpu, A.ESR_SF_LSB)) code |= MmioOutcome.SF;
    if (rt == ZERO_REGISTER) code |= MmioOutcome.ZERO_REGISTER;
  }
  callee(Callee.io_mem_abort, code);
  beginQuantities();
  quantity(Quantity.bus_lt, comparesLt);
  quantity(Quantity.bus_gt, comparesGt);
  const empty: u32 = header().ioBusCount == 0 ? 1 : 0;
  quantity(write ? Quantity.bus_empty_w : Quantity.bus_empty_r, empty);
  quantity(write ? Quantity.bus_last_lt_w : Quantity.bus_last_lt_r, lastLt);
  quantity(write ? Quantity.bus_not_first_w : Quantity.bus_not_first_r, foundIndex != 0 ? 1 : 0);
  if (write) quantity(Quantity.rt_zero_w, rt == ZERO_REGISTER ? 1 : 0);
  endQuantities();
}
