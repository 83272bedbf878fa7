// What a TLB can hold, by trying every walk at every time: two levels of tables, told from the rules and from no code.
import type { TableStep } from '../../../src/kvm/index.js';

/** Two levels of 4K tables: an entry of the first spans 2 MiB. */
const SPAN = 0x20_0000n;
const PAGE = 0x1000n;
const ADDRESS = 0xffff_ffff_f000n;
const AF = 1n << 10n;

const isTable = (desc: bigint) => (desc & 3n) === 3n;
const isBlock = (desc: bigint) => (desc & 3n) === 1n && (desc & AF) !== 0n;
const isPage = (desc: bigint) => (desc & 3n) === 3n && (desc & AF) !== 0n;

/** Memory before any step, by PA; what is not named is 0. */
export type Memory = ReadonlyMap<bigint, bigint>;

interface Flush {
  /** After so many steps it begins, and is complete. */
  begin: number;
  end: number;
  ipa: bigint | undefined;
}

/** All walks of a VMID over tables at `root`, through the steps of a log. Times are numbers of steps done. */
export class AllWalks {
  readonly #memory: Memory;
  readonly #steps: readonly TableStep[];
  readonly #root: bigint;
  readonly #flushes: Flush[];
  readonly #values = new Map<bigint, (readonly bigint[])[]>();

  constructor(memory: Memory, steps: readonly TableStep[], root: bigint, vmid: number) {
    this.#memory = memory;
    this.#steps = steps;
    this.#root = root;
    this.#flushes = steps.flatMap((step, i) => {
      if (step.do !== 'tlbi' || step.op === 'vmalle1is' || step.vmid !== vmid) return [];
      const done = steps.findIndex((s, j) => j > i && s.do === 'dsb' && s.waits === 'all');
      const end = done < 0 ? Number.POSITIVE_INFINITY : done + 1;
      return [{ begin: i + 1, end, ipa: step.op === 'ipas2e1is' ? step.ipa : undefined }];
    });
  }

  /** What a read at that time may give: the last value, and those overwritten since the last DSB. */
  #readable(pa: bigint, time: number): readonly bigint[] {
    let times = this.#values.get(pa);
    if (times === undefined) {
      times = this.#follow(pa);
      this.#values.set(pa, times);
    }
    return times[time] as readonly bigint[];
  }

  #follow(pa: bigint): (readonly bigint[])[] {
    let last = this.#memory.get(pa) ?? 0n;
    const times: (readonly bigint[])[] = [[last]];
    for (const step of this.#steps) {
      let values = times.at(-1) as readonly bigint[];
      if (step.do === 'dsb') values = [last];
      if (step.do === 'write' && step.address === pa) {
        last = step.desc;
        values = [...new Set([...values, last])];
      }
      times.push(values);
    }
    return times;
  }

  /** Leaves for the page at `ipa` that a TLB may hold after `now` steps, as `level:descriptor`. */
  leaves(ipa: bigint, now: number): Set<string> {
    const found = new Set<string>();
    for (let first = 0; first <= now; first++) {
      for (const upper of this.#readable(this.#root + (ipa / SPAN) * 8n, first)) {
        if (isBlock(upper) && this.#survives(ipa - (ipa % SPAN), SPAN, first, first, now))
          found.add(`2:${upper}`);
        if (!isTable(upper)) continue;
        for (let second = first; second <= now; second++)
          for (const page of this.#readable((upper & ADDRESS) + ((ipa % SPAN) / PAGE) * 8n, second))
            if (isPage(page) && this.#survives(ipa, PAGE, first, second, now)) found.add(`3:${page}`);
      }
    }
    return found;
  }

  /**
   * A walk that read the first entry at one time and the leaf at another, whose result is kept until now. A TLBI works
   * at some instant between its execution and its DSB: what a walker read before is gone then, results included.
   */
  #survives(ipa: bigint, size: bigint, first: number, second: number, now: number): boolean {
    return this.#flushes.every(({ begin, end, ipa: at }) => {
      const covers = (from: bigint, bytes: bigint) => at === undefined || (at >= from && at < from + bytes);
      if (covers(ipa, size)) return end > now || first >= begin;
      if (!covers(ipa - (ipa % SPAN), SPAN)) return true;
      return first >= begin || second < end;
    });
  }
}
