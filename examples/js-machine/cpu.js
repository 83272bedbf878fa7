// A cpu that knows the instructions of assembler.js, and keeps its registers where the emulated kernel looks for them.
import { decodeMemoryInstruction, reportFault } from 'stage2';
import { WFI } from './assembler.js';

/** @import { Board } from './board.js' */

/** @typedef {'read' | 'write' | 'execute'} Access */

const PAGE_MASK = 0xfffn;
const U64 = 64;

export class Cpu {
  instructions = 0;
  walks = 0;
  /** Our own TLB: the PA of a page by its IPA and the access. @type {Map<string, bigint>} */
  #tlb = new Map();
  #board;

  /** @param {Board} board */
  constructor(board) {
    this.#board = board;
  }

  /** Runs from `pc` until the guest waits. @param {bigint} pc */
  run(pc) {
    const { vcpu } = this.#board;
    vcpu.pc = pc;
    for (;;) {
      const place = this.#place(vcpu.pc, 'execute');
      if (place === undefined) continue;
      const word = place.getUint32(0, true);
      if (word === WFI) return;
      if (this.#execute(word)) this.instructions++;
    }
  }

  /**
   * Where the bytes of an access are; undefined if it faulted. Then the kernel has handled the fault, and pc says where
   * the guest goes on: at the access again, behind it, or in its exception vector.
   * @param {bigint} ipa
   * @param {Access} access
   * @param {number} [word] the instruction, if it is a load or a store
   */
  #place(ipa, access, word) {
    const board = this.#board;
    const key = `${ipa >> 12n} ${access}`;
    const page = this.#tlb.get(key);
    if (page !== undefined) return board.ram(page | (ipa & PAGE_MASK));
    this.walks++;
    const result = board.translator.translate({ ipa, access });
    if (result.ok) {
      this.#tlb.set(key, result.pa & ~PAGE_MASK);
      return board.ram(result.pa);
    }
    const syndrome = word === undefined ? undefined : decodeMemoryInstruction(word)?.syndrome;
    const { esr, far, hpfar } = reportFault(result.fault, { va: ipa, access, from: 1, syndrome });
    board.takeExit({ esr, far, ipa: result.fault.ipa, ...(hpfar === undefined ? {} : { hpfar }) });
    return undefined;
  }

  /** False if the instruction faulted. @param {number} word */
  #execute(word) {
    const { vcpu } = this.#board;
    const [rd, rn, rm] = [word & 31, (word >>> 5) & 31, (word >>> 16) & 31];
    const imm12 = BigInt((word >>> 10) & 0xfff) << ((word >>> 22) & 1 ? 12n : 0n);
    const set = (/** @type {bigint} */ value) => vcpu.setRegister(rd, BigInt.asUintN(U64, value));
    const offset = BigInt((word >>> 10) & 0xfff) * 8n;
    let next = vcpu.pc + 4n;
    switch (word >>> 22) {
      case 0xf940_0000 >>> 22: {
        const place = this.#place(vcpu.register(rn) + offset, 'read', word);
        if (place === undefined) return false;
        set(place.getBigUint64(0, true));
        break;
      }
      case 0xf900_0000 >>> 22: {
        const place = this.#place(vcpu.register(rn) + offset, 'write', word);
        if (place === undefined) return false;
        place.setBigUint64(0, vcpu.register(rd), true);
        break;
      }
      case 0x9100_0000 >>> 22:
      case 0x9140_0000 >>> 22:
        set(vcpu.register(rn) + imm12);
        break;
      case 0xd100_0000 >>> 22:
        set(vcpu.register(rn) - imm12);
        break;
      case 0x8b00_0000 >>> 22:
        set(vcpu.register(rn) + vcpu.register(rm));
        break;
      case 0xd280_0000 >>> 22:
      case 0xd2c0_0000 >>> 22:
        set(BigInt((word >>> 5) & 0xffff) << BigInt(((word >>> 21) & 3) * 16));
        break;
      default:
        if (word >>> 24 !== 0xb5)
          throw new Error(`0x${word.toString(16)}: not one of this cpu's instructions`);
        if (vcpu.register(rd) !== 0n)
          next = vcpu.pc + (BigInt.asIntN(19, BigInt((word >>> 5) & 0x7_ffff)) << 2n);
    }
    vcpu.pc = next;
    return true;
  }
}
