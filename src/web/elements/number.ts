import { css, html, LitElement, nothing } from 'lit';
import { parseHex } from '../../arm/parse.js';
import { checkU64 } from '../../core/check.js';
import { hexText } from '../codec.js';
import { shared } from '../style/shared.js';
import type { Stage2NumberElement, ValueEvent } from './api.js';
import { guard, integer } from './guard.js';

export class NumberElement extends LitElement implements Stage2NumberElement {
  static override shadowRootOptions = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override properties = {
    label: {},
    value: { attribute: false },
    bits: { type: Number },
    decimal: { type: Boolean },
    silent: { type: Boolean },
    error: { state: true },
    typed: { state: true },
  };
  declare label: string;
  declare value: bigint;
  declare bits: number;
  declare decimal: boolean;
  declare silent: boolean;
  declare error: string;
  declare typed: string | undefined;

  static override styles = [
    shared,
    css`
      :host {
        display: inline-block;
      }
      input {
        font-family: var(--mono, monospace);
        font-variant-numeric: tabular-nums;
        width: 100%;
      }
      label {
        display: flex;
      }
      input[aria-invalid='true'] {
        border-color: var(--bad, #b3261e);
      }
    `,
  ];

  constructor() {
    super();
    this.label = '';
    this.value = 0n;
    this.bits = 64;
    this.decimal = false;
    this.silent = false;
    this.error = '';
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('value') || changed.get('value') === this.value) return;
    this.typed = undefined;
    this.error = '';
  }

  protected override render() {
    const shown = this.typed ?? (this.decimal ? String(this.value) : hexText(this.value));
    return html`
      <label>
        <span class=${this.silent ? 'offscreen' : ''}>${this.label}</span>
        <input
          part="input"
          .value=${shown}
          spellcheck="false"
          autocomplete="off"
          autocapitalize="off"
          aria-invalid=${this.error === '' ? 'false' : 'true'}
          aria-describedby=${this.error === '' ? nothing : 'error'}
          @change=${this.#enter}
          @keydown=${this.#key}
        />
      </label>
      ${this.error === '' ? nothing : html`<div class="error small" id="error" role="alert">${this.error}</div>`}
    `;
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'Enter') this.#enter(event);
  }

  #enter(event: Event): void {
    const text = (event.currentTarget as HTMLInputElement).value;
    try {
      const value = parseHex(text, this.label);
      if (value >> BigInt(this.bits) !== 0n) {
        throw new Error(`${this.label}: found ${JSON.stringify(text)}, expected ${this.bits} bits`);
      }
      this.error = '';
      this.typed = undefined;
      if (value === this.value) this.requestUpdate();
      else this.#emit(value);
    } catch (error) {
      this.typed = text;
      this.error = error instanceof Error ? error.message : String(error);
    }
  }

  #emit(value: bigint): void {
    this.dispatchEvent(
      new CustomEvent<ValueEvent>('stage2-value', { detail: { value }, bubbles: true, composed: true }),
    );
  }
}

customElements.define('stage2-number', NumberElement);
guard(NumberElement, { value: checkU64, bits: integer(1, 64) });
