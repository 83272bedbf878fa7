import { ESR_EC_LSB, type Fsc, HPFAR_FIPA_LSB, PSTATE_EL1H } from '../abi/arm.js';
import { Disposition, ExitCode, ExitReason } from '../abi/kvm.js';
import * as L from '../abi/layout.js';
import { checkU64 } from '../core/check.js';
import { hex, Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import type { Vm } from './vm.js';

/** One exit of the guest. */
export interface GuestExit {
  /** ESR_EL2. */
  esr: bigint;
  /** FAR_EL2. */
  far: bigint;
  /** IPA of the fault; HPFAR_EL2, and PAR_EL1 where AT would be used, are made from it. */
  ipa: bigint;
  /** HPFAR_EL2 itself, instead of one made from `ipa`. */
  hpfar?: bigint;
  /** PAR_EL1 after AT S1E1R on FAR, instead of one made from `ipa`. Bit 0 set: the walk failed. */
  par?: bigint;
  /** ExitCode; bit 31 set (EXIT_WITH_SERROR_LSB) if an SError was pending as well. Default TRAP. */
  exitCode?: number;
}

/** How an exit ended. */
export interface ExitResult {
  /** Return of handle_exit: 1 resume, 0 to user space, -errno. */
  ret: number;
  /** How it ended, beside `ret`. */
  disposition: Disposition;
  /** Entry of the path table (accounted output), 0 if none. */
  path: number;
}

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
 * synchronous external abort. It may take exits of other vcpus, not of this one.
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

  /** 64-bit register at `field`, a VCPU_* offset of src/abi/layout.ts. */
  get(field: number): bigint {
    return this.machine.view.u64(this.offset + field);
  }

  /** Writes the register at `field`, as {@link get} reads it. */
  set(field: number, value: bigint): void {
    this.machine.view.setU64(this.offset + field, value);
  }

  /** The guest's program counter. */
  get pc(): bigint {
    return this.get(L.VCPU_PC);
  }

  /** Where the guest goes on. */
  set pc(value: bigint) {
    this.set(L.VCPU_PC, value);
  }

  /** General register x0 to x30. */
  register(index: number): bigint {
    return this.get(L.VCPU_REGS + index * 8);
  }

  /** Writes general register x0 to x30. */
  setRegister(index: number, value: bigint): void {
    this.set(L.VCPU_REGS + index * 8, value);
  }

  /**
   * Takes one exit through the emulated kernel, and what it leaves of an internal VM's device access to the VM's
   * `onMmio`. Throws EINVAL for what is no register value, never for what a guest may do.
   */
  takeExit(exit: GuestExit): ExitResult {
    checkExit(exit);
    writeRequest(this.machine, this.#request, this.offset, exit);
    this.machine.core.faultMany(this.#request, 1, this.#result);
    const result = readResult(this.machine, this.#result);
    const { onMmio } = this.vm;
    if (onMmio === undefined || result.disposition !== Disposition.MMIO_USER || !this.vm.isInternal)
      return result;
    return { ...result, ret: 1, disposition: this.#handleMmio(onMmio) };
  }

  /** The guest goes on behind the access, or takes an abort at it. Throws EINVAL for a read that gets no value. */
  #handleMmio(onMmio: MmioHandler): Disposition {
    const access = this.run.mmio;
    const answer = onMmio(access, this);
    if (answer === 'abort') {
      this.machine.core.mmioAbort(this.offset);
      return Disposition.INJECT_DABT;
    }
    if (!access.isWrite) {
      if (typeof answer !== 'bigint')
        throw new Stage2Error('EINVAL', `onMmio of ${hex(access.pa)}: ${String(answer)}, expected a bigint`);
      this.completeMmioRead(BigInt.asUintN(64, answer));
    }
    this.machine.view.setU32(this.offset + L.VCPU_EXIT_REASON, ExitReason.NONE);
    this.machine.view.setU32(this.offset + L.VCPU_DISPOSITION, Disposition.MMIO_HANDLED);
    return Disposition.MMIO_HANDLED;
  }

  /**
   * Times in a row that the last unexpected fault of an internal VM came back with the SError for it pending and
   * masked; see Disposition.REFAULT_LOOP.
   */
  get refaults(): number {
    return this.machine.view.u32(this.offset + L.VCPU_REFAULTS);
  }

  /** What user space finds after an exit with ret 0. */
  get run(): RunState {
    const { view } = this.machine;
    return {
      exitReason: view.u32(this.offset + L.VCPU_EXIT_REASON),
      mmio: {
        pa: this.get(L.VCPU_MMIO_PA),
        length: view.u32(this.offset + L.VCPU_MMIO_LEN),
        isWrite: view.u32(this.offset + L.VCPU_MMIO_IS_WRITE) !== 0,
        data: this.get(L.VCPU_MMIO_DATA),
      },
      signal: { hva: this.get(L.VCPU_SIGNAL_HVA), lsb: view.u32(this.offset + L.VCPU_SIGNAL_LSB) },
    };
  }

  /** Completes an MMIO read with the value user space found. */
  completeMmioRead(value: bigint): void {
    this.machine.core.mmioReturn(this.offset, value);
  }

  /** Frees the vcpu's records and cached table pages; its VM forgets it. Throws EINVAL the second time. */
  destroy(): void {
    const index = this.vm.vcpus.indexOf(this);
    if (index < 0) throw new Stage2Error('EINVAL', 'the vcpu is destroyed already');
    this.vm.vcpus.splice(index, 1);
    this.machine.core.cacheFree(this.offset + L.VCPU_CACHE);
    for (const at of this.places) this.machine.arena.release(at);
  }
}

/** Throws EINVAL unless every register given is a 64-bit bigint. */
export function checkExit(exit: GuestExit): void {
  for (const name of ['esr', 'far', 'ipa'] as const) checkU64(name, exit[name]);
  if (exit.hpfar !== undefined) checkU64('hpfar', exit.hpfar);
  if (exit.par !== undefined) checkU64('par', exit.par);
}

/** Writes a request of a batch at `at`. */
export function writeRequest(machine: Machine, at: number, vcpu: number, exit: GuestExit): void {
  const { view } = machine;
  const page = exit.ipa >> 12n;
  view.setU32(at + L.REQUEST_VCPU, vcpu);
  view.setU32(at + L.REQUEST_EXIT_CODE, exit.exitCode ?? ExitCode.TRAP);
  view.setU64(at + L.REQUEST_ESR, exit.esr);
  view.setU64(at + L.REQUEST_FAR, exit.far);
  view.setU64(at + L.REQUEST_HPFAR, exit.hpfar ?? page << BigInt(HPFAR_FIPA_LSB));
  view.setU64(at + L.REQUEST_PAR, exit.par ?? page << 12n);
}

/** Reads the result of a batch at `at`. */
export function readResult(machine: Machine, at: number): ExitResult {
  const { view } = machine;
  return {
    ret: view.i32(at + L.RESULT_RET),
    disposition: view.u32(at + L.RESULT_DISPOSITION),
    path: view.u32(at + L.RESULT_PATH),
  };
}

/** ESR_EL2 of a stage-2 abort: exception class and fault type with level, IL set, other bits as given. */
export function abortSyndrome(ec: number, fsc: Fsc | number, bits = 0): bigint {
  return (BigInt(ec) << BigInt(ESR_EC_LSB)) | (1n << 25n) | BigInt(bits >>> 0) | BigInt(fsc);
}
