import { css, html, LitElement, nothing } from 'lit';
import {
  type DecodedField,
  decode,
  type Field,
  type FieldTable,
  fieldMask,
  knownBits,
} from '../../arm/fields.js';
import { checkArray, checkU64 } from '../../core/check.js';
import { hexText } from '../codec.js';
import { shared } from '../style/shared.js';
import type { Stage2FieldsElement, ValueEvent } from './api.js';
import { guard, optional } from './guard.js';
import './number.js';

/** What these fields of a descriptor say is said by its kind. */
const TYPE: ReadonlySet<string> = new Set(['VALID', 'TABLE', 'RES1']);
/** A field of at most so many bits is shown in decimal. */
const SMALL = 8;

export class FieldsElement extends LitElement implements Stage2FieldsElement {
  static override shadowRootOptions = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override properties = {
    table: { attribute: false },
    value: { attribute: false },
    label: {},
    fixed: { type: Boolean },
    open: { type: Boolean },
    chips: { type: Boolean },
  };
  declare table: FieldTable | undefined;
  declare value: bigint;
  declare label: string;
  declare fixed: boolean;
  declare open: boolean;
  declare chips: boolean;

  static override styles = [
    shared,
    css`
      :host {
        display: block;
        margin: 0 0 6px;
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 8px;
        align-items: end;
      }
      .head stage2-number {
        flex: 0 1 220px;
      }
      .chips {
        flex: 1 1 260px;
        display: flex;
        flex-wrap: wrap;
        gap: 3px;
        min-width: 0;
      }
      .chip {
        border: 1px solid var(--line, GrayText);
        border-radius: 3px;
        padding: 0 5px;
        font-size: 12px;
        max-width: 100%;
        overflow-wrap: anywhere;
      }
      .chip code {
        font-size: 12px;
      }
      .chip b {
        font-weight: 600;
      }
      td stage2-number {
        width: 90px;
      }
      td.wide stage2-number {
        width: 140px;
      }
      tbody th,
      td {
        vertical-align: middle;
      }
    `,
  ];

  constructor() {
    super();
    this.value = 0n;
    this.label = '';
    this.fixed = false;
    this.open = false;
    this.chips = false;
  }

  protected override render() {
    const { table, value } = this;
    if (table === undefined) return nothing;
    const name = this.label || table.name;
    const strays = value & ~knownBits(table);
    return html`
      <div class="head">
        ${
          this.fixed
            ? html`<span><span class="muted small">${name}</span> <code>${hexText(value)}</code></span>`
            : html`<stage2-number .label=${name} .value=${value} @stage2-value=${this.#whole}></stage2-number>`
        }
        ${this.chips ? this.#chips(table) : nothing}
      </div>
      <details ?open=${this.open}>
        <summary>Fields<span class="offscreen"> of ${name}</span></summary>
        <div class="scroll" tabindex="0" role="region" aria-label="Fields of ${name}">
          <table>
            <thead>
              <tr><th>Field</th><th>Bits</th><th>Value</th><th>Meaning</th></tr>
            </thead>
            <tbody>
              ${decode(table, value).map((field, i) => this.#row(table, field, table.fields[i] as Field))}
            </tbody>
          </table>
        </div>
        ${strays === 0n ? nothing : html`<p class="small muted">Bits without a name here: <code>${hexText(strays)}</code></p>`}
      </details>
    `;
  }

  #chips(table: FieldTable) {
    const fields = decode(table, this.value).filter(({ name }) => !TYPE.has(name));
    return html`<span class="chips">
      ${fields.map(
        ({ name, value, meaning }) =>
          html`<span class="chip"><b>${name}</b> <code>${meaning ?? hexText(value)}</code></span>`,
      )}
    </span>`;
  }

  #row(table: FieldTable, { name, lsb, width, value, meaning }: DecodedField, field: Field) {
    const bits = width === 1 ? `${lsb}` : `${lsb + width - 1}:${lsb}`;
    const small = width <= SMALL;
    const shown = small ? String(value) : hexText(value);
    return html`<tr>
      <th scope="row" class="mono">${name}</th>
      <td class="mono muted">${bits}</td>
      <td class=${small ? '' : 'wide'}>
        ${
          this.fixed
            ? html`<code>${shown}</code>`
            : html`<stage2-number
                silent
                ?decimal=${small}
                .bits=${width}
                .label=${`${table.name}.${name}`}
                .value=${value}
                @stage2-value=${(event: CustomEvent<ValueEvent>) => this.#part(event, field)}
              ></stage2-number>`
        }
      </td>
      <td class="small">${meaning ?? ''}</td>
    </tr>`;
  }

  #whole(event: CustomEvent<ValueEvent>): void {
    event.stopPropagation();
    this.#emit(event.detail.value);
  }

  #part(event: CustomEvent<ValueEvent>, field: Field): void {
    event.stopPropagation();
    this.#emit((this.value & ~fieldMask(field)) | (event.detail.value << BigInt(field.lsb)));
  }

  #emit(value: bigint): void {
    this.dispatchEvent(
      new CustomEvent<ValueEvent>('stage2-value', { detail: { value }, bubbles: true, composed: true }),
    );
  }
}

customElements.define('stage2-fields', FieldsElement);
guard(FieldsElement, { value: checkU64, table: optional({ fields: checkList }) });

function checkList(what: string, value: unknown): void {
  checkArray(what, value as readonly unknown[]);
}
