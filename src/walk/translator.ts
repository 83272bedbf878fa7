import * as W from '../abi/walk.js';
import { ACCESS_KINDS, ACCESS_TYPE, type AccessKind } from '../arm/access.js';
import { decodeFsc } from '../arm/fault.js';
import { hasFwb } from '../arm/hcr.js';
import type { AttributeContext } from '../arm/leaf.js';
import { sh0Of } from '../arm/vtcr.js';
import { checkU64 } from '../core/check.js';
import { Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import { Registry } from '../core/registry.js';
import {
  checkRegisters,
  encodeCpu,
  type Regime,
  readRegime,
  type WalkCpu,
  type WalkRegisters,
  writeCpu,
  writeRegisters,
} from './regime.js';
import type {
  IpaRequest,
  TranslateRequest,
  TranslateResult,
  VaRequest,
  WalkFault,
  WalkResult,
  WalkStep,
} from './types.js';

/** Without a prototype, so that no inherited name is an access. */
const TYPES: Partial<Record<AccessKind, W.AccessType>> = Object.assign(Object.create(null), ACCESS_TYPE);
const BATCH = 4096;
export const translators = new Registry<Translator>();
const NORMAL_WB = { attr: 0xff, sh: 0 };
const BATCH_FAULT = 1n << BigInt(W.RESULT_FAULT_LSB);
const BATCH_PA = (1n << BigInt(W.RESULT_MEMATTR_LSB)) - 1n;

/** The fault status code of a batch result, or undefined if it is a PA. */
export function batchFault(result: bigint): number | undefined {
  return (result & BATCH_FAULT) === 0n ? undefined : Number(result & ~BATCH_FAULT);
}

/** The PA of a batch result with attributes that is no fault. */
export function batchPa(result: bigint): bigint {
  return result & BATCH_PA;
}

/**
 * The translation of a machine's memory under one set of registers. What a guest may do never throws; a bad
 * argument throws Stage2Error EINVAL.
 */
export class Translator {
  /** Whose memory holds the tables. */
  readonly machine: Machine;
  /** Features and choices that every walk follows; they do not change. */
  readonly cpu: WalkCpu;
  readonly #regime: number;
  readonly #out: number;
  #registers: WalkRegisters;

  /** Throws EINVAL for a register or a CPU that cannot be, ENOMEM if the machine's arena is full. */
  constructor(machine: Machine, registers: WalkRegisters, cpu: WalkCpu) {
    checkRegisters(registers);
    const words = encodeCpu(cpu);
    this.machine = machine;
    this.cpu = cpu;
    this.#regime = machine.arena.allocate(W.REGIME_SIZEOF + W.TRANSLATION_SIZEOF);
    this.#out = this.#regime + W.REGIME_SIZEOF;
    this.#registers = registers;
    machine.view.fill(this.#regime, W.REGIME_SIZEOF);
    writeCpu(machine.view, this.#regime, words);
    this.#decode();
    translators.add(this);
  }

  /** Places in the arena of what the constructor allocates, in its order. */
  get places(): readonly number[] {
    return [this.#regime];
  }

  /** Where the core has the registers and what they decode to, as an offset from memoryBase. */
  get regimeOffset(): number {
    return this.#regime;
  }

  /** As they were set last. */
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
    writeRegisters(this.machine.view, this.#regime, this.#registers);
    this.machine.core.regimeDecode(this.#regime);
  }

  /** What decides how the attributes of a stage-2 leaf read. */
  get attributeContext(): AttributeContext {
    const { hcr, vtcr } = this.#registers;
    const { fwb, xnx } = this.cpu.features;
    const lpa2 = this.regime.layout === W.AddressLayout.LPA2;
    return { fwb: fwb && hasFwb(hcr), xnx, ...(lpa2 ? { sh0: sh0Of(vtcr) } : {}) };
  }

  /** What the stage-2 registers decode to. */
  get regime(): Regime {
    return readRegime(this.machine.view, this.#regime);
  }

  /**
   * Translates one access: an IPA by stage 2, a VA by both stages. With hardware update of the access flag or of
   * dirty state (FEAT_HAFDBS) this writes to the tables, also before a fault of a later check or stage.
   */
  translate(request: TranslateRequest): TranslateResult {
    const { view } = this.machine;
    const at = view.base + this.#out;
    if ('ipa' in request) {
      this.#translateIpa(request);
      return readResult(view.live, at, request.ipa);
    }
    this.#translateVa(request);
    return readResult(view.live, at, view.live.getBigUint64(at + W.TRANSLATION_IPA, true));
  }

  /** As {@link translate}, with every descriptor that was read. */
  walk(request: TranslateRequest): WalkResult {
    return { ...this.translate(request), steps: this.#steps() };
  }

  #translateIpa({ ipa, access, el = 1, unaligned, stage1 }: IpaRequest): void {
    const kind = checkAccess(access, el);
    checkU64('ipa', ipa);
    if (stage1 !== undefined) checkMemory(stage1);
    const { attr, sh } = stage1 ?? NORMAL_WB;
    const flags = unaligned ? W.REQUEST_UNALIGNED : 0;
    this.machine.core.translateIpa(this.#regime, ipa, kind, el, flags, attr, sh, this.#out);
  }

  #translateVa({ va, access, el = 1, unaligned, pan, stage1Only }: VaRequest): void {
    const kind = checkAccess(access, el);
    if (access === 'table-walk' || access === 'table-update') {
      throw new Stage2Error('EINVAL', `access: found ${access} for a VA, expected it with an IPA`);
    }
    checkU64('va', va);
    const flags =
      (unaligned ? W.REQUEST_UNALIGNED : 0) |
      (pan ? W.REQUEST_PAN : 0) |
      (stage1Only ? W.REQUEST_STAGE1_ONLY : 0);
    this.machine.core.translateAddress(this.#regime, va, kind, el, flags, this.#out);
  }

  #steps(): WalkStep[] {
    const { view } = this.machine;
    return Array.from({ length: view.u32(this.#out + W.TRANSLATION_STEPS) }, (_, i) => {
      const at = this.#out + W.TRANSLATION_STEP + i * W.STEP_SIZEOF;
      const desc = view.u64(at + W.STEP_DESC);
      const written = view.u64(at + W.STEP_WRITTEN);
      return {
        stage: view.u32(at + W.STEP_STAGE) === 1 ? 1 : 2,
        level: view.i32(at + W.STEP_LEVEL),
        pa: view.u64(at + W.STEP_PA),
        desc,
        ...(written === desc ? {} : { written }),
      };
    });
  }

  /**
   * Translates many accesses of one kind by stage 2. Each result is a PA in bits 51:0, or a fault: see
   * {@link batchFault}. With `attributes` bits 55:52 are the leaf's MemAttr, 57:56 S2AP, 59:58 SH and 61:60 XN. With
   * stage 2 off every result is the IPA itself; one of 2^52 or more reads as an address size fault. Throws EINVAL for a
   * bad argument, ENOMEM if the machine's arena is full.
   */
  translateMany(
    ipas: BigUint64Array,
    access: AccessKind = 'read',
    el: 0 | 1 = 1,
    attributes = false,
  ): BigUint64Array {
    if (!(ipas instanceof BigUint64Array)) {
      throw new Stage2Error('EINVAL', `ipas: found ${typeof ipas}, expected a BigUint64Array`);
    }
    const kind = checkAccess(access, el);
    const results = new BigUint64Array(ipas.length);
    const { arena } = this.machine;
    const buffer = arena.allocate(16 * Math.min(Math.max(ipas.length, 1), BATCH));
    try {
      for (let done = 0; done < ipas.length; done += BATCH) {
        const part = ipas.subarray(done, done + BATCH);
        results.set(this.#batch(part, kind, el, buffer, attributes), done);
      }
    } finally {
      arena.release(buffer);
    }
    return results;
  }

  #batch(
    ipas: BigUint64Array,
    access: W.AccessType,
    el: number,
    buffer: number,
    attributes: boolean,
  ): BigUint64Array {
    const { core, view } = this.machine;
    const n = ipas.length;
    const words = new BigUint64Array(view.memory.buffer, view.base + buffer, 2 * n);
    words.set(ipas);
    core.translateMany(this.#regime, buffer, n, access, el, buffer + n * 8, Number(attributes));
    return words.subarray(n);
  }

  /** Gives the records back to the machine; the translator is of no use afterwards. */
  destroy(): void {
    translators.remove(this);
    for (const at of this.places) this.machine.arena.release(at);
  }
}

/** Reads the record at byte `at` of the memory; `ipa` is what stage 2 was given last. */
function readResult(data: DataView, at: number, ipa: bigint): TranslateResult {
  const fsc = data.getInt32(at + W.TRANSLATION_FSC, true);
  if (fsc >= 0) return { ok: false, fault: readFault(data, at, fsc, ipa) };
  const pa = data.getBigUint64(at + W.TRANSLATION_PA, true);
  const memory = {
    attr: data.getUint32(at + W.TRANSLATION_ATTR, true),
    sh: data.getUint32(at + W.TRANSLATION_SH, true),
  };
  if (data.getUint32(at + W.TRANSLATION_STAGE2_OFF, true) !== 0) {
    return { ok: true, pa, ipa, stage2: false, memory };
  }
  const leaf = {
    level: data.getInt32(at + W.TRANSLATION_LEVEL, true),
    desc: data.getBigUint64(at + W.TRANSLATION_DESC, true),
  };
  return { ok: true, pa, ipa, stage2: true, memory, leaf };
}

/** Reads the fault of the record at byte `at` of the memory. */
export function readFault(data: DataView, at: number, fsc: number, ipa: bigint): WalkFault {
  return {
    fsc,
    type: decodeFsc(fsc).type,
    level: data.getInt32(at + W.TRANSLATION_LEVEL, true),
    stage: data.getUint32(at + W.TRANSLATION_STAGE, true) === 1 ? 1 : 2,
    s1ptw: data.getUint32(at + W.TRANSLATION_S1PTW, true) !== 0,
    ipa,
    write: data.getUint32(at + W.TRANSLATION_WRITE, true) !== 0,
  };
}

/** The core's number of an access, by default a read. Throws EINVAL for another access or exception level. */
function checkAccess(access: AccessKind | undefined, el: number): W.AccessType {
  const type = access === undefined ? W.AccessType.READ : TYPES[access];
  if (type === undefined) {
    const kinds = ACCESS_KINDS.join(', ');
    throw new Stage2Error('EINVAL', `access: found ${String(access)}, expected one of ${kinds}`);
  }
  if (el !== 0 && el !== 1) throw new Stage2Error('EINVAL', `el: found ${String(el)}, expected 0 or 1`);
  return type;
}

/** Throws EINVAL unless the memory type is a byte and SH two bits. */
function checkMemory({ attr, sh }: { attr: number; sh: number }): void {
  if (!Number.isInteger(attr) || attr < 0 || attr > 0xff) {
    throw new Stage2Error('EINVAL', `stage1.attr: found ${String(attr)}, expected 0 to 0xff`);
  }
  if (!Number.isInteger(sh) || sh < 0 || sh > 3) {
    throw new Stage2Error('EINVAL', `stage1.sh: found ${String(sh)}, expected 0 to 3`);
  }
}
