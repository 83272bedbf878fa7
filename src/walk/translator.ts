import { Access } from '../abi/event.js';
import * as L from '../abi/layout.js';
import type { AccessKind } from '../arm/esr.js';
import { decodeFsc, type FaultType } from '../arm/fault.js';
import { checkU64 } from '../arm/fields.js';
import { hasFwb } from '../arm/hcr.js';
import { type LeafAttributes, leafAttributes } from '../arm/leaf.js';
import { Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import { checkRegisters, type Regime, readRegime, type WalkRegisters, writeRegime } from './regime.js';

/** One access to translate. */
export interface TranslateRequest {
  ipa: bigint;
  /** Default `read`. */
  access?: AccessKind;
  /** Exception level of the access, 0 or 1. Default 1. */
  el?: 0 | 1;
}

/** One table entry that the walk read. */
export interface WalkStep {
  level: number;
  /** Address of the entry. */
  pa: bigint;
  desc: bigint;
}

/** A guest fault. */
export interface WalkFault {
  /** Fault status code, level included. */
  fsc: number;
  type: FaultType;
  level: number;
}

/** An IPA that translates. */
export interface TranslateSuccess {
  ok: true;
  pa: bigint;
  /** False with HCR_EL2.VM and DC clear: then the PA is the IPA, and there is no leaf. */
  stage2: boolean;
  steps: WalkStep[];
  leaf?: TranslatedLeaf;
}

/** The block or page an IPA translates through. */
export interface TranslatedLeaf {
  level: number;
  /** As it was read; a hardware update of the access flag comes after it. */
  desc: bigint;
  attributes: LeafAttributes;
}

/** An IPA that does not translate. The steps are those up to the entry that faulted. */
export interface TranslateFault {
  ok: false;
  fault: WalkFault;
  steps: WalkStep[];
}

export type TranslateResult = TranslateSuccess | TranslateFault;

const ACCESS: Readonly<Record<AccessKind, Access>> = {
  read: Access.READ,
  write: Access.WRITE,
  execute: Access.EXECUTE,
  'cache-op': Access.CACHE_OP,
};
const BATCH = 4096;
/** Bit 63 of a batch result marks a fault; bits 5:0 hold its status code then. */
const BATCH_FAULT = 1n << 63n;

/** The fault status code of a batch result, or undefined if it is a PA. */
export function batchFault(result: bigint): number | undefined {
  return (result & BATCH_FAULT) === 0n ? undefined : Number(result & ~BATCH_FAULT);
}

/**
 * The stage-2 walk of a machine's memory under one set of registers. What a guest may do never throws; a bad
 * argument throws Stage2Error EINVAL.
 */
export class Translator {
  readonly machine: Machine;
  readonly #regime: number;
  readonly #out: number;
  #registers: WalkRegisters;

  /** Throws EINVAL for registers out of range, ENOMEM if the machine's arena is full. */
  constructor(machine: Machine, registers: WalkRegisters) {
    checkRegisters(registers);
    this.machine = machine;
    this.#regime = machine.arena.allocate(L.REGIME_SIZEOF);
    this.#out = machine.arena.allocate(L.TRANSLATION_SIZEOF);
    this.#registers = registers;
    this.#decode();
  }

  get registers(): WalkRegisters {
    return this.#registers;
  }

  /** Changes the registers given and keeps the others. Throws EINVAL, with nothing changed. */
  setRegisters(registers: Partial<WalkRegisters>): void {
    const next = { ...this.#registers, ...registers };
    checkRegisters(next);
    this.#registers = next;
    this.#decode();
  }

  #decode(): void {
    writeRegime(this.machine.view, this.#regime, this.#registers);
    this.machine.core.regimeDecode(this.#regime);
  }

  /** What the registers decode to. */
  get regime(): Regime {
    return readRegime(this.machine.view, this.#regime);
  }

  /** Translates one access. With VTCR_EL2.HA and FEAT_HAFDBS a success sets the access flag in the leaf. */
  translate({ ipa, access = 'read', el = 1 }: TranslateRequest): TranslateResult {
    const kind = checkAccess(access, el);
    checkU64('ipa', ipa);
    this.machine.core.translateOne(this.#regime, ipa, kind, el, this.#out);
    const { view } = this.machine;
    const steps = this.#readSteps();
    const fsc = view.i32(this.#out + L.TRANSLATION_FSC);
    if (fsc >= 0) return { ok: false, fault: this.#fault(fsc), steps };
    const pa = view.u64(this.#out + L.TRANSLATION_PA);
    if (view.u32(this.#out + L.TRANSLATION_STAGE2_OFF) !== 0) return { ok: true, pa, stage2: false, steps };
    return { ok: true, pa, stage2: true, steps, leaf: this.#leaf() };
  }

  #fault(fsc: number): WalkFault {
    return { fsc, type: decodeFsc(fsc).type, level: this.machine.view.i32(this.#out + L.TRANSLATION_LEVEL) };
  }

  #leaf(): TranslatedLeaf {
    const { view } = this.machine;
    const desc = view.u64(this.#out + L.TRANSLATION_DESC);
    return {
      level: view.i32(this.#out + L.TRANSLATION_LEVEL),
      desc,
      attributes: leafAttributes(desc, this.attributeContext),
    };
  }

  /** What decides how the attributes of a leaf read. */
  get attributeContext(): { fwb: boolean; xnx: boolean } {
    const { hcr, features } = this.#registers;
    return { fwb: hasFwb(hcr), xnx: features.xnx ?? false };
  }

  #readSteps(): WalkStep[] {
    const { view } = this.machine;
    const first = view.i32(this.#regime + L.REGIME_START_LEVEL);
    return Array.from({ length: view.u32(this.#out + L.TRANSLATION_STEPS) }, (_, i) => {
      const at = this.#out + L.TRANSLATION_STEP + i * L.TRANSLATION_STEP_SIZEOF;
      return { level: first + i, pa: view.u64(at), desc: view.u64(at + 8) };
    });
  }

  /**
   * Translates many accesses of one kind. Each result is the PA, or a fault: see {@link batchFault}. With stage 2
   * off every result is the IPA itself.
   */
  translateMany(ipas: BigUint64Array, access: AccessKind = 'read', el: 0 | 1 = 1): BigUint64Array {
    if (!(ipas instanceof BigUint64Array)) {
      throw new Stage2Error('EINVAL', `ipas: found ${typeof ipas}, expected a BigUint64Array`);
    }
    const kind = checkAccess(access, el);
    const results = new BigUint64Array(ipas.length);
    const { arena } = this.machine;
    const buffer = arena.allocate(16 * Math.min(Math.max(ipas.length, 1), BATCH));
    try {
      for (let done = 0; done < ipas.length; done += BATCH) {
        results.set(this.#batch(ipas.subarray(done, done + BATCH), kind, el, buffer), done);
      }
    } finally {
      arena.release(buffer);
    }
    return results;
  }

  #batch(ipas: BigUint64Array, access: Access, el: number, buffer: number): BigUint64Array {
    const { core, view } = this.machine;
    const n = ipas.length;
    const words = new BigUint64Array(view.memory.buffer, view.base + buffer, 2 * n);
    words.set(ipas);
    core.translateMany(this.#regime, buffer, n, access, el, this.#out, buffer + n * 8);
    return words.subarray(n);
  }

  /** Gives the records back to the machine; the translator is of no use afterwards. */
  destroy(): void {
    this.machine.arena.release(this.#out);
    this.machine.arena.release(this.#regime);
  }
}

/** The core's number of an access. Throws EINVAL for another access or exception level. */
function checkAccess(access: AccessKind, el: number): Access {
  if (!Object.hasOwn(ACCESS, access)) {
    const kinds = Object.keys(ACCESS).join(', ');
    throw new Stage2Error('EINVAL', `access: found ${String(access)}, expected one of ${kinds}`);
  }
  if (el !== 0 && el !== 1) throw new Stage2Error('EINVAL', `el: found ${String(el)}, expected 0 or 1`);
  return ACCESS[access];
}
