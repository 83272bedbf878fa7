import { html, LitElement, nothing, svg } from 'lit';
import type { Distribution } from '../../scenario/comparison/distribution.js';
import { shared } from '../style/shared.js';
import { linearScale, type Scale, xAxis } from './axis.js';
import { saveButtons } from './export.js';
import { chartStyle } from './style.js';

/** What a variant adds on a core, and the floor under it. */
export interface IntervalRow {
  name: string;
  added: Distribution;
  /** The base against itself at another place. */
  floor: Distribution;
  picked: boolean;
}

const WIDTH = 860;
const LEFT = 240;
const RIGHT = WIDTH - 20;
const ROW = 26;
const TOP = 8;

/** Additions side by side: mean, median, 5 % to 95 %, over the same of the base against itself. */
export class IntervalsElement extends LitElement {
  static override properties = { rows: { attribute: false } };
  declare rows: readonly IntervalRow[];

  static override styles = [shared, chartStyle];

  protected override render() {
    const { rows } = this;
    if (rows.length === 0) return nothing;
    const ends = rows.flatMap(({ added, floor }) => [added.p5, added.p95, floor.p5, floor.p95, 0]);
    const scale = linearScale(Math.min(...ends), Math.max(...ends), LEFT, RIGHT);
    const bottom = TOP + rows.length * ROW;
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Cycles added, by variant and core">
        <svg viewBox="0 0 ${WIDTH} ${bottom + 38}" role="img" aria-label="Cycles added to a fault; the table below has the figures">
          ${xAxis(scale, { y: bottom, top: TOP, label: 'modelled cycles added to a fault' })}
          ${rows.map((row, i) => intervalRow(row, TOP + i * ROW, scale))}
        </svg>
      </div>
      <p class="small muted">
        Line: 5 % to 95 % of all pairs of placement and price sample, tick: median, dot: mean. Grey band: the base against
        itself at another place (A/A), 5 % to 95 %.
      </p>
      ${saveButtons(() => this.renderRoot, 'added-cycles')}
    `;
  }
}

function intervalRow({ name, added, floor, picked }: IntervalRow, y: number, { at }: Scale) {
  const middle = y + ROW / 2;
  return svg`
    <rect class="floor" x=${at(floor.p5)} y=${y + 4} width=${at(floor.p95) - at(floor.p5)} height=${ROW - 8}></rect>
    <text class=${picked ? 'picked' : ''} text-anchor="end" x=${LEFT - 10} y=${middle + 4}>${name}</text>
    <line class="range" x1=${at(added.p5)} x2=${at(added.p95)} y1=${middle} y2=${middle}></line>
    <line class="range" x1=${at(added.median)} x2=${at(added.median)} y1=${middle - 6} y2=${middle + 6}></line>
    <circle class="mean" cx=${at(added.mean)} cy=${middle} r="4"></circle>`;
}

customElements.define('stage2-intervals', IntervalsElement);
