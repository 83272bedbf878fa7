// The MMU's view of a VM: the core's hardware walk under the VTCR_EL2 and VTTBR_EL2 that KVM would load.
import { Access } from '../../src/abi/event.js';
import * as L from '../../src/abi/layout.js';
import { addressBits, type Geometry, type Vm, vtcr } from '../../src/kvm/index.js';
import type { Translation } from './register-walk.js';

/** Whether the core's hardware walk reads the descriptors of the geometry: those with 48-bit addresses. */
export function hardwareWalks({ layout = 'narrow' }: Geometry): boolean {
  return layout === 'narrow';
}

const TRANSLATION_MINUS_1 = 0x2b;

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
    view.setU64(this.#regime + L.REGIME_VTCR, vtcr(vm.geometry, addressBits(vm.geometry)));
    view.setU64(this.#regime + L.REGIME_VTTBR, view.u64(vm.offset + L.VM_VTTBR));
    view.setU64(this.#regime + L.REGIME_HCR, 1n);
    view.setU32(this.#regime + L.REGIME_FEATURES, L.FEAT_TTST);
    view.setU32(this.#regime + L.REGIME_PA_MAX, addressBits(vm.geometry));
    core.regimeDecode(this.#regime);
  }

  translate(ipa: bigint, access: Access): Translation {
    const { core, view } = this.#vm.machine;
    core.translateOne(this.#regime, ipa, access, 1, this.#out);
    const fsc = view.i32(this.#out + L.TRANSLATION_FSC);
    if (fsc < 0) return { pa: view.u64(this.#out + L.TRANSLATION_PA) };
    if (fsc === TRANSLATION_MINUS_1) return { type: 0x04, level: -1 };
    return { type: fsc & 0x3c, level: fsc & 3 };
  }

  release(): void {
    this.#vm.machine.arena.release(this.#regime);
    this.#vm.machine.arena.release(this.#out);
  }
}

export { Access };
