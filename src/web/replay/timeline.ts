import { css, html, LitElement, unsafeCSS } from 'lit';
import uPlot from 'uplot';
import uPlotStyle from 'uplot/dist/uPlot.min.css?inline';
import { whole } from '../../report/text.js';
import { shared } from '../style/shared.js';
import { type ShownGroup, shownGroups } from './colours.js';
import { drawPoints, membersOf } from './points.js';
import type { FaultColumns } from './types.js';

/** The fault that was chosen on the time line, from 1. */
export interface FaultEvent {
  fault: number;
}

const HEIGHT = 240;

/** Every fault of a trace: its modelled cycles over its number, coloured by class. Dragging zooms, a click chooses. */
export class TimelineElement extends LitElement {
  static override properties = {
    faults: { attribute: false },
    chosen: { type: Number },
    off: { state: true },
  };
  declare faults: FaultColumns;
  declare chosen: number;
  /** Groups that are not drawn, by their place. */
  declare off: ReadonlySet<number>;
  #plot: uPlot | undefined;
  #groups: { shown: ShownGroup[]; of: number[] } = { shown: [], of: [] };
  /** The faults of each group that is shown. */
  #members: Uint32Array[] = [];
  readonly #line = document.createElement('div');
  readonly #resize = new ResizeObserver(() => this.#fit());
  readonly #scheme = matchMedia('(prefers-color-scheme: dark)');
  readonly #recolour = (): void => this.#draw();

  static override styles = [
    unsafeCSS(uPlotStyle),
    shared,
    css`
      .plot {
        min-width: 0;
        overflow: hidden;
      }
      .legend {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
      }
      .dot {
        display: inline-block;
        width: 10px;
        height: 10px;
        border-radius: 5px;
      }
      .line {
        position: absolute;
        top: 0;
        bottom: 0;
        width: 1px;
        background: var(--text, CanvasText);
        pointer-events: none;
      }
      .u-select {
        background: var(--accent, #0b5cad);
        opacity: 0.15;
      }
    `,
  ];

  constructor() {
    super();
    this.chosen = 0;
    this.off = new Set();
    this.#line.className = 'line';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#scheme.addEventListener('change', this.#recolour);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#scheme.removeEventListener('change', this.#recolour);
    this.#resize.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('faults')) return;
    const { groups, group } = this.faults;
    this.#groups = shownGroups(groups, group);
    this.#members = membersOf(group, this.#groups.of, this.#groups.shown.length);
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('faults') || changed.has('off')) this.#draw();
    else if (changed.has('chosen')) this.#mark();
  }

  protected override render() {
    const n = this.faults.line.length;
    return html`
      <div class="legend" role="group" aria-label="Classes of faults on the time line">
        ${this.#groups.shown.map((group, i) => this.#key(group, i))}
      </div>
      <div class="plot" role="img" aria-label="Modelled cycles of ${whole(n)} faults by their number in the trace"></div>
      <p class="small muted">
        Modelled cycles at default prices; faults of a class on the same pixel are one point. Drag to zoom, double-click to
        see all, click to choose a fault; its range is below.
      </p>
    `;
  }

  #key({ name, faults, colour }: ShownGroup, index: number) {
    const on = !this.off.has(index);
    return html`<label class="check small">
      <input type="checkbox" .checked=${on} @change=${() => this.#toggle(index)} />
      <span class="dot" .style=${`background: var(${colour})`}></span> ${name} <span class="muted">${whole(faults)}</span>
    </label>`;
  }

  #toggle(index: number): void {
    const next = new Set(this.off);
    if (!next.delete(index)) next.add(index);
    this.off = next;
  }

  #draw(): void {
    const host = this.renderRoot.querySelector<HTMLElement>('.plot');
    if (host === null) return;
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(host), this.#data(), host);
    this.#resize.observe(host);
    this.#mark();
  }

  #fit(): void {
    const width = this.renderRoot.querySelector('.plot')?.clientWidth ?? 0;
    if (width > 0 && this.#plot !== undefined && this.#plot.width !== width) {
      this.#plot.setSize({ width, height: HEIGHT });
    }
  }

  /** Numbers of the faults and their cycles, those of groups that are not drawn without. */
  #data(): uPlot.AlignedData {
    const { group, cycles } = this.faults;
    const x = new Float64Array(group.length).map((_, i) => i + 1);
    if (this.off.size === 0) return [x, cycles.v];
    const isOff = this.#groups.of.map((place) => this.off.has(place));
    return [x, cycles.v.map((v, i) => (isOff[group[i] as number] ? Number.NaN : v))];
  }

  #options(host: HTMLElement): uPlot.Options {
    const style = getComputedStyle(this);
    const colour = (name: string): string => style.getPropertyValue(name).trim() || 'gray';
    const grid = { stroke: colour('--line'), width: 1 };
    const axis = { stroke: colour('--muted'), grid, ticks: grid, font: '11px sans-serif' };
    return {
      width: Math.max(host.clientWidth, 200),
      height: HEIGHT,
      legend: { show: false },
      cursor: { points: { show: false }, y: false, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { distr: 3 } },
      axes: [
        { ...axis, label: 'fault', labelSize: 18, size: 30, labelFont: '11px sans-serif' },
        {
          ...axis,
          label: 'cycles',
          labelSize: 18,
          size: 62,
          labelFont: '11px sans-serif',
          values: cyclesOfTicks,
        },
      ],
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: {
        ready: [(plot) => plot.over.addEventListener('click', (event) => this.#choose(plot, event))],
        drawAxes: [(plot) => this.#drawPoints(plot, colour)],
        draw: [() => this.#mark()],
      },
    };
  }

  #drawPoints(plot: uPlot, colour: (name: string) => string): void {
    this.#groups.shown.forEach((group, i) => {
      const members = this.#members[i];
      if (this.off.has(i) || members === undefined) return;
      drawPoints(plot, { faults: members, cycles: this.faults.cycles.v, colour: colour(group.colour) });
    });
  }

  /** Puts the line of the chosen fault over the drawing, which stays as it is. */
  #mark(): void {
    const plot = this.#plot;
    if (plot === undefined) return;
    const x = plot.valToPos(this.chosen, 'x');
    this.#line.hidden = !(x >= 0 && x <= plot.over.clientWidth);
    this.#line.style.left = `${x}px`;
    if (this.#line.parentElement !== plot.over) plot.over.append(this.#line);
  }

  /** The fault nearest to a click; the end of a drag is none. */
  #choose(plot: uPlot, event: MouseEvent): void {
    if (plot.select.width > 0) return;
    const { left } = plot.over.getBoundingClientRect();
    const at = Math.round(plot.posToVal(event.clientX - left, 'x'));
    const fault = Math.min(Math.max(at, 1), this.faults.line.length);
    const detail: FaultEvent = { fault };
    this.dispatchEvent(new CustomEvent('stage2-fault', { detail, bubbles: true, composed: true }));
  }
}

/** Powers of ten and their halves; a logarithmic axis has more ticks than room. */
function cyclesOfTicks(_: uPlot, ticks: (number | null)[]): string[] {
  return ticks.map((tick) => (tick === null || !isRound(tick) ? '' : whole(tick)));
}

function isRound(tick: number): boolean {
  const digit = tick / 10 ** Math.floor(Math.log10(tick) + 1e-9);
  return [1, 2, 5].some((round) => Math.abs(digit - round) < 1e-6);
}

customElements.define('stage2-timeline', TimelineElement);
