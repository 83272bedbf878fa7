import { html, LitElement, nothing, svg } from 'lit';
import type { Distribution } from '../../scenario/comparison/distribution.js';
import { shared } from '../style/shared.js';
import { linearScale, type Scale, xAxis } from './axis.js';
import { saveButtons } from './export.js';
import { ChartWidth, titled } from './frame.js';
import { chartStyle } from './style.js';

/** What a variant adds on a core, and the floor under it. */
export interface IntervalRow {
  name: string;
  added: Distribution;
  /** The base against itself at another place. */
  floor: Distribution;
  picked: boolean;
}

const LABELS = 240;
const MARGIN = 20;
const BAND = 26;
/** Height of a label that stands above its row. */
const LABEL = 16;

/** Additions side by side: mean, median, 5 % to 95 %, over the same of the base against itself. */
export class IntervalsElement extends LitElement {
  static override properties = { rows: { attribute: false }, state: {} };
  declare rows: readonly IntervalRow[];
  /** What the faults find, in words. */
  declare state: string;
  readonly #frame = new ChartWidth(this);

  static override styles = [shared, chartStyle];

  protected override render() {
    const { rows } = this;
    if (rows.length === 0) return nothing;
    const { width, narrow } = this.#frame;
    const { title, top } = titled(`Cycles added to a fault, ${this.state}`, width);
    const ends = rows.flatMap(({ added, floor }) => [added.p5, added.p95, floor.p5, floor.p95, 0]);
    const left = narrow ? MARGIN : LABELS;
    const scale = linearScale(Math.min(...ends), Math.max(...ends), left, width - MARGIN);
    const height = BAND + (narrow ? LABEL : 0);
    const bottom = top + rows.length * height;
    return html`
      <svg viewBox="0 0 ${width} ${bottom + 38}" role="img" aria-label="Cycles added to a fault; the table below has the figures">
        ${title} ${xAxis(scale, { y: bottom, top, label: 'modelled cycles added to a fault' })}
        ${rows.map((row, i) => {
          const y = top + i * height;
          return svg`${labelOf(row, narrow ? { x: 4, y: y + 13 } : { x: left - 10, y: y + 17 }, narrow)}
            ${intervalRow(row, narrow ? y + LABEL : y, scale)}`;
        })}
      </svg>
      <p class="small muted">
        Line: 5 % to 95 % of all pairs of placement and price sample, tick: median, dot: mean. Grey band: the base against
        itself at another place (A/A), 5 % to 95 %.
      </p>
      ${saveButtons(() => this.renderRoot, 'added-cycles')}
    `;
  }
}

function labelOf({ name, picked }: IntervalRow, { x, y }: { x: number; y: number }, narrow: boolean) {
  return svg`<text class=${picked ? 'picked' : ''} text-anchor=${narrow ? 'start' : 'end'} x=${x} y=${y}>${name}</text>`;
}

function intervalRow({ added, floor }: IntervalRow, y: number, { at }: Scale) {
  const middle = y + BAND / 2;
  return svg`
    <rect class="floor" x=${at(floor.p5)} y=${y + 4} width=${at(floor.p95) - at(floor.p5)} height=${BAND - 8}></rect>
    <line class="range" x1=${at(added.p5)} x2=${at(added.p95)} y1=${middle} y2=${middle}></line>
    <line class="range" x1=${at(added.median)} x2=${at(added.median)} y1=${middle - 6} y2=${middle + 6}></line>
    <circle class="mean" cx=${at(added.mean)} cy=${middle} r="4"></circle>`;
}

customElements.define('stage2-intervals', IntervalsElement);
