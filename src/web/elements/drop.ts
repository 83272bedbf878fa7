import { css, html, LitElement, nothing } from 'lit';
import { shared } from '../style/shared.js';

/** Files that were dropped or chosen. */
export interface FilesEvent {
  files: readonly File[];
}

/** A place to drop files on, with a button that chooses them: a `stage2-files` event. Errors stand beside it. */
export class DropElement extends LitElement {
  static override shadowRootOptions = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override properties = {
    label: {},
    hint: {},
    error: {},
    multiple: { type: Boolean },
    over: { state: true },
  };
  /** What the button says. */
  declare label: string;
  declare hint: string;
  declare error: string;
  declare multiple: boolean;
  declare over: boolean;

  static override styles = [
    shared,
    css`
      .zone {
        border: 1px dashed var(--line, GrayText);
        border-radius: 4px;
        padding: 6px 8px;
        display: flex;
        flex-wrap: wrap;
        gap: 4px 10px;
        align-items: center;
      }
      .over {
        border-color: var(--accent, #0b5cad);
        background: var(--mark, #fff3c4);
      }
    `,
  ];

  constructor() {
    super();
    this.label = 'Open a file';
    this.hint = '';
    this.error = '';
    this.multiple = false;
    this.over = false;
  }

  protected override render() {
    return html`
      <div
        class="zone ${this.over ? 'over' : ''}"
        @dragover=${this.#drag}
        @dragleave=${() => {
          this.over = false;
        }}
        @drop=${this.#drop}
      >
        <button @click=${() => this.renderRoot.querySelector('input')?.click()}>${this.label}</button>
        <span class="small muted">${this.hint}</span>
        <input type="file" hidden ?multiple=${this.multiple} @change=${this.#choose} />
      </div>
      ${this.error === '' ? nothing : html`<div class="error" role="alert">${this.error}</div>`}
    `;
  }

  #drag(event: DragEvent): void {
    event.preventDefault();
    this.over = true;
  }

  #drop(event: DragEvent): void {
    event.preventDefault();
    this.over = false;
    event.stopPropagation();
    this.take([...(event.dataTransfer?.files ?? [])]);
  }

  #choose(event: Event): void {
    const input = event.currentTarget as HTMLInputElement;
    this.take([...(input.files ?? [])]);
    input.value = '';
  }

  /** As if these files were dropped here. */
  take(files: readonly File[]): void {
    if (files.length === 0) return;
    this.dispatchEvent(
      new CustomEvent<FilesEvent>('stage2-files', { detail: { files }, bubbles: true, composed: true }),
    );
  }
}

customElements.define('stage2-drop', DropElement);
