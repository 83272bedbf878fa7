// The MMU's view of a VM: the core's hardware walk under the VTCR_EL2 and VTTBR_EL2 that KVM would load.
import { Access } from '../../src/abi/event.js';
import { BASE_CPU, type CpuFeatures } from '../../src/arm/index.js';
import { addressBits, type Geometry, guestRegisters, type Vm } from '../../src/kvm/index.js';
import { Translator } from '../../src/walk/index.js';
import type { Translation } from './register-walk.js';

const KINDS = {
  [Access.READ]: 'read',
  [Access.WRITE]: 'write',
  [Access.EXECUTE]: 'execute',
  [Access.CACHE_OP]: 'cache-op',
} as const;
const TRANSLATION_MINUS_1 = 0x2b;

/** The least CPU that has the geometry. */
function cpuOf(geometry: Geometry): CpuFeatures {
  return {
    ...BASE_CPU,
    paMax: addressBits(geometry),
    granules: [4, 16, 64],
    ttst: true,
    lpa: geometry.layout === 'lpa' || geometry.layout === 'lpa2',
    lpa2: geometry.layout === 'lpa2' ? [4, 16] : [],
  };
}

export class Hardware {
  readonly #translator: Translator;

  constructor(vm: Vm) {
    const features = cpuOf(vm.geometry);
    this.#translator = new Translator(vm.machine, guestRegisters(vm, features.paMax), { features });
  }

  translate(ipa: bigint, access: Access): Translation {
    const result = this.#translator.translate({ ipa, access: KINDS[access] });
    if (result.ok) return { pa: result.pa };
    const { fsc } = result.fault;
    return fsc === TRANSLATION_MINUS_1 ? { type: 0x04, level: -1 } : { type: fsc & 0x3c, level: fsc & 3 };
  }

  /** A batch of reads: the PA or the fault, and the attributes, of each. */
  readMany(ipas: BigUint64Array): BigUint64Array {
    return this.#translator.translateMany(ipas, 'read', 1, true);
  }

  /** Memory type of a read, as a byte of MAIR_EL1, when stage 1 gave it `attr`; undefined if it faults. */
  memoryType(ipa: bigint, attr: number): number | undefined {
    const result = this.#translator.translate({ ipa, stage1: { attr, sh: 3 } });
    return result.ok ? result.memory.attr : undefined;
  }

  release(): void {
    this.#translator.destroy();
  }
}

export { Access };
