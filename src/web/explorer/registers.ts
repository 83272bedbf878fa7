import { css, html, LitElement, nothing } from 'lit';
import { CPU_PRESETS, type CpuFeatures } from '../../arm/cpu.js';
import type { FieldTable } from '../../arm/fields.js';
import { HCR_EL2 } from '../../arm/hcr.js';
import { formatMair, SCTLR_EL1, SCTLR_EL2, TCR_EL1 } from '../../arm/stage1-registers.js';
import { VTCR_EL2 } from '../../arm/vtcr.js';
import { VTTBR_EL2 } from '../../arm/vttbr.js';
import type { ValueEvent } from '../elements/api.js';
import { chosen } from '../elements/events.js';
import { emitPatch } from '../elements/patch.js';
import { shared } from '../style/shared.js';
import type { WalkAnswer } from '../worker/protocol.js';
import { cpuText, FEATURES, featuresOf, PA_SIZES } from './features.js';
import type { ExplorerState } from './state.js';
import '../elements/fields.js';
import './open-choices.js';

type RegisterName =
  | 'vtcr'
  | 'vttbr'
  | 'hcr'
  | 'sctlrEl2'
  | 'sctlrEl1'
  | 'tcrEl1'
  | 'ttbr0El1'
  | 'ttbr1El1'
  | 'mairEl1';

const OTHER = 'other';

/** The CPU and its registers. */
export class RegistersElement extends LitElement {
  static override properties = { state: { attribute: false }, walk: { attribute: false }, error: {} };
  declare state: ExplorerState;
  /** The last walk, for what other settings would make of it. */
  declare walk: WalkAnswer | undefined;
  /** What is wrong with them. */
  declare error: string;

  static override styles = [
    shared,
    css`
      stage2-open-choices {
        margin-bottom: 8px;
      }
      .features {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(150px, 1fr));
        gap: 2px 8px;
        margin: 4px 0;
      }
      stage2-number {
        width: 100%;
        max-width: 260px;
      }
      .row {
        margin-bottom: 6px;
      }
    `,
  ];

  constructor() {
    super();
    this.error = '';
  }

  protected override render() {
    const { vtcr, vttbr, hcr } = this.state;
    return html`
      ${this.#cpu()}
      ${this.#fields('vtcr', VTCR_EL2, vtcr)} ${this.#fields('vttbr', VTTBR_EL2, vttbr)}
      ${this.#fields('hcr', HCR_EL2, hcr)}
      ${this.error === '' ? nothing : html`<div class="error" role="alert">${this.error}</div>`}
      <details>
        <summary>Stage 1 and byte order</summary>
        ${this.#stage1()}
      </details>
    `;
  }

  #stage1() {
    const { sctlrEl1, sctlrEl2, tcrEl1, ttbr0El1, ttbr1El1, mairEl1 } = this.state;
    return html`
      ${this.#fields('sctlrEl1', SCTLR_EL1, sctlrEl1)} ${this.#fields('tcrEl1', TCR_EL1, tcrEl1)}
      ${this.#number('ttbr0El1', 'TTBR0_EL1', ttbr0El1)} ${this.#number('ttbr1El1', 'TTBR1_EL1', ttbr1El1)}
      ${this.#number('mairEl1', 'MAIR_EL1', mairEl1)}
      <p class="small muted">${formatMair(mairEl1)}</p>
      ${this.#fields('sctlrEl2', SCTLR_EL2, sctlrEl2)}
    `;
  }

  #cpu() {
    const { cpu } = this.state;
    const features = featuresOf(cpu, 'cpu');
    const isPreset = Object.hasOwn(CPU_PRESETS, cpu);
    return html`
      <div class="row">
        <label>
          CPU
          <select @change=${this.#preset}>
            ${Object.keys(CPU_PRESETS).map((name) => html`<option .selected=${name === cpu}>${name}</option>`)}
            ${isPreset ? nothing : html`<option value=${OTHER} selected>features below</option>`}
          </select>
        </label>
        <label>
          PA bits
          <select @change=${(event: Event) => this.#change({ ...withPa(features, Number(chosen(event))) })}>
            ${PA_SIZES.map((bits) => html`<option .selected=${bits === features.paMax}>${bits}</option>`)}
          </select>
        </label>
      </div>
      <details>
        <summary>Features</summary>
        <div class="features">${FEATURES.map(({ word, text, has }) => this.#feature(word, text, has(features)))}</div>
      </details>
      <stage2-open-choices .choices=${this.state.choices} .walk=${this.walk}></stage2-open-choices>
    `;
  }

  #feature(word: string, text: string, on: boolean) {
    return html`<label class="check small">
      <input type="checkbox" .checked=${on} @change=${() => this.#toggle(word, on)} /> ${text}
    </label>`;
  }

  #toggle(word: string, on: boolean): void {
    const features = featuresOf(this.state.cpu, 'cpu');
    const words = FEATURES.filter((feature) => (feature.word === word ? !on : feature.has(features)));
    const text = [`pa${features.paMax}`, ...words.map((feature) => feature.word)].join(' ');
    this.#change(featuresOf(text, 'cpu'));
  }

  #change(features: CpuFeatures): void {
    emitPatch<ExplorerState>(this, { cpu: cpuText(features) });
  }

  #preset(event: Event): void {
    const cpu = chosen(event);
    if (cpu !== OTHER) emitPatch<ExplorerState>(this, { cpu });
  }

  #fields(name: RegisterName, table: FieldTable, value: bigint) {
    return html`<stage2-fields chips .table=${table} .value=${value} @stage2-value=${this.#set(name)}></stage2-fields>`;
  }

  #number(name: RegisterName, label: string, value: bigint) {
    return html`<stage2-number .label=${label} .value=${value} @stage2-value=${this.#set(name)}></stage2-number>`;
  }

  #set(name: RegisterName) {
    return (event: CustomEvent<ValueEvent>): void => {
      event.stopPropagation();
      emitPatch<ExplorerState>(this, { [name]: event.detail.value });
    };
  }
}

const LPA_BITS = 52;

function withPa(features: CpuFeatures, paMax: number): CpuFeatures {
  const lpa = paMax >= LPA_BITS;
  return { ...features, paMax, lpa, lpa2: lpa ? features.lpa2 : [] };
}

customElements.define('stage2-registers', RegistersElement);
