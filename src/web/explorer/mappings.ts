import { css, html, LitElement, nothing } from 'lit';
import { geometryLine } from '../../report/ptdump-header.js';
import { formatSize } from '../../report/ptdump-size.js';
import { hexText } from '../codec.js';
import { levelClass, shared } from '../style/shared.js';
import type { MappedRange, TablesAnswer } from '../worker/protocol.js';

/** An address to walk, from the list. */
export interface AddressEvent {
  address: bigint;
}

/** What the tables map, as the kernel's ptdump lists it; a range that is chosen is a `stage2-address` event. */
export class MappingsElement extends LitElement {
  static override properties = { tables: { attribute: false } };
  declare tables: TablesAnswer | undefined;

  static override styles = [
    shared,
    css`
      .list {
        max-height: 320px;
        overflow: auto;
      }
      button {
        font-family: var(--mono, monospace);
      }
      td {
        vertical-align: middle;
      }
      td.columns {
        white-space: normal;
      }
    `,
  ];

  protected override render() {
    const { tables } = this;
    if (tables === undefined) return nothing;
    const { name, summary, ranges, leaves, tables: count, note } = tables;
    return html`
      <p><strong>${name}</strong>: ${geometryLine(summary)}; ${count} tables, ${leaves} leaves</p>
      ${note === '' ? nothing : html`<div class="error">${note}</div>`}
      <div class="list scroll" tabindex="0" role="region" aria-label="What the tables map">
        <table>
          <thead>
            <tr><th>First IPA</th><th>Size</th><th>Level</th><th>Attributes</th></tr>
          </thead>
          <tbody>
            ${ranges.map((range) => this.#row(range))}
          </tbody>
        </table>
      </div>
      <p class="small muted">As they were read: edits are not listed.</p>
    `;
  }

  #row({ start, end, level, columns }: MappedRange) {
    return html`<tr>
      <td><button class="plain" @click=${() => this.#pick(start)}>${hexText(start)}</button></td>
      <td class="n">${formatSize(end - start)}</td>
      <td><span class="level ${levelClass(level)}">${level}</span></td>
      <td class="mono columns">${columns}</td>
    </tr>`;
  }

  #pick(address: bigint): void {
    this.dispatchEvent(
      new CustomEvent<AddressEvent>('stage2-address', { detail: { address }, bubbles: true, composed: true }),
    );
  }
}

customElements.define('stage2-mappings', MappingsElement);
