import { css, html, LitElement } from 'lit';
import { checkArray, checkU64 } from '../../core/check.js';
import type { BitRange } from '../../report/address-ranges.js';
import { hexText } from '../codec.js';
import { levelClass, shared } from '../style/shared.js';
import type { Stage2BitsElement } from './api.js';
import { guard, integer, whole } from './guard.js';

export class BitsElement extends LitElement implements Stage2BitsElement {
  static override properties = {
    value: { attribute: false },
    ranges: { attribute: false },
    label: {},
  };
  declare value: bigint;
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
guard(BitsElement, { value: checkU64, ranges: checkRanges });

function checkRanges(what: string, ranges: unknown): void {
  const field = whole({ msb: integer(0, 63), lsb: integer(0, 63) });
  for (const [i, range] of checkArray(what, ranges as readonly unknown[]).entries())
    field(`${what}[${i}]`, range);
}
