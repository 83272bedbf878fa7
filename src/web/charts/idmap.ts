import { html, LitElement, nothing, svg } from 'lit';
import { bytes } from '../../report/text.js';
import type { IdmapMap } from '../../scenario/idmap-comparison.js';
import type { IdmapCost } from '../../scenario/idmap-price.js';
import { shared } from '../style/shared.js';
import { logScale, type Scale, tickText, yAxis } from './axis.js';
import { saveButtons } from './export.js';
import { ChartWidth, titled } from './frame.js';
import { chartStyle } from './style.js';

const LEFT = 72;
const LEGEND = 160;
const MARGIN = 12;
const HEIGHT = 240;
/** Room for the title of the vertical axis. */
const AXIS = 18;
const LABEL = 18;

/** How long mapping an internal VM takes on one core, by policy over size: default prices, with the range of each. */
export class IdmapChartElement extends LitElement {
  static override properties = { maps: { attribute: false }, core: {}, clean: { type: Boolean } };
  declare maps: readonly IdmapMap[];
  declare core: string;
  /** With what cleaning the caches takes. */
  declare clean: boolean;
  readonly #frame = new ChartWidth(this);

  static override styles = [shared, chartStyle];

  protected override render() {
    const lines = linesOf(this.maps, this.core, this.clean);
    const points = lines.flatMap((line) => line.points);
    if (points.length === 0) return nothing;
    const sizes = [...new Set(points.map(({ size }) => size))].sort((a, b) => (a < b ? -1 : 1));
    const { width, narrow } = this.#frame;
    const cleaning = this.clean ? 'cache cleaning included' : 'without cache cleaning';
    const { title, top: above } = titled(`Time to map an internal VM on ${this.core}, ${cleaning}`, width);
    const top = above + AXIS;
    const bottom = top + HEIGHT;
    const right = width - (narrow ? MARGIN : LEGEND);
    const y = logScale(
      Math.min(...points.map(({ ms }) => ms.lo)),
      Math.max(...points.map(({ ms }) => ms.hi)),
      bottom,
      top,
    );
    const place = (size: bigint): number =>
      LEFT + 30 + sizes.indexOf(size) * ((right - LEFT - 60) / Math.max(1, sizes.length - 1));
    const legend = narrow ? { x: LEFT, y: bottom + 52 } : { x: right + 12, y: top + LABEL };
    const end = narrow ? legend.y + lines.length * LABEL : bottom + 38;
    return html`
      <svg viewBox="0 0 ${width} ${end}" role="img" aria-label="Time to map an internal VM by policy and size; the table below has the figures">
        ${title}
        ${svg`<text class="tick" x="4" y=${top - 8}>modelled milliseconds, log scale</text>`}
        ${yAxis(y, { x: LEFT, right }, (tick) => `${tickText(tick)} ms`)}
        ${sizes.map((size) => svg`<text class="tick" text-anchor="middle" x=${place(size)} y=${bottom + 16}>${bytes(size)}</text>`)}
        ${svg`<text class="tick" text-anchor="middle" x=${(LEFT + right) / 2} y=${bottom + 32}>memory of the VM</text>`}
        ${lines.map((line, i) => lineOf(line, i, place, y))}
        ${lines.map((line, i) => legendOf(line, i, { x: legend.x, y: legend.y + i * LABEL }))}
      </svg>
      <p class="small muted">Modelled milliseconds on ${this.core} at its clock${this.clean ? ', cache cleaning included' : ', without cache cleaning'}; whiskers: all prices low to all high.</p>
      ${saveButtons(() => this.renderRoot, 'idmap')}
    `;
  }
}

interface Line {
  policy: string;
  points: { size: bigint; ms: { v: number; lo: number; hi: number } }[];
}

function linesOf(maps: readonly IdmapMap[], core: string, clean: boolean): Line[] {
  const lines = new Map<string, Line>();
  for (const { counts, cores } of maps) {
    const cost = cores.find((each) => each.core === core);
    if (cost === undefined) continue;
    const line = lines.get(counts.policy) ?? { policy: counts.policy, points: [] };
    lines.set(counts.policy, line);
    line.points.push({ size: counts.bytes, ms: clean ? cost.ms : mapMs(cost) });
  }
  return [...lines.values()];
}

/** Milliseconds of the map itself: what is cleaned after it is left out. */
export function mapMs({ mapping, loopBody, clockGhz }: Pick<IdmapCost, 'mapping' | 'loopBody' | 'clockGhz'>) {
  const ms = (end: 'v' | 'lo' | 'hi'): number => (mapping[end] + loopBody[end]) / (clockGhz * 1e6);
  return { v: ms('v'), lo: ms('lo'), hi: ms('hi') };
}

/** Policies stand side by side, or one would hide the other. */
const APART = 5;

function lineOf({ points }: Line, index: number, place: (size: bigint) => number, { at }: Scale) {
  const colour = `stroke: var(--c${index + 1}); fill: none; stroke-width: 2`;
  const x = (size: bigint): number => place(size) + (index - 2) * APART;
  const path = `M${points.map(({ size, ms }) => `${x(size)},${at(ms.v)}`).join('L')}`;
  return svg`
    <path .style=${colour} d=${path}></path>
    ${points.map(
      ({ size, ms }) => svg`
        <line .style=${colour} x1=${x(size)} x2=${x(size)} y1=${at(ms.lo)} y2=${at(ms.hi)}></line>
        <circle .style=${`fill: var(--c${index + 1})`} cx=${x(size)} cy=${at(ms.v)} r="3.5"></circle>`,
    )}`;
}

function legendOf({ policy }: Line, index: number, { x, y }: { x: number; y: number }) {
  return svg`
    <rect .style=${`fill: var(--c${index + 1})`} x=${x} y=${y - 9} width="10" height="10"></rect>
    <text x=${x + 16} y=${y}>${policy}</text>`;
}

customElements.define('stage2-idmap-chart', IdmapChartElement);
