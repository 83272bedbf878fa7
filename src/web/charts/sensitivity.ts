import { html, LitElement, svg } from 'lit';
import { figure } from '../../report/text.js';
import type { Input } from '../../scenario/comparison/sensitivity.js';
import { shared } from '../style/shared.js';
import { linearScale, type Scale, xAxis } from './axis.js';
import { saveButtons } from './export.js';
import { ChartWidth, linesOfText, textHeight, textLines, titled } from './frame.js';
import { chartStyle } from './style.js';

const MARGIN = 20;
const BAR = 18;
const GAP = 12;

/** What the addition is at the ends of each input it depends on most, all other inputs at their defaults. */
export class SensitivityElement extends LitElement {
  static override properties = { inputs: { attribute: false }, of: {} };
  declare inputs: readonly Input[];
  /** Variant and core, for the title. */
  declare of: string;
  readonly #frame = new ChartWidth(this);

  static override styles = [shared, chartStyle];

  protected override render() {
    const { inputs } = this;
    if (inputs.length === 0) return html`<p>It depends on no input: nothing is added.</p>`;
    const ends = inputs.flatMap(({ addedLow, addedHigh }) => [addedLow, addedHigh, 0]);
    const { width } = this.#frame;
    const { title, top } = titled(`Cycles added at the ends of each input: ${this.of}`, width);
    const scale = linearScale(Math.min(...ends), Math.max(...ends), MARGIN, width - MARGIN);
    const rows = rowsOf(inputs, top, width);
    const bottom = rows.at(-1)?.end ?? top;
    return html`
      <svg viewBox="0 0 ${width} ${bottom + 38}" role="img" aria-label=${describe(inputs)}>
        ${title}
        ${xAxis(scale, { y: bottom, top, label: 'modelled cycles added to a fault' })}
        ${rows.map((row) => inputRow(row, scale))}
      </svg>
      ${saveButtons(() => this.renderRoot, 'sensitivity')}
    `;
  }
}

function describe(inputs: readonly Input[]): string {
  return inputs
    .map(({ name, addedLow, addedHigh }) => `${name}: ${figure(addedLow)} to ${figure(addedHigh)}`)
    .join('; ');
}

interface Row {
  input: Input;
  lines: string[];
  /** Where the label begins, and where the row ends. */
  from: number;
  end: number;
}

/** The label of a row, over its bar, takes as many lines as it needs. */
function rowsOf(inputs: readonly Input[], top: number, width: number): Row[] {
  let end = top;
  return inputs.map((input) => {
    const lines = linesOfText(`${input.name}: ${input.range}`, width - 8);
    const from = end;
    end += textHeight(lines) + BAR + GAP;
    return { input, lines, from, end };
  });
}

function inputRow({ input: { addedLow, addedHigh }, lines, from }: Row, { at }: Scale) {
  const y = from + textHeight(lines) + 4;
  const ends = [at(addedLow), at(addedHigh)];
  const width = Math.max(Math.max(...ends) - Math.min(...ends), 1);
  return svg`${textLines(lines, { x: 4, y: from + 13 })}
    <rect class="mean" x=${Math.min(...ends)} y=${y} width=${width} height=${BAR}></rect>`;
}

customElements.define('stage2-sensitivity', SensitivityElement);
