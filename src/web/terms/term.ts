import { css, html, LitElement } from 'lit';
import { shared } from '../style/shared.js';
import { type TermName, termOf } from './list.js';

/** A word with what it means behind it: a button that opens a popover, which Escape or a click elsewhere closes. */
export class TermElement extends LitElement {
  static override properties = { name: {}, text: {} };
  declare name: TermName;
  /** What stands in the line, if it is not the name. */
  declare text: string;

  static override styles = [
    shared,
    css`
      :host {
        display: inline;
      }
      button {
        all: unset;
        cursor: help;
        text-decoration: underline dotted var(--accent, #0b5cad);
        text-underline-offset: 2px;
      }
      button:focus-visible {
        outline: 2px solid var(--accent, #0b5cad);
        outline-offset: 1px;
      }
      [popover] {
        max-width: min(440px, calc(100vw - 32px));
        font-size: 13px;
        line-height: 1.4;
        text-align: left;
        white-space: normal;
        color: var(--text, CanvasText);
        background: var(--panel, Canvas);
        border: 1px solid var(--accent, #0b5cad);
        border-radius: 4px;
        padding: 10px 12px;
      }
    `,
  ];

  constructor() {
    super();
    this.text = '';
  }

  protected override render() {
    const { name, text, where } = termOf(this.name);
    return html`<button popovertarget="about" aria-label="${this.text || name}: what it means">${this.text || name}</button><div id="about" popover role="note">
        <dfn>${name}</dfn>: ${text}
        <p class="small muted">${where}</p>
      </div>`;
  }
}

customElements.define('stage2-term', TermElement);

/** A term in a line of text. */
export function term(name: TermName, text = '') {
  return html`<stage2-term .name=${name} .text=${text}></stage2-term>`;
}

/** The line under a heading that says what the view answers. */
export function lead(strings: TemplateStringsArray, ...names: readonly TermName[]) {
  return html`<p class="lead small muted">
    ${strings.map((text, i) => {
      const name = names[i];
      return name === undefined ? text : html`${text}${term(name)}`;
    })}
  </p>`;
}
