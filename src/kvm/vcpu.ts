import { PSTATE_EL1H } from '../abi/arm.js';
import { Disposition, ExitReason } from '../abi/kvm.js';
import * as L from '../abi/layout.js';
import { checkInteger, checkU64, gone, refuse } from '../core/check.js';
import { hex, Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import type { View } from '../core/view.js';
import { checkExit, type ExitResult, type GuestExit, readResult, writeRequest } from './guest_exit.js';
import type { Vm } from './vm.js';

/** An access to a device, as kvm_run describes it. */
export interface MmioAccess {
  /** IPA of the access, to the byte. */
  pa: bigint;
  /** Bytes: 1, 2, 4 or 8. */
  length: number;
  /** ESR_EL2.ISS.WnR. */
  isWrite: boolean;
  /** What is written; 0 for a read. */
  data: bigint;
}

/**
 * Answers an access: the value of a read, anything for a write. 'abort': no device is there, and the guest gets a
 * synchronous external abort. It may take exits of other vcpus; this one can neither take nor complete one nor be
 * destroyed, and the VM can not (EBUSY), until it has returned.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: the handler of a write may return nothing
export type MmioHandler = (access: MmioAccess, vcpu: Vcpu) => bigint | 'abort' | void;

/** What KVM_RUN leaves for user space. */
export interface RunState {
  /** NONE unless the last exit left something for user space. */
  exitReason: ExitReason;
  /** The last device access; user space is to answer it if `exitReason` is MMIO. */
  mmio: MmioAccess;
  /** The last signal, sent by an exit that ended as Disposition.SIGBUS. */
  signal: {
    /** si_addr: hva of the poisoned page, of its block for hugetlbfs. */
    hva: bigint;
    /** si_addr_lsb: log2 of the bytes that are lost. */
    lsb: number;
  };
}

/** A virtual CPU: its registers, its cache of table pages, its task. */
export class Vcpu {
  /** The VM that made it. */
  readonly vm: Vm;
  /** That of its VM. */
  readonly machine: Machine;
  /** Of its record (VCPU_* of src/abi/layout.ts), in bytes from memoryBase. */
  readonly offset: number;
  readonly #request: number;
  readonly #result: number;
  #destroyed = false;
  /** The VM's `onMmio` is being asked about an access of this vcpu. */
  #asking = false;

  /** See {@link Vm.createVcpu}. */
  constructor(vm: Vm) {
    this.vm = vm;
    this.machine = vm.machine;
    const { arena, view } = this.machine;
    const mark = arena.mark();
    try {
      this.offset = arena.allocate(L.VCPU_SIZEOF);
      this.#request = arena.allocate(L.REQUEST_SIZEOF);
      this.#result = arena.allocate(L.RESULT_SIZEOF);
    } catch (error) {
      arena.rollback(mark);
      throw error;
    }
    view.fill(this.offset, L.VCPU_SIZEOF);
    view.setU32(this.offset + L.VCPU_VM, vm.offset);
    view.setU32(this.offset + L.VCPU_TASK_MM, vm.mm?.offset ?? 0);
    view.setU64(this.offset + L.VCPU_PSTATE, BigInt(PSTATE_EL1H));
  }

  /** Places in the arena of what the constructor allocates, in its order. */
  get places(): readonly number[] {
    return [this.offset, this.#request, this.#result];
  }

  /**
   * 64-bit register at `field`: VCPU_PC, VCPU_PSTATE, VCPU_ESR, VCPU_FAR, VCPU_HPFAR, VCPU_PAR, VCPU_HCR, VCPU_ELR_EL1,
   * VCPU_SPSR_EL1, VCPU_VBAR_EL1, VCPU_FAR_EL1, VCPU_ESR_EL1, VCPU_SCTLR_EL1. Throws EINVAL for another place.
   */
  get(field: number): bigint {
    return this.#view.u64(this.offset + checkField(field));
  }

  /** Writes the register at `field`, as {@link get} reads it. Throws EINVAL unless `value` is a u64, too. */
  set(field: number, value: bigint): void {
    this.#view.setU64(this.offset + checkField(field), checkU64('value', value));
  }

  /** The guest's program counter. */
  get pc(): bigint {
    return this.#view.u64(this.offset + L.VCPU_PC);
  }

  /** Where the guest goes on. Throws EINVAL unless it is a u64. */
  set pc(value: bigint) {
    this.#view.setU64(this.offset + L.VCPU_PC, checkU64('pc', value));
  }

  /** General register x0 to x30, or by number 31 XZR, which reads as 0. Throws EINVAL for another number. */
  register(index: number): bigint {
    const view = this.#view;
    checkInteger('register', index, 0, XZR);
    return index === XZR ? 0n : view.u64(this.offset + L.VCPU_REGS + index * 8);
  }

  /** Writes general register x0 to x30; what is written to XZR, number 31, is dropped. Throws EINVAL as {@link set}. */
  setRegister(index: number, value: bigint): void {
    const view = this.#view;
    checkInteger('register', index, 0, XZR);
    checkU64('value', value);
    if (index !== XZR) view.setU64(this.offset + L.VCPU_REGS + index * 8, value);
  }

  /** True after {@link destroy}, or that of its VM: all else but what it was made of throws EINVAL then. */
  get destroyed(): boolean {
    return this.#destroyed;
  }

  get #view(): View {
    if (this.#destroyed) throw gone('vcpu');
    return this.machine.view;
  }

  /** Throws EINVAL if it is destroyed, EBUSY while its `onMmio` is being asked: its exit is not over. */
  checkIdle(): void {
    if (this.#destroyed) throw gone('vcpu');
    if (this.#asking)
      throw new Stage2Error('EBUSY', 'the vcpu is in its onMmio: expected a call after it has returned');
  }

  /**
   * Takes one exit through the emulated kernel, and what it leaves of an internal VM's device access to the VM's
   * `onMmio`. Throws EINVAL for what is no register value, never for what a guest may do, and EBUSY from the `onMmio` of
   * this vcpu.
   *
   * When `onMmio` is asked, the PC is past the access, as it is when KVM_RUN returns to user space. What it throws comes
   * out of here, as does EINVAL for a read that it gives no u64: the access is then pending in {@link run}, and
   * {@link completeMmioRead} ends a read that is.
   */
  takeExit(exit: GuestExit): ExitResult {
    this.checkIdle();
    checkExit(exit);
    writeRequest(this.machine, this.#request, this.offset, exit);
    this.machine.core.faultMany(this.#request, 1, this.#result);
    const result = readResult(this.machine, this.#result);
    const { onMmio } = this.vm;
    if (onMmio === undefined || result.disposition !== Disposition.MMIO_USER || !this.vm.isInternal)
      return result;
    return { ...result, ret: 1, disposition: this.#handleMmio(onMmio) };
  }

  /** The guest goes on behind the access, or takes an abort at it. */
  #handleMmio(onMmio: MmioHandler): Disposition {
    const access = this.run.mmio;
    const answer = this.#ask(onMmio, access);
    if (answer === 'abort') {
      this.machine.core.mmioAbort(this.offset);
      return Disposition.INJECT_DABT;
    }
    if (!access.isWrite) {
      checkU64(`onMmio of ${hex(access.pa)}`, answer);
      this.completeMmioRead(answer as bigint);
    }
    this.machine.view.setU32(this.offset + L.VCPU_EXIT_REASON, ExitReason.NONE);
    this.machine.view.setU32(this.offset + L.VCPU_DISPOSITION, Disposition.MMIO_HANDLED);
    return Disposition.MMIO_HANDLED;
  }

  #ask(onMmio: MmioHandler, access: MmioAccess): ReturnType<MmioHandler> {
    this.#asking = true;
    try {
      return onMmio(access, this);
    } finally {
      this.#asking = false;
    }
  }

  /**
   * Times in a row that the last unexpected fault of an internal VM came back with the SError for it pending and
   * masked; see Disposition.REFAULT_LOOP.
   */
  get refaults(): number {
    return this.#view.u32(this.offset + L.VCPU_REFAULTS);
  }

  /** What user space finds after an exit with ret 0. */
  get run(): RunState {
    const view = this.#view;
    const at = this.offset;
    return {
      exitReason: view.u32(at + L.VCPU_EXIT_REASON),
      mmio: {
        pa: view.u64(at + L.VCPU_MMIO_PA),
        length: view.u32(at + L.VCPU_MMIO_LEN),
        isWrite: view.u32(at + L.VCPU_MMIO_IS_WRITE) !== 0,
        data: view.u64(at + L.VCPU_MMIO_DATA),
      },
      signal: { hva: view.u64(at + L.VCPU_SIGNAL_HVA), lsb: view.u32(at + L.VCPU_SIGNAL_LSB) },
    };
  }

  /** A read of a device waits for its value: {@link completeMmioRead}. */
  get awaitsMmioRead(): boolean {
    const { exitReason, mmio } = this.run;
    return exitReason === ExitReason.MMIO && !mmio.isWrite;
  }

  /**
   * Completes an MMIO read with the value user space found, of which the bytes of the access count. Throws EINVAL unless
   * one waits for it and for a value that is no u64, EBUSY from the `onMmio` of this vcpu, whose answer does this.
   */
  completeMmioRead(value: bigint): void {
    this.checkIdle();
    checkU64('value', value);
    if (!this.awaitsMmioRead) {
      const reason = ExitReason[this.run.exitReason];
      throw new Stage2Error(
        'EINVAL',
        `exitReason: found ${reason}, expected an MMIO read that waits for its value`,
      );
    }
    this.machine.core.mmioReturn(this.offset, value);
    this.machine.view.setU32(this.offset + L.VCPU_EXIT_REASON, ExitReason.NONE);
  }

  /**
   * Frees the vcpu's records and cached table pages; its VM forgets it. Throws EINVAL the second time, EBUSY from its
   * `onMmio`.
   */
  destroy(): void {
    this.checkIdle();
    this.machine.core.cacheFree(this.offset + L.VCPU_CACHE);
    this.vm.vcpus.splice(this.vm.vcpus.indexOf(this), 1);
    for (const at of this.places) this.machine.arena.release(at);
    this.#destroyed = true;
  }
}

/** The number of the zero register, in an instruction and here. */
const XZR = 31;
const REGISTERS: ReadonlySet<number> = new Set([
  L.VCPU_PC,
  L.VCPU_PSTATE,
  L.VCPU_ESR,
  L.VCPU_FAR,
  L.VCPU_HPFAR,
  L.VCPU_PAR,
  L.VCPU_HCR,
  L.VCPU_ELR_EL1,
  L.VCPU_SPSR_EL1,
  L.VCPU_VBAR_EL1,
  L.VCPU_FAR_EL1,
  L.VCPU_ESR_EL1,
  L.VCPU_SCTLR_EL1,
]);

function checkField(field: number): number {
  return REGISTERS.has(field) ? field : refuse('field', field, 'the VCPU_* of a 64-bit register');
}
