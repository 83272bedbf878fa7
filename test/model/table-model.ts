// A model of a VM's tables by themselves, for any geometry: a tree of maps. A node that becomes empty goes;
// an entry that is replaced takes all below it along.
import type { Geometry } from '../../src/kvm/index.js';
import type { RawLeaf } from './check-tables.js';

/** The output address and, apart from it, the attributes of a page; a block lacks the table bit. */
interface Leaf {
  pa: bigint;
  attributes: bigint;
}

type Node = Map<bigint, Leaf | Node>;

const isNode = (entry: Leaf | Node | undefined): entry is Node => entry instanceof Map;

/** What maps an address. */
export interface ModelLeaf {
  ipa: bigint;
  pa: bigint;
  attributes: bigint;
  level: number;
}

export class TableModel {
  readonly #granule: number;
  readonly #ipaBits: number;
  readonly #layout: 'narrow' | 'lpa' | 'lpa2';
  readonly start: number;
  readonly #root: Node = new Map();

  constructor({ granuleShift, ipaBits, startLevel, layout = 'narrow' }: Geometry) {
    this.#granule = granuleShift;
    this.#ipaBits = ipaBits;
    this.#layout = layout;
    // 16 tables side by side resolve four bits more than one.
    const levels = Math.max(1, Math.ceil((ipaBits - 4 - granuleShift) / (granuleShift - 3)));
    this.start = startLevel ?? 4 - levels;
  }

  get end(): bigint {
    return 1n << BigInt(this.#ipaBits);
  }

  span(level: number): bigint {
    return 1n << BigInt(this.#granule + (3 - level) * (this.#granule - 3));
  }

  #hasBlocks(level: number): boolean {
    const largest = (this.#granule === 12 ? 1 : 2) - (this.#layout === 'narrow' ? 0 : 1);
    return level >= largest;
  }

  /** `largest`: the level of the largest leaves that are made. */
  map(ipa: bigint, size: bigint, pa: bigint, attributes: bigint, largest = -1): void {
    this.#map(this.#root, this.start, ipa, ipa + size, pa - ipa, attributes, largest);
  }

  #map(
    node: Node,
    level: number,
    from: bigint,
    to: bigint,
    offset: bigint,
    attributes: bigint,
    largest: number,
  ): void {
    const span = this.span(level);
    for (let base = from - (from % span); base < to; base += span) {
      const low = base > from ? base : from;
      const high = base + span < to ? base + span : to;
      const whole = high - low === span && (low + offset) % span === 0n;
      if (whole && level >= largest && this.#hasBlocks(level)) {
        node.set(base, { pa: low + offset, attributes });
        continue;
      }
      let below = node.get(base);
      if (!isNode(below)) {
        below = new Map();
        node.set(base, below);
      }
      this.#map(below, level + 1, low, high, offset, attributes, largest);
    }
  }

  unmap(ipa: bigint, size: bigint): void {
    this.#unmap(this.#root, this.start, ipa, ipa + size);
  }

  #unmap(node: Node, level: number, from: bigint, to: bigint): void {
    for (const [base, entry] of node) {
      if (base + this.span(level) <= from || base >= to) continue;
      if (isNode(entry)) {
        this.#unmap(entry, level + 1, from, to);
        if (entry.size > 0) continue;
      }
      node.delete(base);
    }
  }

  /** Leaves above `level` that the range touches become nodes of leaves one level down, and so on. */
  dissolve(ipa: bigint, size: bigint, level: number): void {
    this.#dissolve(this.#root, this.start, ipa, ipa + size, level);
  }

  #dissolve(node: Node, level: number, from: bigint, to: bigint, target: number): void {
    if (level >= target) return;
    for (const [base, entry] of node) {
      if (base + this.span(level) <= from || base >= to) continue;
      const below = isNode(entry) ? entry : this.#split(entry, base, level + 1);
      node.set(base, below);
      this.#dissolve(below, level + 1, from, to, target);
    }
  }

  #split({ pa, attributes }: Leaf, base: bigint, level: number): Node {
    const step = this.span(level);
    const below: Node = new Map();
    for (let i = 0n; i < 1n << BigInt(this.#granule - 3); i++) {
      below.set(base + i * step, { pa: pa + i * step, attributes });
    }
    return below;
  }

  /** Sets and clears bits in every leaf that the range touches; how many changed. */
  change(ipa: bigint, size: bigint, set: bigint, clear: bigint): number {
    let changed = 0;
    for (const { leaf, base, level } of this.#all(this.#root, this.start)) {
      if (base + this.span(level) <= ipa || base >= ipa + size) continue;
      const attributes = (leaf.attributes & ~clear) | set;
      if (attributes !== leaf.attributes) changed++;
      leaf.attributes = attributes;
    }
    return changed;
  }

  *#all(node: Node, level: number): Generator<{ leaf: Leaf; base: bigint; level: number }> {
    for (const [base, entry] of node) {
      if (isNode(entry)) yield* this.#all(entry, level + 1);
      else yield { leaf: entry, base, level };
    }
  }

  /** Every leaf as its descriptor reads, by ascending IPA. */
  leaves(): RawLeaf[] {
    return [...this.#all(this.#root, this.start)]
      .map(({ leaf, base, level }) => ({ ipa: base, desc: this.#descriptor(leaf, level), level }))
      .sort((a, b) => (a.ipa < b.ipa ? -1 : 1));
  }

  #descriptor({ pa, attributes }: Leaf, level: number): bigint {
    const own = level === 3 ? attributes : attributes & ~2n;
    if (this.#layout === 'lpa') return own | (pa % (1n << 48n)) | ((pa >> 48n) << 12n);
    if (this.#layout === 'lpa2') return (own & ~0x300n) | (pa % (1n << 50n)) | ((pa >> 50n) << 8n);
    return own | pa;
  }

  /** What maps `ipa`, or the level at which a walk for it ends: 0 outside the IPA space. */
  at(ipa: bigint): ModelLeaf | number {
    if (ipa >= this.end) return 0;
    let node = this.#root;
    for (let level = this.start; ; level++) {
      const base = ipa - (ipa % this.span(level));
      const entry = node.get(base);
      if (entry === undefined) return level;
      if (!isNode(entry)) return { ipa: base, level, ...entry };
      node = entry;
    }
  }

  /** Nodes below the root: table pages. */
  nodes(): number {
    const count = (node: Node): number =>
      [...node.values()].filter(isNode).reduce((n, below) => n + 1 + count(below), 0);
    return count(this.#root);
  }
}
