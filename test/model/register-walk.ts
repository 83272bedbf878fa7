// A stage-2 walk by the book (stage2-walk.md sections 1 to 6) over the memory of a machine: registers and
// descriptors are decoded here again, for every address layout, with nothing of the core.
import type { Machine } from '../../src/core/machine.js';

/** An output address, or the fault's status code without its level and the level. */
export type Translation = { pa: bigint } | { type: number; level: number };

export type WalkAccess = 'read' | 'write' | 'execute';

/** VTCR_EL2, VTTBR_EL2, and whether the CPU has FEAT_LPA. FEAT_LPA2 and FEAT_TTST it has. */
export interface WalkSetup {
  vtcr: bigint;
  vttbr: bigint;
  lpa: boolean;
}

const field = (value: bigint, lsb: number, width: number) =>
  (value >> BigInt(lsb)) & ((1n << BigInt(width)) - 1n);
const TRANSLATION = 0x04;
const ADDRESS_SIZE = 0x00;
const ACCESS_FLAG = 0x08;
const PERMISSION = 0x0c;

export class RegisterWalk {
  readonly #machine: Machine;
  readonly #granule: number;
  readonly #start: number;
  readonly #ipaBits: number;
  readonly #paBits: number;
  readonly #root: bigint;
  readonly #layout: 'narrow' | 'lpa' | 'lpa2';

  constructor(machine: Machine, { vtcr, vttbr, lpa }: WalkSetup) {
    this.#machine = machine;
    const tg0 = Number(field(vtcr, 14, 2));
    this.#granule = [12, 16, 14][tg0] as number;
    const ds = this.#granule !== 16 && field(vtcr, 32, 1) === 1n;
    this.#layout = ds ? 'lpa2' : lpa && this.#granule === 16 ? 'lpa' : 'narrow';
    this.#ipaBits = 64 - Number(field(vtcr, 0, 6));
    const ps = Number(field(vtcr, 16, 3));
    this.#paBits = Math.min(
      [32, 36, 40, 42, 44, 48, 52, 56][ps] as number,
      this.#layout === 'narrow' ? 48 : 52,
    );
    const sl0 = Number(field(vtcr, 6, 2));
    const fiveLevels = ds && this.#granule === 12 && field(vtcr, 33, 1) === 1n;
    this.#start = fiveLevels ? -1 : ((this.#granule === 12 ? [2, 1, 0, 3] : [3, 2, 1, 0])[sl0] as number);
    const wideBase = ds || (this.#layout === 'lpa' && ps === 6);
    const low = wideBase ? field(vttbr, 6, 42) << 6n : field(vttbr, 1, 47) << 1n;
    const base = wideBase ? low | (field(vttbr, 2, 4) << 48n) : low;
    const bytes = 8n << BigInt(this.#ipaBits - this.#shift(this.#start));
    this.#root = base - (base % bytes);
  }

  #shift(level: number): number {
    return this.#granule + (3 - level) * (this.#granule - 3);
  }

  translate(ipa: bigint, access: WalkAccess): Translation {
    if (ipa >> BigInt(this.#ipaBits) !== 0n) return { type: TRANSLATION, level: 0 };
    let table = this.#root;
    for (let level = this.#start; ; level++) {
      const bits = level === this.#start ? this.#ipaBits - this.#shift(level) : this.#granule - 3;
      const entry = table + field(ipa, this.#shift(level), bits) * 8n;
      if (this.#tooWide(entry)) return { type: ADDRESS_SIZE, level: level === this.#start ? 0 : level - 1 };
      const desc = this.#load(entry);
      const type = Number(desc & 3n);
      const isLeaf = level === 3 ? type === 3 : type === 1 && this.#hasBlocks(level);
      if (isLeaf) return this.#leaf(desc, level, ipa, access);
      if (type !== 3 || level === 3) return { type: TRANSLATION, level };
      table = this.#address(desc, this.#granule);
    }
  }

  #leaf(desc: bigint, level: number, ipa: bigint, access: WalkAccess): Translation {
    const shift = this.#shift(level);
    const pa = this.#address(desc, shift) + field(ipa, 0, shift);
    if (this.#tooWide(pa)) return { type: ADDRESS_SIZE, level };
    if (field(desc, 10, 1) === 0n) return { type: ACCESS_FLAG, level };
    const allowed = {
      read: field(desc, 6, 1) === 1n,
      write: field(desc, 7, 1) === 1n,
      execute: field(desc, 54, 1) === 0n,
    };
    return allowed[access] ? { pa } : { type: PERMISSION, level };
  }

  /** Sizes of blocks by granule; those of the list's end need 52-bit addresses. */
  #hasBlocks(level: number): boolean {
    const wide = this.#layout !== 'narrow';
    const levels = this.#granule === 12 ? [2, 1, ...(wide ? [0] : [])] : [2, ...(wide ? [1] : [])];
    return levels.includes(level);
  }

  #address(desc: bigint, lsb: number): bigint {
    const end = this.#layout === 'lpa2' ? 50 : 48;
    const low = field(desc, lsb, end - lsb) << BigInt(lsb);
    if (this.#layout === 'lpa') return low | (field(desc, 12, 4) << 48n);
    return this.#layout === 'lpa2' ? low | (field(desc, 8, 2) << 50n) : low;
  }

  #tooWide(pa: bigint): boolean {
    return pa >> BigInt(this.#paBits) !== 0n;
  }

  #load(pa: bigint): bigint {
    const at = this.#machine.ramOffset(pa);
    if (at === undefined) throw new Error(`0x${pa.toString(16)} is in no RAM bank`);
    return this.#machine.view.u64(at);
  }
}
