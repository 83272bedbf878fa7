// The MMU's view of a VM: the core's hardware walk under the VTCR_EL2 and VTTBR_EL2 that KVM would load.
import { Access } from '../../src/abi/event.js';
import * as L from '../../src/abi/layout.js';
import { BASE_CPU } from '../../src/arm/index.js';
import { type Vm, vtcr } from '../../src/kvm/index.js';
import { Translator } from '../../src/walk/index.js';

/** An output address, or the fault's status code without its level and the level. */
export type Translation = { pa: bigint } | { type: number; level: number };

const KINDS = {
  [Access.READ]: 'read',
  [Access.WRITE]: 'write',
  [Access.EXECUTE]: 'execute',
  [Access.CACHE_OP]: 'cache-op',
} as const;

export class Hardware {
  readonly #translator: Translator;

  constructor(vm: Vm) {
    const registers = {
      vtcr: vtcr(vm.geometry, BASE_CPU.paMax),
      vttbr: vm.machine.view.u64(vm.offset + L.VM_VTTBR),
      hcr: 1n,
    };
    this.#translator = new Translator(vm.machine, registers, {
      features: { ...BASE_CPU, granules: [4, 16, 64] },
    });
  }

  translate(ipa: bigint, access: Access): Translation {
    const result = this.#translator.translate({ ipa, access: KINDS[access] });
    return result.ok ? { pa: result.pa } : { type: result.fault.fsc & 0x3c, level: result.fault.fsc & 3 };
  }

  release(): void {
    this.#translator.destroy();
  }
}

export { Access };
