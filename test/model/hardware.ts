// The MMU's view of a VM: the core's hardware walk under the VTCR_EL2 and VTTBR_EL2 that KVM would load.
import { Access } from '../../src/abi/event.js';
import * as L from '../../src/abi/layout.js';
import { type Vm, vtcr } from '../../src/kvm/index.js';

/** An output address, or the fault's status code without its level and the level. */
export type Translation = { pa: bigint } | { type: number; level: number };

export class Hardware {
  readonly #vm: Vm;
  readonly #regime: number;
  readonly #out: number;

  constructor(vm: Vm) {
    const { arena, core, view } = vm.machine;
    this.#vm = vm;
    this.#regime = arena.allocate(L.REGIME_SIZEOF);
    this.#out = arena.allocate(L.TRANSLATION_SIZEOF);
    view.fill(this.#regime, L.REGIME_SIZEOF);
    view.setU64(this.#regime + L.REGIME_VTCR, vtcr(vm.geometry, 48));
    view.setU64(this.#regime + L.REGIME_VTTBR, view.u64(vm.offset + L.VM_VTTBR));
    view.setU64(this.#regime + L.REGIME_HCR, 1n);
    view.setU32(this.#regime + L.REGIME_PA_MAX, 48);
    core.regimeDecode(this.#regime);
  }

  translate(ipa: bigint, access: Access): Translation {
    const { core, view } = this.#vm.machine;
    core.translateOne(this.#regime, ipa, access, 1, this.#out);
    const fsc = view.i32(this.#out + L.TRANSLATION_FSC);
    if (fsc < 0) return { pa: view.u64(this.#out + L.TRANSLATION_PA) };
    return { type: fsc & 0x3c, level: fsc & 3 };
  }

  release(): void {
    this.#vm.machine.arena.release(this.#regime);
    this.#vm.machine.arena.release(this.#out);
  }
}

export { Access };
