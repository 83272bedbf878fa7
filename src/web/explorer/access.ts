import { css, html, LitElement, nothing } from 'lit';
import { ACCESS_KINDS } from '../../arm/access.js';
import { addressRanges } from '../../report/address-ranges.js';
import type { ValueEvent } from '../elements/api.js';
import { chosen } from '../elements/events.js';
import { emitPatch } from '../elements/patch.js';
import { shared } from '../style/shared.js';
import type { WalkAnswer } from '../worker/protocol.js';
import { EXAMPLE_ACCESSES, EXAMPLE_REGISTERS, type ExampleAccess } from './example.js';
import type { ExplorerState } from './state.js';
import '../elements/bits.js';
import '../elements/number.js';

/** The access that is walked: an address with its bits by level, what is done, and from where. */
export class AccessElement extends LitElement {
  static override properties = { state: { attribute: false }, walk: { attribute: false } };
  declare state: ExplorerState;
  /** The last walk, for what the registers decode to. */
  declare walk: WalkAnswer | undefined;

  static override styles = [
    shared,
    css`
      #address {
        width: 220px;
      }
      .examples {
        display: flex;
        flex-wrap: wrap;
        gap: 0 4px;
        align-items: center;
      }
    `,
  ];

  protected override render() {
    const { mode, address, access, el, tables } = this.state;
    const { walk } = this;
    const ranges = walk === undefined ? [] : addressRanges(walk.regime, leafLevel(walk));
    const ipa = walk === undefined || mode === 'ipa' ? address : ipaOf(walk);
    const hasIpa = mode === 'ipa' || walk === undefined || reachedStage2(walk);
    return html`
      <div class="row">
        <label>
          Through
          <select @change=${(event: Event) => this.#set({ mode: chosen(event) as ExplorerState['mode'] })}>
            <option value="ipa" .selected=${mode === 'ipa'}>stage 2: an IPA</option>
            <option value="va" .selected=${mode === 'va'}>both stages: a VA</option>
          </select>
        </label>
        <stage2-number
          id="address"
          .label=${mode === 'va' ? 'VA' : 'IPA'}
          .value=${address}
          @stage2-value=${(event: CustomEvent<ValueEvent>) => this.#set({ address: event.detail.value })}
        ></stage2-number>
        <label>
          Access
          <select @change=${(event: Event) => this.#set({ access: chosen(event) as ExplorerState['access'] })}>
            ${ACCESS_KINDS.filter((kind) => mode === 'ipa' || !kind.startsWith('table')).map(
              (kind) => html`<option .selected=${kind === access}>${kind}</option>`,
            )}
          </select>
        </label>
        <label>
          From
          <select @change=${(event: Event) => this.#set({ el: chosen(event) as '0' | '1' })}>
            <option value="1" .selected=${el === '1'}>EL1</option>
            <option value="0" .selected=${el === '0'}>EL0</option>
          </select>
        </label>
      </div>
      ${mode === 'va' ? html`<p class="small muted">${hasIpa ? 'The IPA that stage 2 was given last' : 'Stage 2 was given no IPA'}</p>` : nothing}
      ${hasIpa ? html`<stage2-bits .value=${ipa} .ranges=${ranges} label="IPA"></stage2-bits>` : nothing}
      ${tables === 'example' ? this.#examples() : nothing}
    `;
  }

  #examples() {
    return html`<div class="examples" role="group" aria-label="Examples">
      <span class="small muted">Try:</span>
      ${EXAMPLE_ACCESSES.map(
        (example) =>
          html`<button class="plain small" @click=${() => this.#try(example)}>${example.text}</button>`,
      )}
    </div>`;
  }

  #try({ mode, address, access }: ExampleAccess): void {
    const { sctlrEl1 } = EXAMPLE_REGISTERS;
    this.#set({ mode, address, access, el: '1', ...(mode === 'va' ? { sctlrEl1 } : {}) });
  }

  #set(patch: Partial<ExplorerState>): void {
    emitPatch<ExplorerState>(this, patch);
  }
}

/** A fault of stage 1 before its first table leaves nothing to stage 2. */
function reachedStage2({ result }: WalkAnswer): boolean {
  return result.ok || result.fault.stage === 2 || result.steps.some(({ stage }) => stage === 2);
}

/** What stage 2 was given last. */
function ipaOf({ result }: WalkAnswer): bigint {
  return result.ok ? result.ipa : result.fault.ipa;
}

/** The level the bits of an address are shown down to: that of the last entry read. */
function leafLevel({ result, regime }: WalkAnswer): number {
  return result.steps.filter(({ stage }) => stage === 2).at(-1)?.level ?? regime.startLevel;
}

customElements.define('stage2-access', AccessElement);
