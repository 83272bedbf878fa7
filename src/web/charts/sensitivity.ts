import { html, LitElement, svg } from 'lit';
import { figure } from '../../report/text.js';
import type { Input } from '../../scenario/comparison/sensitivity.js';
import { shared } from '../style/shared.js';
import { linearScale, type Scale, xAxis } from './axis.js';
import { saveButtons } from './export.js';
import { chartStyle } from './style.js';

const WIDTH = 860;
const LEFT = 360;
const RIGHT = WIDTH - 20;
const ROW = 34;
const TOP = 8;

/** What the addition is at the ends of each input it depends on most, all other inputs at their defaults. */
export class SensitivityElement extends LitElement {
  static override properties = { inputs: { attribute: false } };
  declare inputs: readonly Input[];

  static override styles = [shared, chartStyle];

  protected override render() {
    const { inputs } = this;
    if (inputs.length === 0) return html`<p>It depends on no input: nothing is added.</p>`;
    const ends = inputs.flatMap(({ addedLow, addedHigh }) => [addedLow, addedHigh, 0]);
    const scale = linearScale(Math.min(...ends), Math.max(...ends), LEFT, RIGHT);
    const bottom = TOP + inputs.length * ROW;
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="What the addition depends on most">
        <svg viewBox="0 0 ${WIDTH} ${bottom + 38}" role="img" aria-label=${describe(inputs)}>
          ${xAxis(scale, { y: bottom, top: TOP, label: 'modelled cycles added to a fault at the ends of the input' })}
          ${inputs.map((input, i) => inputRow(input, TOP + i * ROW, scale))}
        </svg>
      </div>
      ${saveButtons(() => this.renderRoot, 'sensitivity')}
    `;
  }
}

function describe(inputs: readonly Input[]): string {
  return inputs
    .map(({ name, addedLow, addedHigh }) => `${name}: ${figure(addedLow)} to ${figure(addedHigh)}`)
    .join('; ');
}

function inputRow({ name, range, addedLow, addedHigh }: Input, y: number, { at }: Scale) {
  return svg`
    <text text-anchor="end" x=${LEFT - 10} y=${y + 15}>${name}</text>
    <text class="tick" text-anchor="end" x=${LEFT - 10} y=${y + 29}>${range}</text>
    <rect class="mean" x=${at(addedLow)} y=${y + 8} width=${Math.max(at(addedHigh) - at(addedLow), 1)} height=${ROW - 16}></rect>`;
}

customElements.define('stage2-sensitivity', SensitivityElement);
