// The words of RAM that one translation changed are those that its steps say the hardware wrote.

import { SCTLR_EE_LSB } from '../../../src/abi/arm.js';
import * as W from '../../../src/abi/walk.js';
import { byteSwap } from '../../model/arch/bits.js';
import type { Setting } from './setting.js';
import type { World } from './world.js';

interface Written {
  pa: bigint;
  /** As the memory holds it. */
  value: bigint;
}

export class UpdateCheck {
  readonly #world: World;
  readonly #before: Uint8Array;
  /** Updates seen. */
  updates = 0;

  constructor(world: World) {
    this.#world = world;
    this.#before = new Uint8Array(world.ram.end - world.ram.start);
  }

  get #ram(): Uint8Array {
    return this.#world.bytes.subarray(this.#world.ram.start, this.#world.ram.end);
  }

  /** Runs one translation into the world's record. What is wrong with what it wrote, if anything. */
  around({ registers }: Setting, translate: () => void): string | undefined {
    this.#before.set(this.#ram);
    translate();
    const { view } = this.#world.machine;
    const steps = view.u32(this.#world.at.out + W.TRANSLATION_STEPS);
    // Of a walk with more steps than the record takes, only some are known.
    if (steps >= W.STEPS_MAX) return undefined;
    const bad = this.#stepProblem(steps);
    if (bad !== undefined) return bad;
    const written = this.#written(steps, { 1: isBig(registers.sctlrEl1), 2: isBig(registers.sctlrEl2) });
    this.updates += written.length;
    return this.#missing(written) ?? this.#unsaid(written);
  }

  #step(index: number): number {
    return this.#world.at.out + W.TRANSLATION_STEP + index * W.STEP_SIZEOF;
  }

  /** Each step has a level, a stage, and an address in memory. */
  #stepProblem(steps: number): string | undefined {
    const { view, banks } = this.#world.machine;
    for (let i = 0; i < steps; i++) {
      const at = this.#step(i);
      const pa = view.u64(at + W.STEP_PA);
      const bank = banks.find((each) => pa >= each.pa && pa < each.pa + each.size);
      if (bank === undefined || bank.kind === 'device') return `step ${i} at ${pa.toString(16)}`;
      if ((pa & 7n) !== 0n) return `step ${i} at ${pa.toString(16)}, in the middle of a word`;
      const level = view.i32(at + W.STEP_LEVEL);
      if (level < -1 || level > 3) return `step ${i} of level ${level}`;
      const stage = view.u32(at + W.STEP_STAGE);
      if (stage !== 1 && stage !== 2) return `step ${i} of stage ${stage}`;
    }
    return undefined;
  }

  #written(steps: number, big: Readonly<Record<number, boolean>>): Written[] {
    const { view } = this.#world.machine;
    const found: Written[] = [];
    for (let i = 0; i < steps; i++) {
      const at = this.#step(i);
      const value = view.u64(at + W.STEP_WRITTEN);
      if (value === view.u64(at + W.STEP_DESC)) continue;
      found.push({
        pa: view.u64(at + W.STEP_PA),
        value: big[view.u32(at + W.STEP_STAGE)] ? byteSwap(value) : value,
      });
    }
    return found;
  }

  /** An update that memory does not hold, unless the word was written more than once. */
  #missing(written: readonly Written[]): string | undefined {
    const { machine } = this.#world;
    for (const { pa, value } of written) {
      if (written.filter((other) => other.pa === pa).length > 1) continue;
      const offset = machine.ramOffset(pa);
      if (offset === undefined || machine.view.u64(offset) !== value) {
        return `no ${value.toString(16)} at ${pa.toString(16)}`;
      }
    }
    return undefined;
  }

  /** A word that changed to what no step says. */
  #unsaid(written: readonly Written[]): string | undefined {
    const { machine, ram, u64 } = this.#world;
    if (Buffer.compare(this.#before, this.#ram) === 0) return undefined;
    const before = new BigUint64Array(this.#before.buffer);
    const allowed = new Map<number, bigint[]>();
    for (const { pa, value } of written) {
      const at = machine.view.base + (machine.ramOffset(pa) ?? 0);
      allowed.set(at, [...(allowed.get(at) ?? []), value]);
    }
    for (let i = 0; i < before.length; i++) {
      const now = u64[(ram.start >> 3) + i] as bigint;
      if (now === before[i] || allowed.get(ram.start + 8 * i)?.includes(now)) continue;
      return `word ${i} of RAM changed from ${before[i]?.toString(16)} to ${now.toString(16)}`;
    }
    return undefined;
  }
}

function isBig(sctlr: bigint): boolean {
  return ((sctlr >> BigInt(SCTLR_EE_LSB)) & 1n) === 1n;
}
