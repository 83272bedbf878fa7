import { css, html, LitElement, nothing } from 'lit';
import { breakEvenText } from '../../report/break-even.js';
import { figure, whole } from '../../report/text.js';
import type { ComparedCore } from '../../scenario/comparison/run.js';
import { chosen } from '../elements/events.js';
import { emitPatch } from '../elements/patch.js';
import { shared } from '../style/shared.js';
import type { CompareState } from './state.js';

const STEP = 0.05;

/** From where on an addition matters: sliders for how often faults come and what one costs. */
export class BreakEvenElement extends LitElement {
  static override properties = {
    compared: { attribute: false },
    rate: { type: Number },
    cost: { type: Number },
  };
  declare compared: ComparedCore;
  /** Powers of ten; a cost of 0 is what the base takes. */
  declare rate: number;
  declare cost: number;

  static override styles = [
    shared,
    css`
      .sliders {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr));
        gap: 8px 20px;
      }
      input {
        width: 100%;
      }
      output {
        display: block;
        margin-top: 6px;
      }
    `,
  ];

  protected override render() {
    const { breakEven, states } = this.compared;
    const all = states[0]?.all;
    if (all === undefined) return html``;
    const { added, base } = all;
    const rate = 10 ** this.rate;
    const own = this.cost === 0;
    const cost = own ? base.median : 10 ** this.cost;
    const ofCpu = (cycles: number): number => (100 * cycles * rate) / (breakEven.clockGhz * 1e9);
    const ofFault = (cycles: number): number => (100 * cycles) / cost;
    const range = (of: (cycles: number) => number): string =>
      `${percent(of(added.mean))} [${percent(of(added.p5))} - ${percent(of(added.p95))}]`;
    return html`
      <div class="sliders">
        <label>
          Faults a second: ${whole(rate)}
          <input
            type="range"
            min="0"
            max="8"
            step=${STEP}
            .value=${String(this.rate)}
            aria-valuetext="${whole(rate)} faults a second"
            @input=${(event: Event) => emitPatch<CompareState>(this, { rate: Number(chosen(event)) })}
          />
        </label>
        <label>
          Cycles of a fault: ${whole(cost)}${own ? ', the median of the base' : ''}
          <input
            type="range"
            min="2"
            max="8"
            step=${STEP}
            .value=${String(own ? Math.log10(cost) : this.cost)}
            aria-valuetext="${whole(cost)} cycles"
            @input=${(event: Event) => emitPatch<CompareState>(this, { cost: Number(chosen(event)) })}
          />
        </label>
      </div>
      <output aria-live="polite">
        It takes <strong>${range(ofCpu)}</strong> of one cpu at ${figure(breakEven.clockGhz)} GHz, and is
        <strong>${range(ofFault)}</strong> of such a fault: mean [5 % to 95 %].
        ${rate * cost > breakEven.clockGhz * 1e9 ? 'So many such faults a second do not fit into that cpu.' : nothing}
      </output>
      <p class="small">${breakEvenText(this.compared)}</p>
      ${own ? '' : html`<button class="plain small" @click=${() => emitPatch<CompareState>(this, { cost: 0 })}>Back to what the base takes</button>`}
    `;
  }
}

function percent(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 10 ? 1 : size >= 0.1 ? 2 : 4;
  return `${(Number(value.toFixed(digits)) || 0).toLocaleString('en-US', { maximumFractionDigits: digits })} %`;
}

customElements.define('stage2-break-even', BreakEvenElement);
