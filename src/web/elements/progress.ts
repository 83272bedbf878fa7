import { css, html, LitElement, nothing } from 'lit';
import { shared } from '../style/shared.js';
import type { Progress } from '../worker/protocol.js';

/** How far a task is, with a button that ends it: a `stage2-cancel` event. Nothing is shown without a task. */
export class ProgressElement extends LitElement {
  static override properties = { progress: { attribute: false } };
  declare progress: Progress | undefined;

  static override styles = [
    shared,
    css`
      div {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 10px;
        align-items: center;
        margin: 6px 0;
      }
      progress {
        width: 180px;
        accent-color: var(--accent, #0b5cad);
      }
    `,
  ];

  protected override render() {
    const { progress } = this;
    if (progress === undefined) return nothing;
    const { what, part } = progress;
    return html`<div>
      <progress aria-label=${what} .value=${part ?? 0} ?indeterminate=${part === undefined}></progress>
      <span class="small">${what}${part === undefined ? '' : `, ${Math.floor(100 * part)} %`}</span>
      <button @click=${() => this.dispatchEvent(new CustomEvent('stage2-cancel', { bubbles: true, composed: true }))}>
        Cancel
      </button>
    </div>`;
  }
}

customElements.define('stage2-progress', ProgressElement);
