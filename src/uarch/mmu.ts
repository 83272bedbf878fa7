import * as T from '../abi/tlb.js';
import { TlbiKind, TlbSource } from '../abi/tlb.js';
import {
  AccessType,
  TRANSLATION_FSC,
  TRANSLATION_IPA,
  TRANSLATION_PA,
  TRANSLATION_SIZEOF,
} from '../abi/walk.js';
import { checkU64 } from '../core/check.js';
import { Stage2Error } from '../core/error.js';
import type { Machine } from '../core/machine.js';
import { Registry } from '../core/registry.js';
import { readFault, type Translator } from '../walk/translator.js';
import type { WalkFault } from '../walk/types.js';
import type { Microarch } from './microarch.js';
import { overlapping, staleTranslations } from './stale.js';
import { type HeldTranslation, heldTranslations } from './tlb-entries.js';

/** The accesses that a TLB answers. */
const ACCESSES = {
  read: AccessType.READ,
  write: AccessType.WRITE,
  execute: AccessType.EXECUTE,
  atomic: AccessType.ATOMIC,
} as const;

/** What an access does. */
export type MmuAccessKind = keyof typeof ACCESSES;

/** What accesses of one batch have in common. */
export interface MmuAccess {
  /** Default `read`. */
  access?: MmuAccessKind;
  /** Exception level, 0 or 1. Default 1. */
  el?: 0 | 1;
  /** PSTATE.PAN. Default false. */
  pan?: boolean;
  /** The line at the PA is loaded, stored or fetched too. Default false. */
  line?: boolean;
}

/** One access to a VA by all stages that are on, or to an IPA by stage 2. It is aligned. */
export type MmuRequest = MmuAccess &
  (
    | {
        /** Any u64. */
        va: bigint;
      }
    | {
        /** Any u64. */
        ipa: bigint;
      }
  );

/** Which TLB answered, or a walk; `none` where nothing translates. */
export type MmuSource = 'none' | 'l1' | 'l2' | 'walk';
const SOURCES: Readonly<Record<TlbSource, MmuSource>> = {
  [TlbSource.NONE]: 'none',
  [TlbSource.L1]: 'l1',
  [TlbSource.L2]: 'l2',
  [TlbSource.WALK]: 'walk',
};

/** What an access comes to, and who answered. */
export type MmuResult = {
  /** Which TLB answered, or a walk; `none` with all stages off. */
  source: MmuSource;
} & (
  | {
      /** It translates. */
      ok: true;
      /** Of the byte asked for. */
      pa: bigint;
    }
  | {
      /** It does not translate. */
      ok: false;
      /** As a {@link Translator} gives it. */
      fault: WalkFault;
    }
);

const TLBI = {
  all: TlbiKind.ALL,
  alle1: TlbiKind.ALLE1,
  vmalls12e1: TlbiKind.VMALLS12E1,
  vmalle1: TlbiKind.VMALLE1,
  vaae1: TlbiKind.VAAE1,
  vaale1: TlbiKind.VAALE1,
  ipas2e1: TlbiKind.IPAS2E1,
} as const;
/** TLBI instructions by their name, those by address with an `is` or `os` left out; `all` is a reset of all TLBs. */
export type TlbiName = keyof typeof TLBI;
const BY_ADDRESS: readonly TlbiName[] = ['vaae1', 'vaale1', 'ipas2e1'];

const BATCH = 4096;
const VMID_END = 1 << 16;
export const mmus = new Registry<MicroMmu>();

/**
 * The TLBs and the table walker of one core over the tables of a translator. Entries are tagged with the VMID of
 * VTTBR_EL2; ASIDs are not modelled. What a TLB holds answers, also when the tables have changed since.
 */
export class MicroMmu {
  /** The core, whose TLBs answer. */
  readonly micro: Microarch;
  /** Its tables are walked where no TLB answers. */
  readonly translator: Translator;
  readonly #out: number;

  /** Throws EINVAL unless both are of one machine, ENOMEM if the machine's arena is full. */
  constructor(micro: Microarch, translator: Translator) {
    if (micro.machine !== translator.machine) {
      throw new Stage2Error('EINVAL', 'translator: found one of another machine, expected that of the core');
    }
    this.micro = micro;
    this.translator = translator;
    this.#out = micro.machine.arena.allocate(TRANSLATION_SIZEOF);
    mmus.add(this);
  }

  /** That of the core and of the translator. */
  get machine(): Machine {
    return this.micro.machine;
  }

  /** Places in the arena of what the constructor allocates, in its order. */
  get places(): readonly number[] {
    return [this.#out];
  }

  /** Translates one access. What a guest may do never throws; a bad argument throws EINVAL. */
  access(request: MmuRequest): MmuResult {
    const { access, el, flags } = encodeAccess(request);
    const va = 'va' in request;
    const address = va ? request.va : request.ipa;
    checkU64(va ? 'va' : 'ipa', address);
    const { micro, view } = this.micro.machine;
    const regime = this.translator.regimeOffset;
    const all = flags | (va ? T.ACCESS_VA : 0);
    const source =
      SOURCES[micro.microAccess(this.micro.offset, regime, address, access, el, all, this.#out) as TlbSource];
    const at = view.base + this.#out;
    const fsc = view.live.getInt32(at + TRANSLATION_FSC, true);
    if (fsc < 0) return { ok: true, pa: view.u64(this.#out + TRANSLATION_PA), source };
    const ipa = 'ipa' in request ? request.ipa : view.u64(this.#out + TRANSLATION_IPA);
    return { ok: false, fault: readFault(view.live, at, fsc, ipa), source };
  }

  /**
   * Makes many accesses of one kind, to VAs or to IPAs. Each result is a PA or a fault as {@link batchFault}
   * reads it. Throws EINVAL for a bad argument, ENOMEM if the machine's arena is full.
   */
  accessMany(regime: 'va' | 'ipa', addresses: BigUint64Array, options: MmuAccess = {}): BigUint64Array {
    if (!(addresses instanceof BigUint64Array)) {
      throw new Stage2Error('EINVAL', `addresses: found ${typeof addresses}, expected a BigUint64Array`);
    }
    if (regime !== 'va' && regime !== 'ipa') {
      throw new Stage2Error('EINVAL', `regime: found ${String(regime)}, expected va or ipa`);
    }
    const { access, el, flags } = encodeAccess(options);
    const all = flags | (regime === 'va' ? T.ACCESS_VA : 0);
    const results = new BigUint64Array(addresses.length);
    const { arena, micro, view } = this.micro.machine;
    const buffer = arena.allocate(8 * Math.min(Math.max(addresses.length, 1), BATCH));
    try {
      for (let done = 0; done < addresses.length; done += BATCH) {
        const part = addresses.subarray(done, done + BATCH);
        const words = new BigUint64Array(view.memory.buffer, view.base + buffer, part.length);
        words.set(part);
        const { offset } = this.micro;
        const at = this.translator.regimeOffset;
        micro.microAccessMany(offset, at, buffer, part.length, access, el, all, buffer);
        results.set(words, done);
      }
    } finally {
      arena.release(buffer);
    }
    return results;
  }

  /** The VMID that entries are tagged with. */
  get vmid(): number {
    return this.micro.machine.micro.microVmid(this.translator.regimeOffset);
  }

  /**
   * One TLBI: `address` is a VA or an IPA where the instruction has one; `vmid` is that of the translator by default.
   * Throws EINVAL for an instruction that is none, an address it does not take or lacks, a VMID of more than 16 bits.
   */
  tlbi(name: TlbiName, address?: bigint, vmid = this.vmid): void {
    const kind = Object.hasOwn(TLBI, name) ? TLBI[name] : undefined;
    if (kind === undefined) {
      throw new Stage2Error(
        'EINVAL',
        `tlbi: found ${String(name)}, expected one of ${Object.keys(TLBI).join(', ')}`,
      );
    }
    if (BY_ADDRESS.includes(name) !== (address !== undefined)) {
      const expected = BY_ADDRESS.includes(name) ? 'an address' : 'none';
      throw new Stage2Error('EINVAL', `tlbi ${name} address ${address}: expected ${expected}`);
    }
    if (!Number.isInteger(vmid) || vmid < 0 || vmid >= VMID_END) {
      throw new Stage2Error('EINVAL', `vmid ${vmid}: expected an integer below ${VMID_END}`);
    }
    const at = address ?? 0n;
    checkU64('address', at);
    const { micro } = this.micro.machine;
    if (kind === TlbiKind.IPAS2E1) micro.microTlbi(this.micro.offset, kind, vmid, at);
    else micro.microTlbiVa(this.micro.offset, kind, vmid, at);
  }

  /** The host kernel's own access to its linear map, or with `fetch` its text. Throws EINVAL unless `va` is a u64. */
  hostTranslate(va: bigint, fetch = false): void {
    checkU64('va', va);
    this.micro.machine.micro.microHostTranslate(this.micro.offset, va, fetch);
  }

  /** Every translation that the core holds. */
  entries(): HeldTranslation[] {
    return heldTranslations(this.micro.machine.view, this.micro.offset);
  }

  /** Those of the current VMID that the tables, under the translator's registers, do not give any more. */
  staleEntries(): HeldTranslation[] {
    const { vmid } = this;
    return staleTranslations(
      this.translator,
      this.entries().filter((entry) => entry.vmid === vmid),
    );
  }

  /** Pairs in one TLB that cover the same address with different sizes; of these the smaller answers. */
  conflicts(): [HeldTranslation, HeldTranslation][] {
    return overlapping(this.entries());
  }

  /** Gives the record back to the machine; of no use afterwards. */
  destroy(): void {
    mmus.remove(this);
    for (const at of this.places) this.machine.arena.release(at);
  }
}

function encodeAccess({ access = 'read', el = 1, pan, line }: MmuAccess) {
  const kind = Object.hasOwn(ACCESSES, access) ? ACCESSES[access] : undefined;
  if (kind === undefined) {
    const kinds = Object.keys(ACCESSES).join(', ');
    throw new Stage2Error('EINVAL', `access: found ${String(access)}, expected one of ${kinds}`);
  }
  if (el !== 0 && el !== 1) throw new Stage2Error('EINVAL', `el: found ${String(el)}, expected 0 or 1`);
  return { access: kind, el, flags: (pan ? T.ACCESS_PAN : 0) | (line ? T.ACCESS_LINE : 0) };
}
