import { css, html, LitElement, nothing } from 'lit';
import { type Choices, DEFAULT_CHOICES } from '../../arm/choices.js';
import { chosen } from '../elements/events.js';
import { emitPatch } from '../elements/patch.js';
import { shared } from '../style/shared.js';
import type { WalkAnswer } from '../worker/protocol.js';
import { CHOICE_NAMES, CHOICES, type ChoiceName, choiceAbout, choiceValues, withChoice } from './choices.js';
import { outcomeText } from './outcome.js';
import type { ExplorerState } from './state.js';

/** Settings of what the architecture leaves open, with what another value does to the walk that is shown. */
export class OpenChoicesElement extends LitElement {
  static override properties = { choices: { attribute: false }, walk: { attribute: false } };
  declare choices: Choices;
  /** The last walk. */
  declare walk: WalkAnswer | undefined;

  static override styles = [
    shared,
    css`
      label {
        display: flex;
        margin-top: 6px;
      }
      .effect {
        margin: 2px 0 0;
        padding: 1px 6px;
        background: var(--mark);
        border-radius: 3px;
        overflow-wrap: anywhere;
      }
    `,
  ];

  protected override render() {
    const changed = CHOICES.format(this.choices).split(',').filter(Boolean).length;
    const deciding = new Set(this.walk?.effects.map(({ name }) => name)).size;
    return html`<details>
      <summary>${summaryText(changed, deciding)}</summary>
      <p class="small muted">
        CONSTRAINED UNPREDICTABLE or IMPLEMENTATION DEFINED: a CPU may do either, for both stages. The first of each is
        what Arm’s machine-readable specification does.
        ${deciding === 0 ? 'None of them matters to this walk.' : ''}
      </p>
      ${CHOICE_NAMES.map((name) => this.#setting(name))}
      ${
        changed === 0
          ? nothing
          : html`<button class="plain" @click=${() => emitPatch<ExplorerState>(this, { choices: DEFAULT_CHOICES })}>
              Back to the defaults
            </button>`
      }
    </details>`;
  }

  #setting(name: ChoiceName) {
    const values = choiceValues(name);
    const effects = this.walk?.effects.filter((effect) => effect.name === name) ?? [];
    return html`<label>
        ${choiceAbout(name)}
        <select @change=${(event: Event) => this.#choose(name, chosen(event))}>
          ${values.map(
            ({ value, text }) =>
              html`<option value=${value} .selected=${value === this.choices[name]}>${text}</option>`,
          )}
        </select>
      </label>
      ${effects.map(({ value, result }) => {
        const text = values.find((each) => each.value === value)?.text;
        return html`<p class="small effect">This walk, if “${text}”: ${outcomeText(result)}</p>`;
      })}`;
  }

  #choose(name: ChoiceName, word: string): void {
    emitPatch<ExplorerState>(this, { choices: withChoice(this.choices, name, word) });
  }
}

/** How many settings are not at their defaults, and how many this walk depends on. */
function summaryText(changed: number, deciding: number): string {
  const counts = [
    ...(changed === 0 ? [] : [`${changed} changed`]),
    ...(deciding === 0 ? [] : [`${deciding} ${deciding === 1 ? 'decides' : 'decide'} this walk`]),
  ];
  return ['Left open by the architecture', ...(counts.length === 0 ? [] : [counts.join(', ')])].join(': ');
}

customElements.define('stage2-open-choices', OpenChoicesElement);
