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
    marked: { attribute: false },
  };
  declare table: FieldTable | undefined;
  declare value: bigint;
  declare label: string;
  declare fixed: boolean;
  declare open: boolean;
  declare chips: boolean;
  declare marked: readonly string[];

  static override styles = [
    shared,
    css`
      :host {
        display: block;
        margin: 0 0 6px;
        container-type: inline-size;
      }
      /* Where there is no room beside the value, the meaning stands below it. */
      @container (max-width: 560px) {
        table,
        tbody,
        tr,
        th,
        td {
          display: block;
        }
        thead {
          display: none;
        }
        tbody tr {
          display: grid;
          grid-template-columns: minmax(6.5em, auto) 4em minmax(0, 1fr);
          align-items: center;
          border-bottom: 1px solid var(--line, GrayText);
          padding: 2px 0 4px;
        }
        tbody tr > * {
          border: 0;
          padding: 0 4px;
        }
        tbody tr > :last-child {
          grid-column: 1 / -1;
        }
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
      .about {
        display: block;
        max-width: 60ch;
      }
      .ignored {
        color: var(--muted, GrayText);
        font-style: italic;
      }
      tr.marked,
      .chip.marked {
        background: var(--bad-bg, #fdeceb);
        outline: 1px solid var(--bad, #b3261e);
        color: var(--bad, #b3261e);
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
    this.marked = [];
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
      <details ?open=${this.open || this.marked.length > 0}>
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
    const isShown = ({ name, ignored }: DecodedField): boolean =>
      this.marked.includes(name) || !(TYPE.has(name) || ignored);
    return html`<span class="chips">
      ${decode(table, this.value).map((field, i) => (isShown(field) ? this.#chip(field, table.fields[i]?.about) : nothing))}
    </span>`;
  }

  #chip({ name, value, meaning, ignored }: DecodedField, about = '') {
    const marked = this.marked.includes(name) ? 'marked' : '';
    return html`<span class="chip ${marked}" title=${about}>
      <b>${name}</b> <code class=${ignored ? 'ignored' : ''}>${meaning ?? hexText(value)}</code>
    </span>`;
  }

  #row(table: FieldTable, decoded: DecodedField, field: Field) {
    const { name, lsb, width, value, meaning, ignored } = decoded;
    const bits = width === 1 ? `${lsb}` : `${lsb + width - 1}:${lsb}`;
    const small = width <= SMALL;
    const shown = small ? String(value) : hexText(value);
    const marked = this.marked.includes(name);
    return html`<tr class=${marked ? 'marked' : ''} id=${fieldId(name)}>
      <th scope="row" class="mono">${name}${marked ? html`<span class="offscreen">, this field stopped the walk</span>` : nothing}</th>
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
      <td class="small">
        <span class=${ignored ? 'ignored' : ''}>${meaning ?? ''}</span>
        <span class="about muted">${field.about ?? ''}</span>
      </td>
    </tr>`;
  }

  /** Brings a field into view and puts the focus on it. */
  reveal(name: string): void {
    const details = this.renderRoot.querySelector('details');
    if (details !== null) details.open = true;
    const row = this.renderRoot.querySelector<HTMLElement>(`#${fieldId(name)}`);
    row?.scrollIntoView({ block: 'center' });
    (row?.querySelector<HTMLElement>('stage2-number') ?? row)?.focus();
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

/** A name as an id: AP[2:1] is ap-2-1. */
function fieldId(name: string): string {
  return `field-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
}

customElements.define('stage2-fields', FieldsElement);
guard(FieldsElement, { value: checkU64, table: optional({ fields: checkList }) });

function checkList(what: string, value: unknown): void {
  checkArray(what, value as readonly unknown[]);
}
