import { css, html, LitElement } from 'lit';
import { live } from 'lit/directives/live.js';
import { CONFIGS, STATE, STATES, stateWords, VARIANTS } from '../choices.js';
import { chosen, messageOf } from '../elements/events.js';
import { emitPatch } from '../elements/patch.js';
import { shared } from '../style/shared.js';
import { COMPARE, type CompareState } from './state.js';

type NumberKey = 'placements' | 'samples' | 'faults' | 'contention' | 'seed';

const NUMBERS: readonly (readonly [NumberKey, string])[] = [
  ['placements', 'Placements'],
  ['samples', 'Price samples'],
  ['faults', 'Faults followed'],
  ['contention', 'Contention, 0 to 1'],
  ['seed', 'Seed'],
];

/** What is compared: variants, cores, states, and how many pairs. */
export class CompareSettingsElement extends LitElement {
  static override properties = {
    state: { attribute: false },
    cores: { attribute: false },
    kernels: { attribute: false },
    errors: { state: true },
  };
  declare state: CompareState;
  /** All cores and kernels there are. */
  declare cores: readonly string[];
  declare kernels: readonly string[];
  declare errors: Partial<Record<NumberKey, string>>;

  static override styles = [
    shared,
    css`
      fieldset {
        border: 0;
        padding: 0;
        margin: 0 0 6px;
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
      }
      legend {
        font-size: 12px;
        color: var(--muted);
        padding: 0;
      }
      .row {
        margin-bottom: 8px;
      }
      .number {
        width: 110px;
      }
    `,
  ];

  constructor() {
    super();
    this.errors = {};
  }

  protected override render() {
    const { state } = this;
    const states = [...new Set([...STATES, ...state.states].map(STATE.format))];
    return html`
      ${this.#boxes('Variants', 'variants', VARIANTS)} ${this.#boxes('Cores', 'cores', this.cores)}
      <fieldset>
        <legend>A fault finds the core</legend>
        ${states.map((text) => {
          const on = state.states.some((each) => STATE.format(each) === text);
          return this.#box(stateWords(STATE.parse(text, 'state')), on, () => this.#toggleState(text, states));
        })}
      </fieldset>
      <div class="row">
        ${this.#select('Kernel', 'kernel', this.kernels)} ${this.#select('Compiled as', 'config', CONFIGS)}
        ${NUMBERS.map(([key, label]) => this.#number(key, label))}
      </div>
      ${Object.values(this.errors).map((error) => html`<div class="error" role="alert">${error}</div>`)}
    `;
  }

  #boxes(legend: string, key: 'variants' | 'cores', choices: readonly string[]) {
    const chosenNow: readonly string[] = this.state[key];
    const all = [...new Set([...choices, ...chosenNow])];
    return html`<fieldset>
      <legend>${legend}</legend>
      ${all.map((name) =>
        this.#box(name, chosenNow.includes(name), () => {
          const next = all.filter((each) =>
            each === name ? !chosenNow.includes(each) : chosenNow.includes(each),
          );
          this.#setSome({ [key]: next }, next);
        }),
      )}
    </fieldset>`;
  }

  #box(text: string, on: boolean, toggle: () => void) {
    return html`<label class="check small"><input type="checkbox" .checked=${live(on)} @change=${toggle} /> ${text}</label>`;
  }

  #toggleState(text: string, all: readonly string[]): void {
    const now = this.state.states.map(STATE.format);
    const next = all.filter((each) => (each === text ? !now.includes(each) : now.includes(each)));
    this.#setSome({ states: next.map((each) => STATE.parse(each, 'state')) }, next);
  }

  /** The last box of a row stays on. */
  #setSome(patch: Partial<CompareState>, next: readonly unknown[]): void {
    if (next.length > 0) emitPatch<CompareState>(this, patch);
    else this.requestUpdate();
  }

  #select(label: string, key: 'kernel' | 'config', choices: readonly string[]) {
    const value = this.state[key];
    const all = [...new Set([...choices, value])];
    return html`<label>
      ${label}
      <select @change=${(event: Event) => emitPatch<CompareState>(this, { [key]: chosen(event) })}>
        ${all.map((choice) => html`<option .selected=${choice === value}>${choice}</option>`)}
      </select>
    </label>`;
  }

  #number(key: NumberKey, label: string) {
    return html`<label class="number">
      ${label}
      <input
        inputmode="decimal"
        .value=${String(this.state[key])}
        aria-invalid=${this.errors[key] === undefined ? 'false' : 'true'}
        @change=${(event: Event) => this.#enter(key, label, chosen(event))}
      />
    </label>`;
  }

  #enter(key: NumberKey, label: string, text: string): void {
    const { [key]: _, ...others } = this.errors;
    try {
      const value = COMPARE[key].codec.parse(text.trim(), label);
      this.errors = others;
      emitPatch<CompareState>(this, { [key]: value });
    } catch (error) {
      this.errors = { ...others, [key]: messageOf(error) };
    }
  }
}

customElements.define('stage2-compare-settings', CompareSettingsElement);
