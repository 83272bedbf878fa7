import { css, html, LitElement, nothing } from 'lit';
import { shared } from '../style/shared.js';
import type { Term } from './entry.js';
import { TERM_GROUPS } from './list.js';

/** A button that opens all terms as a dialog, with a box to search them. */
export class TermsElement extends LitElement {
  static override properties = { sought: { state: true }, opened: { state: true } };
  declare sought: string;
  declare opened: boolean;

  static override styles = [
    shared,
    css`
      dialog {
        width: min(720px, calc(100vw - 24px));
        max-height: min(760px, calc(100vh - 24px));
        color: var(--text, CanvasText);
        background: var(--panel, Canvas);
        border: 1px solid var(--line, GrayText);
        border-radius: 6px;
        padding: 12px 16px;
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 45%);
      }
      .row {
        justify-content: space-between;
        position: sticky;
        top: -12px;
        background: var(--panel, Canvas);
        padding: 4px 0;
      }
      dl {
        margin: 0;
        font-size: 13px;
      }
      dt {
        font-weight: 600;
        margin-top: 8px;
      }
      dd {
        margin: 0 0 0 16px;
      }
    `,
  ];

  constructor() {
    super();
    this.sought = '';
    this.opened = false;
  }

  protected override render() {
    return html`<button aria-haspopup="dialog" @click=${this.#open}>Terms</button>
      <dialog aria-labelledby="terms" @close=${this.#closed}>${this.opened ? this.#content() : nothing}</dialog>`;
  }

  #content() {
    const sought = this.sought.toLowerCase();
    const matches = ({ name, text }: Term): boolean => `${name} ${text}`.toLowerCase().includes(sought);
    const groups = TERM_GROUPS.map(({ title, terms }) => ({ title, terms: terms.filter(matches) }));
    return html`
      <h2 id="terms">Terms</h2>
      <div class="row">
        <label>Search <input autofocus @input=${this.#search} /></label>
        <button @click=${this.#close}>Close</button>
      </div>
      ${groups.every(({ terms }) => terms.length === 0) ? html`<p role="status">No term has that.</p>` : nothing}
      ${groups.map(({ title, terms }) => (terms.length === 0 ? nothing : groupOf(title, terms)))}
    `;
  }

  readonly #open = async (): Promise<void> => {
    this.opened = true;
    await this.updateComplete;
    this.#dialog()?.showModal();
  };

  readonly #close = (): void => this.#dialog()?.close();

  readonly #closed = (): void => {
    this.opened = false;
    this.sought = '';
  };

  readonly #search = (event: Event): void => {
    this.sought = (event.currentTarget as HTMLInputElement).value;
  };

  #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog');
  }
}

function groupOf(title: string, terms: readonly Term[]) {
  return html`<h3>${title}</h3>
    <dl>
      ${terms.map(
        ({ name, text, where }) => html`<dt><dfn>${name}</dfn></dt>
          <dd>${text} <span class="muted">${where}</span></dd>`,
      )}
    </dl>`;
}

customElements.define('stage2-terms', TermsElement);
