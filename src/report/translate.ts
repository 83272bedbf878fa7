import { DESC_ADDRESS_END, DESC_LPA_HIGH_LSB } from '../abi/arm.js';
import { fieldMask } from '../arm/fields.js';
import { encodeHpfar, hpfarValid } from '../arm/hpfar.js';
import type { LeafAttributes } from '../arm/leaf.js';
import { hex } from '../core/error.js';
import type { TranslateResult, TranslateSuccess, WalkFault } from '../walk/types.js';
import { executeColumn } from './ptdump.js';
import { formatSize } from './ptdump-size.js';
import { PLAIN, type Style } from './style.js';
import { faultReport, leafReport, memoryReport, type WalkContext, type WalkedAccess } from './walk.js';
import { memoryText } from './walk-text.js';

/** No attribute stands here, in no layout. */
const ADDRESS = fieldMask({ lsb: DESC_LPA_HIGH_LSB, width: DESC_ADDRESS_END - DESC_LPA_HIGH_LSB });

/**
 * Translations of one kind of access, a line each: the address, for a VA the IPA, then the PA with size and permissions
 * of the stage-2 entry and the memory type (of an IPA that of stage 2, of a VA that of both), or the fault with its
 * registers. Made for millions of them: what does not depend on the address is put into words once.
 */
export class TranslationLines {
  readonly #context: WalkContext;
  readonly #style: Style;
  /** What stands behind the PA, by level, attributes of the descriptor and memory type. */
  readonly #leaves = new Map<string, string>();
  /** What stands before the address of a fault. */
  readonly #faults = new Map<string, string>();

  constructor(context: WalkContext, style: Style = PLAIN) {
    this.#context = context;
    this.#style = style;
  }

  line(access: WalkedAccess, result: TranslateResult): string {
    const address = access.va ?? access.ipa ?? 0n;
    if (!result.ok) return `${hex(address)} -> ${this.#fault(access, address, result.fault)}`;
    const through = access.va === undefined ? '' : `IPA ${hex(result.ipa)} -> `;
    return `${hex(address)} -> ${through}${hex(result.pa)}  ${this.#leaf(access, result)}`;
  }

  #leaf({ va }: WalkedAccess, { leaf, memory }: TranslateSuccess): string {
    if (leaf === undefined) return 'stage 2 off';
    const key = `${leaf.level} ${leaf.desc & ~ADDRESS} ${memory.attr} ${memory.sh}`;
    const known = this.#leaves.get(key);
    if (known !== undefined) return known;
    const { size, attributes } = leafReport(this.#context, leaf);
    const type =
      va === undefined
        ? `${attributes.memory}, ${attributes.shareability}`
        : memoryText(memoryReport(memory));
    const text = `${formatSize(size)} ${permissions(attributes)}  ${type}`;
    this.#leaves.set(key, text);
    return text;
  }

  #fault(access: WalkedAccess, address: bigint, fault: WalkFault): string {
    const before = this.#beforeFar(access, fault);
    if (fault.stage === 1) return before + hex(address);
    const hpfar = hpfarValid(fault.fsc, fault.s1ptw) ? hex(encodeHpfar(fault.ipa)) : 'UNKNOWN';
    return `${before}${hex(address)}, HPFAR_EL2 ${hpfar}`;
  }

  #beforeFar(access: WalkedAccess, fault: WalkFault): string {
    const key = `${fault.fsc} ${fault.stage} ${fault.s1ptw} ${fault.write}`;
    const known = this.#faults.get(key);
    if (known !== undefined) return known;
    const { esr, takenTo } = faultReport(access, fault);
    const text = `${this.#style.bad(faultName(fault))}${faultPlace(fault)}: ESR_EL${takenTo} ${hex(esr)}, FAR_EL${takenTo} `;
    this.#faults.set(key, text);
    return text;
  }
}

/** Such as `RW x`. */
function permissions(a: LeafAttributes): string {
  return `${a.read ? 'R' : '-'}${a.write ? 'W' : '-'} ${executeColumn(a).trimEnd()}`;
}

/** Such as `translation fault, level 1`. */
function faultName({ type, level }: WalkFault): string {
  const words = type.replaceAll('-', ' ');
  return `${words}${words.includes('abort') ? '' : ' fault'}, level ${level}`;
}

function faultPlace({ stage, s1ptw }: WalkFault): string {
  if (s1ptw) return ' on a stage-1 table';
  return stage === 1 ? ' at stage 1' : '';
}
