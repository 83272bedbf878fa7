import { REQUEST_SIZEOF, RESULT_SIZEOF } from '../../src/abi/layout.js';
import type { Machine } from '../../src/core/machine.js';
import { writeRequest } from '../../src/kvm/guest_exit.js';
import { AddressSpace, createHost, setUserMemoryRegion, Vm } from '../../src/kvm/index.js';
import type { BenchCase } from './case.js';

const PAGES = 16384;
const IPA = 0x4000_0000n;
const HVA = 0xffff_0000_0000n;
/** Data abort from a lower level, ISV, 32-bit write, translation fault at level 3. */
const WRITE_TRANSLATION = 0x93800047n;

/** First-touch write faults on anonymous 4K pages, and the unmap that makes them fault again. */
export interface FaultBed {
  machine: Machine;
  faults: number;
  take(): void;
  unmap(): void;
}

export function faultBed(accounted: boolean): FaultBed {
  const machine = createHost({ accounted, ramBytes: 1n << 30n, arenaBytes: 8 << 20 });
  const size = BigInt(PAGES) << 12n;
  const mm = new AddressSpace(machine);
  mm.map({ hva: HVA, size, kind: 'anonymous' });
  const vm = new Vm(machine, { mm });
  setUserMemoryRegion(vm, { slot: 0, flags: 0, guestPhysAddr: IPA, memorySize: size, userspaceAddr: HVA });
  const vcpu = vm.createVcpu();
  const requests = machine.arena.allocate(PAGES * REQUEST_SIZEOF);
  const results = machine.arena.allocate(PAGES * RESULT_SIZEOF);
  for (let i = 0; i < PAGES; i++) {
    const ipa = IPA + (BigInt(i) << 12n);
    writeRequest(machine, requests + i * REQUEST_SIZEOF, vcpu.offset, {
      esr: WRITE_TRANSLATION,
      far: ipa,
      ipa,
    });
  }
  return {
    machine,
    faults: PAGES,
    take: () => machine.core.faultMany(requests, PAGES, results),
    unmap: () => {
      machine.core.stage2Unmap(vm.offset, IPA, size);
    },
  };
}

/** Faults and the unmap, one after the other. */
export function faultCase(accounted: boolean): BenchCase {
  const bed = faultBed(accounted);
  return {
    name: accounted ? 'faults, accounted (unmap included)' : 'faults, functional (unmap included)',
    unit: 'faults/s',
    goal: accounted ? 1e6 : 5e6,
    operations: bed.faults,
    run: () => {
      bed.take();
      bed.unmap();
    },
  };
}
