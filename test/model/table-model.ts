// A model of a VM's tables by themselves, for any granule and IPA size: a tree of maps. A node that becomes empty goes;
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

export class TableModel {
  readonly #granule: number;
  readonly #ipaBits: number;
  readonly #start: number;
  readonly #root: Node = new Map();

  constructor({ granuleShift, ipaBits }: Geometry) {
    this.#granule = granuleShift;
    this.#ipaBits = ipaBits;
    // 16 tables side by side resolve four bits more than one.
    const levels = Math.max(1, Math.ceil((ipaBits - 4 - granuleShift) / (granuleShift - 3)));
    this.#start = 4 - levels;
  }

  get end(): bigint {
    return 1n << BigInt(this.#ipaBits);
  }

  span(level: number): bigint {
    return 1n << BigInt(this.#granule + (3 - level) * (this.#granule - 3));
  }

  #hasBlocks(level: number): boolean {
    return level === 3 || level === 2 || (level === 1 && this.#granule === 12);
  }

  map(ipa: bigint, size: bigint, pa: bigint, attributes: bigint): void {
    this.#map(this.#root, this.#start, ipa, ipa + size, pa - ipa, attributes);
  }

  #map(node: Node, level: number, from: bigint, to: bigint, offset: bigint, attributes: bigint): void {
    const span = this.span(level);
    for (let base = from - (from % span); base < to; base += span) {
      const low = base > from ? base : from;
      const high = base + span < to ? base + span : to;
      const whole = high - low === span && (low + offset) % span === 0n;
      if (whole && this.#hasBlocks(level)) {
        node.set(base, { pa: low + offset, attributes });
        continue;
      }
      let below = node.get(base);
      if (!isNode(below)) {
        below = new Map();
        node.set(base, below);
      }
      this.#map(below, level + 1, low, high, offset, attributes);
    }
  }

  unmap(ipa: bigint, size: bigint): void {
    this.#unmap(this.#root, this.#start, ipa, ipa + size);
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

  /** Sets and clears bits in every leaf that the range touches; how many changed. */
  change(ipa: bigint, size: bigint, set: bigint, clear: bigint): number {
    let changed = 0;
    for (const { leaf, base, level } of this.#all(this.#root, this.#start)) {
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
    return [...this.#all(this.#root, this.#start)]
      .map(({ leaf, base, level }) => ({
        ipa: base,
        desc: leaf.pa | (level === 3 ? leaf.attributes : leaf.attributes & ~2n),
        level,
      }))
      .sort((a, b) => (a.ipa < b.ipa ? -1 : 1));
  }

  /** The level at which a walk for an unmapped address ends: 0 outside the IPA space. */
  missingLevel(ipa: bigint): number {
    if (ipa >= this.end) return 0;
    let node: Leaf | Node | undefined = this.#root;
    let level = this.#start - 1;
    while (isNode(node)) {
      level++;
      node = node.get(ipa - (ipa % this.span(level)));
    }
    return level;
  }

  /** Nodes below the root: table pages. */
  nodes(): number {
    const count = (node: Node): number =>
      [...node.values()].filter(isNode).reduce((n, below) => n + 1 + count(below), 0);
    return count(this.#root);
  }
}
