import { DESC_AF_LSB, DESC_CONTIG_LSB, DESC_DBM_LSB, DESC_S2AP_LSB } from '../../abi/arm.js';
import type { AddressLayout } from '../../abi/walk.js';
import type { EntryPlace } from '../../arm/descriptor.js';
import type { Machine } from '../../core/machine.js';
import { contiguousBits } from '../fsck/contiguous.js';
import type { Vm } from '../vm.js';
import type { Held } from './held.js';
import { Reports } from './reports.js';
import { type Entry, entriesOf, entryOf, translationAt } from './shadow.js';
import { changeOf, conflicts, isNoLess, type Translation } from './translation.js';
import type { BbmReason, ChangeClass, TableStep, WatchOptions, WatchReport } from './types.js';
import { Walkers } from './walkers.js';

const AF = 1n << BigInt(DESC_AF_LSB);
const DBM = 1n << BigInt(DESC_DBM_LSB);
const S2AP_WRITE = 2n << BigInt(DESC_S2AP_LSB);
const CONTIG = 1n << BigInt(DESC_CONTIG_LSB);
const VALID = 1n;

/** A translation that a new one may not stand beside. */
interface Conflict {
  with: Translation;
  reasons: BbmReason[];
  held?: Held;
}

/** Applies the steps of the table code one by one to what walkers and TLBs may hold, and reports broken rules. */
export class TableChecker {
  readonly #machine: Machine;
  readonly #bbm: 0 | 1 | 2;
  readonly #reports: Reports;
  #walkers: Walkers;
  #differs = false;
  /** Entries that became invalid since the last report, with what they held. */
  readonly #broken = new Map<bigint, bigint>();

  /** `vms`: those whose tables are followed. */
  constructor(machine: Machine, vms: readonly Vm[], { bbm = 0, limit }: WatchOptions = {}) {
    this.#machine = machine;
    this.#bbm = bbm;
    this.#reports = new Reports(limit);
    this.#walkers = new Walkers(machine);
    for (const vm of vms) this.#walkers.add(vm);
  }

  get walkers(): Walkers {
    return this.#walkers;
  }

  /** Follows the tables of these VMs from now on, and no others'. */
  setVms(vms: readonly Vm[]): void {
    const { spaces } = this.#walkers.shadow;
    for (const space of [...spaces]) if (!vms.includes(space.vm)) this.#walkers.remove(space);
    for (const vm of vms) if (!spaces.some((space) => space.vm === vm)) this.#walkers.add(vm);
  }

  /** Takes the tables from memory anew; what TLBs hold of older ones is forgotten. */
  restart(vms: readonly Vm[]): void {
    this.#differs = false;
    this.#walkers = new Walkers(this.#machine);
    this.#broken.clear();
    for (const vm of vms) this.#walkers.add(vm);
  }

  apply(step: TableStep): void {
    this.#walkers.now = this.#reports.history.next;
    this.#reports.history.add(step);
    switch (step.do) {
      case 'write':
        this.#write(step.address, step.old, step.desc);
        break;
      case 'run':
        this.#run(step);
        break;
      case 'alloc':
        this.#walkers.shadow.pageAt(step.address)?.words.fill(0n);
        break;
      case 'free':
        this.#free(step.address);
        break;
      case 'dsb':
        this.#walkers.barrier(step.waits);
        break;
      case 'tlbi':
        this.#walkers.held.invalidate(step);
        break;
      case 'isb':
        break;
    }
  }

  #run({ address, first, step, entries }: Extract<TableStep, { do: 'run' }>): void {
    for (let i = 0n; i < BigInt(entries); i++) {
      const at = address + 8n * i;
      const page = this.#walkers.shadow.pageAt(at);
      const old = page?.words[Number((at - page.pa) >> 3n)] ?? 0n;
      this.#write(at, old, first + step * i);
    }
  }

  #write(address: bigint, old: bigint, desc: bigint): void {
    const page = this.#walkers.shadow.pageAt(address);
    if (page === undefined) {
      this.#reports.add({ kind: 'stray-write', address, old, new: desc });
      return;
    }
    const index = Number((address - page.pa) >> 3n);
    page.words[index] = desc;
    page.contiguous ||= (desc & CONTIG) !== 0n;
    const places = page.places.filter((place) => index < entriesOf(page, place));
    for (const place of places) this.#change(entryOf(page, place, index), old, desc);
    if (places.length === 0) this.#reports.count('unlinked');
    if (old !== desc) this.#walkers.noteOverwritten(address, old);
  }

  #change(entry: Entry, old: bigint, desc: bigint): void {
    const is = translationAt(entry, desc);
    if (!entry.place.linked) {
      this.#reports.count('unlinked');
      if (is !== undefined) this.#mixed(entry, is, old);
      return;
    }
    this.#replace(entry, translationAt(entry, old), is, () => {
      const found = is === undefined ? [] : this.#conflicts(entry, is);
      this.#reportConflicts(entry, found, desc);
      this.#reports.count(found.length > 0 ? 'violated' : this.#classOf(entry, old, desc));
    });
  }

  /** Brings what is held, and what is linked, up to the write; `check` is called when the old is gone from the tables. */
  #replace(entry: Entry, was: Translation | undefined, is: Translation | undefined, check: () => void): void {
    const stays = was?.kind === 'table' && is?.kind === 'table' && was.output === is.output;
    if (was !== undefined && was.desc !== is?.desc && !stays) this.#walkers.drop(entry, was);
    check();
    if (is?.kind === 'table' && !stays)
      this.#walkers.link(entry, is, {
        leaf: (at, leaf) => this.#reportConflicts(at, this.#conflicts(at, leaf), leaf.desc),
        older: (at, held) => this.#older(at, held),
      });
  }

  /** No DSB made the contents of a table visible before it was linked. */
  #older(entry: Entry, held: readonly Held[]): void {
    const [first] = held;
    if (first === undefined || first.reported) return;
    for (const each of held) each.reported = true;
    const now = entry.page.words[entry.index] as bigint;
    this.#reports.add({ kind: 'mixed-walk', entry, old: first.desc, new: now, held: first });
  }

  /** What a write that breaks no rule came to. */
  #classOf(entry: Entry, old: bigint, desc: bigint): ChangeClass {
    const { address } = entry;
    const [was, is] = [translationAt(entry, old | AF), translationAt(entry, desc | AF)];
    if (old === desc || (was === undefined && is === undefined)) return 'same';
    if (is === undefined) {
      this.#broken.set(address, old);
      return 'removed';
    }
    if (was !== undefined) return this.#reasons(was, is, entry).length > 0 ? 'replaced' : changeOf(old, desc);
    const broken = this.#broken.get(address);
    if (broken === undefined) return 'created';
    this.#broken.delete(address);
    this.#reports.uncount('removed');
    const before = translationAt(entry, broken | AF);
    return before !== undefined && this.#reasons(before, is, entry).length > 0 ? 'replaced' : 'remade';
  }

  #reasons(held: Translation, made: Translation, { place }: Entry): BbmReason[] {
    return conflicts(held, made, this.#bbm, (place.space.places[0] as EntryPlace).layout as AddressLayout);
  }

  /** What `is`, in an entry that memory leads to, may not stand beside. */
  #conflicts(entry: Entry, is: Translation): Conflict[] {
    const found: Conflict[] = [];
    if (this.#walkers.held.size > 0) {
      for (const held of this.#walkers.held.overlapping(is.ipa, is.size)) {
        if (held.space !== entry.place.space || held.reported) continue;
        const reasons = this.#reasons(held, is, entry);
        if (reasons.length > 0) found.push({ with: held, reasons, held });
      }
    }
    return [...found, ...this.#siblings(entry, is)];
  }

  /** The valid entries of the contiguous set around the entry, if the hint is set in any of them. */
  #siblings(entry: Entry, is: Translation): Conflict[] {
    const { page, place, index } = entry;
    if (is.kind === 'table' || !page.contiguous) return [];
    const size = 1 << contiguousBits(place.space.places[place.level + 1] as EntryPlace);
    const first = index & ~(size - 1);
    const found: Conflict[] = [];
    for (let i = first; i < Math.min(first + size, entriesOf(page, place)); i++) {
      const other = i === index ? undefined : translationAt(entryOf(page, place, i), page.words[i] as bigint);
      const reasons = other?.kind === 'leaf' ? this.#reasons(other, is, entry) : [];
      if (other !== undefined && reasons.length > 0) found.push({ with: other, reasons });
    }
    return found;
  }

  #reportConflicts(entry: Entry, found: readonly Conflict[], desc: bigint): void {
    // What was in the entry until now says most.
    const first =
      found.find(({ held }) => held?.address === entry.address && held.since === this.#walkers.now) ??
      found[0];
    if (first === undefined) return;
    for (const { held } of found) if (held !== undefined) held.reported = true;
    const wasBroken = first.held !== undefined && first.held.since !== this.#walkers.now;
    this.#reports.add({
      kind: wasBroken ? 'make-before-invalidate' : 'no-break',
      entry,
      ipa: first.with.ipa > entry.ipa ? first.with.ipa : entry.ipa,
      old: first.with.desc,
      new: desc,
      reasons: first.reasons,
      held: wasBroken ? first.held : undefined,
      others: found.length - 1,
    });
  }

  /** A walk that read the table descriptor when it was there reads the new entry. */
  #mixed(entry: Entry, is: Translation, old: bigint): void {
    const holder = [...entry.place.holders].find(({ reported }) => !reported);
    if (holder !== undefined) {
      holder.reported = true;
      this.#reports.add({ kind: 'mixed-walk', entry, old, new: is.desc, held: holder });
    }
    for (const held of this.#walkers.holdBelow(entry, is)) held.reported = true;
  }

  #free(address: bigint): void {
    const page = this.#walkers.shadow.pageAt(address);
    const linked = page?.places.find((place) => place.linked);
    if (page !== undefined && linked !== undefined) {
      const entry = entryOf(page, linked, 0);
      this.#reports.add({ kind: 'freed-table-linked', entry, old: 0n, new: 0n });
    }
    const held =
      page?.places.flatMap(({ holders }) => [...holders]).filter(({ reported }) => !reported) ?? [];
    for (const each of held) each.reported = true;
    const [first] = held;
    if (first === undefined) return;
    const others = held.length - 1;
    this.#reports.add({ kind: 'freed-table-held', address, old: first.desc, new: 0n, held: first, others });
  }

  /** What happened since the last report, with what may be held of old tables now. */
  report(): WatchReport {
    this.#differs = this.#unlogged();
    this.#stale();
    return this.#take(0);
  }

  /** The same where steps were lost: the tables as they are applied to are not those of memory. */
  reportLost(lost: number): WatchReport {
    this.#differs = true;
    return this.#take(lost);
  }

  #take(lost: number): WatchReport {
    this.#broken.clear();
    const { held } = this.#walkers;
    if (held.size === 0) this.#reports.history.rest();
    return this.#reports.take(lost, held.size);
  }

  /** The last report found the tables in memory other than logged: `restart` before more steps. */
  get differs(): boolean {
    return this.#differs;
  }

  #stale(): void {
    for (const held of this.#walkers.held) {
      if (held.reported || !this.#isStale(held)) continue;
      held.reported = true;
      const now = this.#walkers.lookup(held.space, held.ipa)?.leaf.desc ?? 0n;
      const { address, desc } = held;
      this.#reports.add({ kind: 'stale-translation', address, old: desc, new: now, held });
    }
  }

  #isStale(held: Held): boolean {
    if (held.target?.place.linked) return false;
    const now = held.kind === 'leaf' ? this.#walkers.lookup(held.space, held.ipa)?.leaf : undefined;
    return now === undefined || now.ipa !== held.ipa || !isNoLess(now, held);
  }

  /** Compares tables in memory with those of the log, but for what the hardware updates. True if they differ. */
  #unlogged(): boolean {
    let differs = false;
    for (const { page, index, found } of this.#walkers.shadow.differing()) {
      const own = page.words[index] as bigint;
      const updated = AF | (found & own & DBM ? S2AP_WRITE : 0n);
      page.words[index] = found;
      if ((own & VALID) !== 0n && ((own ^ found) & ~updated) === 0n) continue;
      const address = page.pa + BigInt(index) * 8n;
      if (!differs) this.#reports.add({ kind: 'unlogged-write', address, old: own, new: found });
      differs = true;
    }
    return differs;
  }
}
