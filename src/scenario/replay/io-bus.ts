import * as L from '../../abi/layout.js';
import type { Machine } from '../../core/machine.js';
import type { MmioRange } from '../../trace/index.js';

interface Device {
  start: bigint;
  end: bigint;
  /** Not in the slots file: seen to be answered by the captured kernel. */
  learned: boolean;
}

/** Where a range without an end stops if no other range follows. */
const OPEN_BYTES = 0x10000n;
/** NR_IOBUS_DEVS of v4.13. */
const DEVICES_MAX = 1000;

/** The in-kernel MMIO bus: devices that the captured kernel answered itself. */
export class KernelBus {
  readonly #machine: Machine;
  #devices: Device[];
  readonly #at: number;

  /** Starts with the ranges of the slots file that say `in-kernel`: an interrupt controller. */
  constructor(machine: Machine, ranges: readonly MmioRange[]) {
    this.#machine = machine;
    this.#devices = kernelDevices(ranges).slice(0, DEVICES_MAX);
    this.#at = machine.arena.allocate(DEVICES_MAX * L.IODEV_SIZEOF);
    machine.setHeader(L.HEADER_IO_BUS, this.#at);
    this.#write();
  }

  /**
   * Learns who answered an access to [start, start + bytes) in the capture: the kernel, so that a device must be there
   * (an ioeventfd, say), or user space, so that what was learned before does not hold any more. True if a device is new.
   */
  learn(start: bigint, bytes: number, inKernel: boolean): boolean {
    const end = start + BigInt(bytes);
    const overlaps = (device: Device): boolean => start < device.end && device.start < end;
    if (inKernel) return !this.#devices.some(overlaps) && this.#add({ start, end, learned: true });
    const kept = this.#devices.filter((device) => !(device.learned && overlaps(device)));
    if (kept.length < this.#devices.length) this.#set(kept);
    return false;
  }

  #add(device: Device): boolean {
    if (this.#devices.length >= DEVICES_MAX) return false;
    this.#set([...this.#devices, device]);
    return true;
  }

  #set(devices: Device[]): void {
    this.#devices = devices;
    this.#write();
  }

  /** The bus keeps its devices by address. */
  #write(): void {
    const { view } = this.#machine;
    this.#devices.sort((a, b) => (a.start < b.start ? -1 : 1));
    for (const [index, { start, end }] of this.#devices.entries()) {
      const device = this.#at + index * L.IODEV_SIZEOF;
      view.setU64(device + L.IODEV_ADDR, start);
      view.setU64(device + L.IODEV_LEN, end - start);
      view.setU64(device + L.IODEV_VALUE, 0n);
    }
    this.#machine.setHeader(L.HEADER_IO_BUS_COUNT, this.#devices.length);
  }
}

/** The in-kernel ranges; one without an end goes up to the next range. */
function kernelDevices(ranges: readonly MmioRange[]): Device[] {
  const sorted = ranges
    .flatMap(({ start, end, what }) => (start === null ? [] : [{ start, end, what }]))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  return sorted.flatMap(({ start, end, what }, index) => {
    if (!/\bin-kernel\b/.test(what)) return [];
    return [{ start, end: end ?? sorted[index + 1]?.start ?? start + OPEN_BYTES, learned: false }];
  });
}
