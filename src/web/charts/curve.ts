import { html, LitElement, svg } from 'lit';
import type { Distribution } from '../../scenario/comparison/distribution.js';
import type { Quantiles } from '../compare/types.js';
import { shared } from '../style/shared.js';
import { linearScale, type Scale, xAxis, yAxis } from './axis.js';
import { saveButtons } from './export.js';
import { ChartWidth, titled } from './frame.js';
import { chartStyle } from './style.js';

const LEFT = 48;
const MARGIN = 20;
const HEIGHT = 220;
/** Room for the title of the vertical axis. */
const AXIS = 18;

/** A distribution as the share of pairs at or below each value, with its interval, beside the A/A floor. */
export class CurveElement extends LitElement {
  static override properties = {
    added: { attribute: false },
    floor: { attribute: false },
    summary: { attribute: false },
    of: {},
  };
  declare added: Quantiles;
  declare floor: Quantiles;
  declare summary: Distribution;
  /** Variant, core and state, for the title. */
  declare of: string;
  readonly #frame = new ChartWidth(this);

  static override styles = [shared, chartStyle];

  protected override render() {
    const { added, floor, summary } = this;
    const ends = [...added, ...floor, 0];
    const { width } = this.#frame;
    const { title, top: above } = titled(`Distribution of the cycles added: ${this.of}`, width);
    const top = above + AXIS;
    const bottom = top + HEIGHT;
    const right = width - MARGIN;
    const x = linearScale(Math.min(...ends), Math.max(...ends), LEFT, right);
    const y = linearScale(0, 100, bottom, top);
    return html`
        <svg viewBox="0 0 ${width} ${bottom + 38}" role="img" aria-label="Distribution of the cycles added and of the A/A floor">
          ${title}
          ${svg`<text class="tick" x="4" y=${top - 8}>share of the pairs at or below, %</text>
            <rect class="box" x=${x.at(summary.p5)} y=${top} width=${x.at(summary.p95) - x.at(summary.p5)} height=${HEIGHT}></rect>`}
          ${yAxis(y, { x: LEFT, right }, (tick) => `${tick} %`)}
          ${xAxis(x, { y: bottom, top, label: 'modelled cycles added to a fault' })}
          ${svg`
            <path class="floorline" d=${pathOf(floor, x, y)}></path>
            <path class="range" d=${pathOf(added, x, y)}></path>
            <line class="range" x1=${x.at(summary.mean)} x2=${x.at(summary.mean)} y1=${bottom - 10} y2=${bottom}></line>`}
        </svg>
      <p class="small muted">
        Share of the pairs at or below a value. Solid: what is added; shaded: its 5 % to 95 %; tick at the bottom: its mean.
        Dashed: the base against itself at another place (A/A).
      </p>
      ${saveButtons(() => this.renderRoot, 'distribution')}
    `;
  }
}

function pathOf(quantiles: Quantiles, x: Scale, y: Scale): string {
  const points = quantiles.map((value, percent) => `${x.at(value).toFixed(1)},${y.at(percent).toFixed(1)}`);
  return `M${points.join('L')}`;
}

customElements.define('stage2-curve', CurveElement);
