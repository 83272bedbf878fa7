// The machine around the cpu: a memory of ours, the emulated host and VM in a part of it, devices with callbacks.
import {
  AddressSpace,
  BASE_CPU,
  batchFault,
  Disposition,
  ExitReason,
  encodeAbort,
  guestRegisters,
  Machine,
  machineBytes,
  Stage2Error,
  setUserMemoryRegion,
  Translator,
  takeExits,
  Vm,
} from 'stage2';

/** @import { ExitResult, GuestExit, MmioAccess } from 'stage2' */

/**
 * A device: its range of guest addresses, and what reads and writes of it do.
 * @typedef {object} Device
 * @property {bigint} ipa
 * @property {bigint} size
 * @property {(offset: bigint, length: number) => bigint} read
 * @property {(offset: bigint, value: bigint, length: number) => void} write
 */

const PAGE = 4096n;
const MIB = 1 << 20;
/** Where the host has its RAM, and in it what its allocator hands to guests. */
const HOST_RAM = { pa: 0x8000_0000n, size: 16n << 20n };
/** Where the process that runs the VM has the guest's memory. */
const HVA = 0x7f00_0000_0000n;
export const GUEST = { ipa: 0x4000_0000n, size: 8n << 20n };
/** Our own part of the memory, below the machine's: a frame buffer, say. */
const OURS = MIB;
const TRANSLATION_LEVEL_3 = 0x07;

/** The emulated host. */
const HOST = {
  memoryBase: OURS,
  banks: [{ ...HOST_RAM, kind: /** @type {const} */ ('ram') }],
  hostPages: HOST_RAM,
  tablePool: { pa: 0x9000_0000n, pages: 64 },
  roots: { pa: 0xa000_0000n, size: 1 << 16 },
  arenaBytes: MIB,
};

export class Board {
  /** All memory there is: ours first, then what the emulated host has, its RAM included. */
  memory = new WebAssembly.Memory({ initial: Math.ceil((OURS + machineBytes(HOST)) / 65536) });
  machine = new Machine({ ...HOST, memory: this.memory });
  mm = new AddressSpace(this.machine);
  vm = new Vm(this.machine, { mm: this.mm });
  vcpu = this.vm.createVcpu();
  translator = new Translator(this.machine, guestRegisters(this.vm), { features: BASE_CPU });
  /** How exits ended, by name. @type {Map<string, number>} */
  exits = new Map();
  /** @type {readonly Device[]} */
  #devices;

  /** @param {readonly Device[]} devices */
  constructor(devices) {
    this.#devices = devices;
    this.mm.map({ hva: HVA, size: GUEST.size, kind: 'anonymous' });
    const { ret, reason } = setUserMemoryRegion(this.vm, {
      slot: 0,
      flags: 0,
      guestPhysAddr: GUEST.ipa,
      memorySize: GUEST.size,
      userspaceAddr: HVA,
    });
    if (ret !== 0) throw new Error(`memory slot: ${reason}`);
  }

  /** A view of a place of the host's RAM. @param {bigint} pa */
  ram(pa) {
    const offset = this.machine.ramOffset(pa);
    if (offset === undefined) throw new Error(`no RAM at 0x${pa.toString(16)}`);
    return new DataView(this.memory.buffer, this.machine.view.base + offset);
  }

  /** The cpu leaves the guest with a fault: the kernel handles it, or a device answers. @param {GuestExit} exit */
  takeExit(exit) {
    const result = this.vcpu.takeExit(exit);
    this.#note(result);
    if (result.ret < 0) throw new Stage2Error('EFAULT', `KVM_RUN returned ${result.ret}`);
    if (result.ret === 0 && this.vcpu.run.exitReason === ExitReason.MMIO) this.#mmio(this.vcpu.run.mmio);
  }

  /** What kvm_run asks user space for. @param {MmioAccess} access */
  #mmio({ pa, length, isWrite, data }) {
    const device = this.#devices.find(({ ipa, size }) => pa >= ipa && pa < ipa + size);
    if (isWrite) device?.write(pa - device.ipa, data, length);
    else this.vcpu.completeMmioRead(device?.read(pa - device.ipa, length) ?? 0n);
  }

  /** @param {ExitResult} result */
  #note({ disposition }) {
    const name = Disposition[disposition] ?? '';
    this.exits.set(name, (this.exits.get(name) ?? 0) + 1);
  }

  /**
   * Writes guest memory as a device or a loader does: one batch of translations, one of exits for pages that are not
   * there yet.
   * @param {bigint} ipa the start of a page
   * @param {Uint8Array} bytes
   */
  copyIn(ipa, bytes) {
    const pages = BigUint64Array.from(
      { length: Math.ceil(bytes.length / 4096) },
      (_, i) => ipa + BigInt(i) * PAGE,
    );
    const found = this.#writable(pages);
    const missing = [...pages].filter((_, i) => batchFault(found[i] ?? 0n) !== undefined);
    const esr = encodeAbort({ fsc: TRANSLATION_LEVEL_3, access: 'write' });
    const results = takeExits(
      missing.map((each) => ({ vcpu: this.vcpu, exit: { esr, far: each, ipa: each } })),
    );
    for (const each of results) this.#note(each);
    for (const [i, pa] of this.#writable(pages).entries()) {
      if (batchFault(pa) !== undefined) throw new Error(`0x${pages[i]?.toString(16)} cannot be written`);
      const part = bytes.subarray(i * 4096, (i + 1) * 4096);
      const { buffer, byteOffset } = this.ram(pa);
      new Uint8Array(buffer, byteOffset, part.length).set(part);
    }
  }

  /** @param {BigUint64Array} ipas */
  #writable(ipas) {
    return this.translator.translateMany(ipas, 'write');
  }
}
