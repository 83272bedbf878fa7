import { html, LitElement, svg } from 'lit';
import type { Distribution } from '../../scenario/comparison/distribution.js';
import type { Quantiles } from '../compare/types.js';
import { shared } from '../style/shared.js';
import { linearScale, type Scale, xAxis, yAxis } from './axis.js';
import { saveButtons } from './export.js';
import { chartStyle } from './style.js';

const WIDTH = 860;
const LEFT = 60;
const RIGHT = WIDTH - 20;
const TOP = 10;
const BOTTOM = 230;

/** A distribution as the share of pairs at or below each value, with its interval, beside the A/A floor. */
export class CurveElement extends LitElement {
  static override properties = {
    added: { attribute: false },
    floor: { attribute: false },
    summary: { attribute: false },
  };
  declare added: Quantiles;
  declare floor: Quantiles;
  declare summary: Distribution;

  static override styles = [shared, chartStyle];

  protected override render() {
    const { added, floor, summary } = this;
    const ends = [...added, ...floor, 0];
    const x = linearScale(Math.min(...ends), Math.max(...ends), LEFT, RIGHT);
    const y = linearScale(0, 100, BOTTOM, TOP);
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Distribution">
        <svg viewBox="0 0 ${WIDTH} ${BOTTOM + 38}" role="img" aria-label="Distribution of the cycles added and of the A/A floor">
          ${svg`<rect class="box" x=${x.at(summary.p5)} y=${TOP} width=${x.at(summary.p95) - x.at(summary.p5)} height=${BOTTOM - TOP}></rect>`}
          ${yAxis(y, { x: LEFT, right: RIGHT }, (tick) => `${tick} %`)}
          ${xAxis(x, { y: BOTTOM, top: TOP, label: 'modelled cycles added to a fault' })}
          ${svg`
            <path class="floorline" d=${pathOf(floor, x, y)}></path>
            <path class="range" d=${pathOf(added, x, y)}></path>
            <line class="range" x1=${x.at(summary.mean)} x2=${x.at(summary.mean)} y1=${BOTTOM - 10} y2=${BOTTOM}></line>`}
        </svg>
      </div>
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
