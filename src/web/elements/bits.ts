import { css, html, LitElement } from 'lit';
import { hexText } from '../codec.js';
import { levelClass, shared } from '../style/shared.js';

/** A part of an address: what a level resolves, or the offset. */
export interface BitRange {
  /** Such as "level 1". */
  name: string;
  /** -1 to 3; undefined for bits that no level resolves. */
  level: number | undefined;
  msb: number;
  lsb: number;
}

/** An address bit by bit, coloured by the level that resolves each. */
export class BitsElement extends LitElement {
  static override properties = {
    value: { attribute: false },
    ranges: { attribute: false },
    label: {},
  };
  declare value: bigint;
  /** From the highest bits down. */
  declare ranges: readonly BitRange[];
  declare label: string;

  static override styles = [
    shared,
    css`
      ol {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        list-style: none;
        padding: 0;
        margin: 4px 0;
      }
      li {
        border-radius: 3px;
        padding: 2px 5px;
        min-width: 0;
        max-width: 100%;
      }
      .bits {
        display: block;
        overflow-wrap: anywhere;
        letter-spacing: 1px;
      }
      .where {
        white-space: nowrap;
      }
    `,
  ];

  constructor() {
    super();
    this.value = 0n;
    this.ranges = [];
    this.label = 'address';
  }

  protected override render() {
    return html`<ol aria-label="Bits of the ${this.label}">
      ${this.ranges.map((range) => this.#range(range))}
    </ol>`;
  }

  #range({ name, level, msb, lsb }: BitRange) {
    const width = msb - lsb + 1;
    const value = (this.value >> BigInt(lsb)) & ((1n << BigInt(width)) - 1n);
    return html`<li class=${level === undefined ? 'loff' : levelClass(level)}>
      <span class="small where">${name} <span class="muted">${msb}:${lsb}</span> <code>${hexText(value)}</code></span>
      <span class="mono bits" aria-hidden="true">${value.toString(2).padStart(width, '0')}</span>
    </li>`;
  }
}

customElements.define('stage2-bits', BitsElement);

/** The parts of a stage-2 input address; empty where the registers describe no walk. */
export function addressRanges(
  regime: { valid: boolean; granuleShift: number; stride: number; startLevel: number; iaBits: number },
  leafLevel = 3,
): BitRange[] {
  if (!regime.valid) return [];
  const { granuleShift, stride, startLevel, iaBits } = regime;
  const lowest = (level: number): number => granuleShift + (3 - level) * stride;
  const ranges: BitRange[] = [];
  if (iaBits < 64) ranges.push({ name: 'beyond', level: undefined, msb: 63, lsb: iaBits });
  let msb = iaBits - 1;
  for (let level = startLevel; level <= leafLevel; level++) {
    ranges.push({ name: `level ${level}`, level, msb, lsb: lowest(level) });
    msb = lowest(level) - 1;
  }
  return [...ranges, { name: 'offset', level: undefined, msb, lsb: 0 }];
}
