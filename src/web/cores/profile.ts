import { html, LitElement, nothing } from 'lit';
import type { FilesEvent } from '../elements/drop.js';
import { shared } from '../style/shared.js';
import type { NamedFile } from '../worker/protocol.js';
import type { CoresState, ProfileEvent } from './types.js';
import '../elements/drop.js';

/** A place to open core profiles of the user's own, with what is loaded: a `stage2-profile` event. */
export class ProfileElement extends LitElement {
  static override properties = { cores: { attribute: false } };
  declare cores: CoresState;

  static override styles = shared;

  protected override render() {
    const { known, profile, error, missing } = this.cores;
    return html`
      <stage2-drop
        label="Open core profiles"
        hint="of your own (stage2-profiles/1, JSON, plain or gzip): choose the file, or drop it here"
        .error=${error || missing}
        @stage2-files=${(event: CustomEvent<FilesEvent>) => {
          event.stopPropagation();
          const [file] = event.detail.files;
          if (file !== undefined) emitProfile(this, { name: file.name, bytes: file });
        }}
      ></stage2-drop>
      <p class="small" role="status">
        ${profile === undefined ? nothing : html`From ${profile.file.name}: ${known?.own.join(', ')}.`}
        ${
          profile === undefined && missing === ''
            ? nothing
            : html`<button class="plain" @click=${() => emitProfile(this, undefined)}>Only the bundled cores</button>`
        }
      </p>
    `;
  }
}

/** Asks the page to open core profiles, or to do without. */
export function emitProfile(from: HTMLElement, file: NamedFile | undefined): void {
  const detail: ProfileEvent = { file };
  from.dispatchEvent(new CustomEvent('stage2-profile', { detail, bubbles: true, composed: true }));
}

customElements.define('stage2-profile', ProfileElement);
