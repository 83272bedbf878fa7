import { css, html, LitElement, nothing, svg } from 'lit';
import { figure } from '../../report/text.js';
import { shared } from '../style/shared.js';
import type { PricedStep } from './types.js';

/** A function or a block over the steps it spans, in cycles from the start of the fault. */
interface Bar {
  name: string;
  depth: number;
  from: number;
  to: number;
}

const WIDTH = 1000;
const ROW = 18;
/** Narrower bars have no name in them. */
const CHARACTER = 6.6;
const LEAST = 0.4;

/** The steps of a fault as a time-ordered flame graph: the width is modelled cycles at default prices. */
export class IcicleElement extends LitElement {
  static override properties = { steps: { attribute: false } };
  declare steps: readonly PricedStep[];

  static override styles = [
    shared,
    css`
      svg {
        display: block;
        width: 100%;
        min-width: 560px;
        height: auto;
        font: 11px var(--mono, monospace);
      }
      rect {
        stroke: var(--panel, Canvas);
        stroke-width: 0.5;
      }
      text {
        fill: var(--text, CanvasText);
        pointer-events: none;
      }
      .d0 { fill: var(--off); }
      .d1 { fill: var(--l3); }
      .d2 { fill: var(--l2); }
      .d3 { fill: var(--l1); }
      .d4 { fill: var(--l0); }
    `,
  ];

  protected override render() {
    const bars = barsOf(this.steps);
    const total = bars.reduce((most, { to }) => Math.max(most, to), 0);
    if (total === 0) return nothing;
    const depth = bars.reduce((most, bar) => Math.max(most, bar.depth), 0);
    const height = (depth + 1) * ROW;
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Cycles by function over the fault">
      <svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Time-ordered flame graph; the table below has its figures">
        ${bars.map((bar) => barOf(bar, WIDTH / total))}
      </svg>
    </div>`;
  }
}

function barOf({ name, depth, from, to }: Bar, scale: number) {
  const width = (to - from) * scale;
  if (width < LEAST) return nothing;
  const room = Math.floor(width / CHARACTER) - 1;
  const text = room >= 3 ? (name.length > room ? `${name.slice(0, room - 1)}…` : name) : '';
  return svg`<g>
    <title>${name}: ${figure(to - from)} cycles</title>
    <rect class="d${depth % 5}" x=${from * scale} y=${depth * ROW} width=${width} height=${ROW - 1}></rect>
    <text x=${from * scale + 3} y=${depth * ROW + 13}>${text}</text>
  </g>`;
}

/** Functions that go on over several steps are one bar. */
function barsOf(steps: readonly PricedStep[]): Bar[] {
  const bars: Bar[] = [];
  let open: Bar[] = [];
  let now = 0;
  for (const { frames, block, cycles } of steps) {
    const names = block === '' ? frames : [...frames, block];
    let common = 0;
    while (common < open.length && open[common]?.name === names[common]) common++;
    // A block is a bar of its own each time it is run.
    if (block !== '') common = Math.min(common, frames.length);
    open = open.slice(0, common);
    for (const name of names.slice(common)) {
      const bar = { name, depth: open.length, from: now, to: now };
      bars.push(bar);
      open.push(bar);
    }
    now += cycles.v;
    for (const bar of open) bar.to = now;
  }
  return bars;
}

customElements.define('stage2-icicle', IcicleElement);
