import { css, html, LitElement, nothing } from 'lit';
import { traceEvents } from '../../report/trace-event.js';
import { NOT_MODELLED } from '../../scenario/not-modelled.js';
import { STATE, stateName } from '../choices.js';
import { type CoresState, coresThere, waitsForCores } from '../cores/types.js';
import { download, jsonText } from '../elements/download.js';
import { messageOf } from '../elements/events.js';
import { emitPatch } from '../elements/patch.js';
import type { CaptureSource } from '../replay/types.js';
import { shared } from '../style/shared.js';
import { lead } from '../terms/term.js';
import { Cancelled, WorkerClient } from '../worker/client.js';
import type { Progress } from '../worker/protocol.js';
import { cellsCsv, comparisonJson } from './export.js';
import { additionText, percentText, quantilesText } from './figures.js';
import { ComparePool } from './pool.js';
import type { CompareState } from './state.js';
import type { CompareAnswer, CompareQuery } from './types.js';
import '../charts/intervals.js';
import '../cores/profile.js';
import '../elements/progress.js';
import './cell.js';
import './idmap.js';
import './settings.js';

/** Compare: variants against their base on modelled cores, and ways of mapping an internal VM. */
export class CompareElement extends LitElement {
  static override properties = {
    state: { attribute: false },
    start: { attribute: false },
    data: { attribute: false },
    cores: { attribute: false },
    capture: { attribute: false },
    missing: {},
    cells: { state: true },
    progress: { state: true },
    error: { state: true },
    ran: { state: true },
  };
  declare state: CompareState;
  declare start: () => Worker;
  declare data: Blob;
  declare cores: CoresState;
  declare capture: CaptureSource;
  declare missing: string;
  /** Those that are done, in the order asked for. */
  declare cells: readonly CompareAnswer[];
  declare progress: Progress | undefined;
  declare error: string;
  /** What the cells are of. */
  declare ran: string;
  #begun = false;
  #pool: ComparePool | undefined;
  #tracer: WorkerClient | undefined;
  #mapper: WorkerClient | undefined;

  static override styles = [
    shared,
    css`
      /* Many figures in a row: they break at their spaces rather than be cut. */
      @media (min-width: 800px) {
        .figures :is(td.n, thead th) {
          white-space: normal;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.missing = '';
    this.cells = [];
    this.error = '';
    this.ran = '';
  }

  override updated(): void {
    const isKnown = this.cores.known !== undefined || this.cores.error !== '';
    if (!this.#begun && isKnown && !waitsForCores(this.cores, this.state.cores)) void this.#run();
  }

  /** Names everything the cells depend on. */
  #key(): string {
    const { config, variants, cores, kernel, states, placements, samples, faults, contention, seed } =
      this.state;
    const parts = [
      this.capture.key,
      this.cores.profile?.key,
      config,
      variants,
      cores,
      kernel,
      states.map(STATE.format),
      placements,
      samples,
    ];
    return [...parts, faults, contention, seed].join(' ');
  }

  async #run(): Promise<void> {
    this.#begun = true;
    const key = this.#key();
    const { variants, cores, config, kernel, states, placements, samples, faults, contention, seed } =
      this.state;
    const common = { config, kernel, states, placements, samples, faults, contention, seed };
    const files = { data: this.data, profile: this.cores.profile, capture: this.capture };
    const queries = variants.flatMap((variant) =>
      coresThere(this.cores, cores).map((core): CompareQuery => ({ ...files, variant, core, ...common })),
    );
    this.#pool ??= new ComparePool(this.start);
    const found: (CompareAnswer | undefined)[] = [];
    this.progress = { what: 'starting', part: 0 };
    this.error = '';
    try {
      await this.#pool.run(
        queries,
        (index, answer) => {
          found[index] = answer;
          this.cells = found.filter((cell) => cell !== undefined);
          this.ran = key;
        },
        (progress) => {
          this.progress = progress;
        },
      );
    } catch (error) {
      this.error =
        error instanceof Cancelled ? 'Cancelled: what is shown is what was done by then.' : messageOf(error);
      this.#pool.cancel();
    } finally {
      this.progress = undefined;
    }
  }

  protected override render() {
    const { cells, state } = this;
    const { cores = state.cores, kernels = [state.kernel] } = this.cores.known ?? {};
    const unknown = state.cores.filter((core) => !coresThere(this.cores, state.cores).includes(core));
    const stale = cells.length > 0 && this.ran !== this.#key();
    return html`
      <section class="panel" aria-labelledby="compared">
        <h2 id="compared">Variants and cores, over ${this.capture.trace.name}</h2>
        ${lead`What does a ${'variant'} of the patch add to a fault? Base and variant handle the same faults, at the same ${'placement'} and under the same ${'price'} list, in each ${'state'}.`}
        ${this.missing === '' ? nothing : html`<div class="error" role="alert">${this.missing}</div>`}
        <stage2-compare-settings .state=${state} .cores=${cores} .kernels=${kernels}></stage2-compare-settings>
        <stage2-profile .cores=${this.cores}></stage2-profile>
        ${unknown.length === 0 ? nothing : html`<div class="error" role="alert">No such core: ${unknown.join(', ')}. The others are compared.</div>`}
        <div class="row">
          <button class="main" ?disabled=${this.progress !== undefined} @click=${() => this.#run()}>Compare</button>
          ${stale && this.progress === undefined ? html`<span class="small" role="status">The settings have changed since.</span>` : nothing}
          <button ?disabled=${cells.length === 0} @click=${this.#saveJson}>JSON</button>
          <button ?disabled=${cells.length === 0} @click=${() => download('compare.csv', cellsCsv(this.cells), 'text/csv')}>CSV</button>
          <button ?disabled=${cells.length === 0} @click=${this.#saveTrace}>Trace events of a fault</button>
        </div>
        <stage2-progress .progress=${this.progress} @stage2-cancel=${() => this.#pool?.cancel()}></stage2-progress>
        ${this.error === '' ? nothing : html`<div class="error" role="alert">${this.error}</div>`}
      </section>
      ${cells.length === 0 ? nothing : this.#results(cells)}
      <section class="panel" aria-labelledby="idmap">
        <h2 id="idmap">Mapping an internal VM one to one</h2>
        ${lead`How long does it take to map an ${'internal VM'}, by its size and by the ${'idmap policy'}?`}
        ${this.#idmap()}
      </section>
      <section class="panel">
        <details>
          <summary>Not modelled</summary>
          <ul class="small">
            ${NOT_MODELLED.map((line) => html`<li>${line}</li>`)}
          </ul>
        </details>
      </section>
    `;
  }

  #idmap() {
    this.#mapper ??= new WorkerClient(this.start);
    return html`<stage2-idmap .state=${this.state} .client=${this.#mapper} .data=${this.data} .loaded=${this.cores}></stage2-idmap>`;
  }

  #shown(): CompareAnswer | undefined {
    return this.cells.find((cell) => nameOf(cell) === this.state.shown) ?? this.cells[0];
  }

  #results(cells: readonly CompareAnswer[]) {
    const shown = this.#shown();
    const states = cells[0]?.compared.states.map(({ state }) => stateName(state)) ?? [];
    const rows = cells.map((cell) => {
      const [first] = cell.compared.states;
      return {
        name: nameOf(cell),
        added: first?.all.added,
        floor: first?.all.layoutNoise,
        picked: cell === shown,
      };
    });
    return html`
      <section class="panel" aria-labelledby="added">
        <h2 id="added">Added to a fault, ${states[0]}</h2>
        ${lead`How large is it, and can it be told from nothing? What lies within the ${'A/A floor'} cannot.`}
        <stage2-intervals .rows=${rows} .state=${states[0] ?? ''}></stage2-intervals>
        <div class="scroll" tabindex="0" role="region" aria-label="Cycles added">
          <table class="figures">
            <caption>Modelled cycles: median [p5 - p95]; an addition: mean ± its uncertainty, median [p5 - p95]</caption>
            <thead>
              <tr>
                <th>Variant, core</th>
                <th class="n">Whole fault</th>
                <th class="n">A/A floor</th>
                ${states.map((state) => html`<th class="n">Added, ${state}</th>`)}
                <th class="n">Of the fault, ${states[0]}</th>
              </tr>
            </thead>
            <tbody>
              ${cells.map((cell) => this.#row(cell, cell === shown))}
            </tbody>
          </table>
        </div>
      </section>
      ${
        shown === undefined
          ? nothing
          : html`<section class="panel" aria-labelledby="cell">
              <h2 id="cell">${shown.variant} on ${shown.compared.core}</h2>
              ${lead`One cell in full: counts, distribution, ${'break-even'}, and which ${'price'} decides.`}
              <stage2-cell .answer=${shown} .rate=${this.state.rate} .cost=${this.state.cost}></stage2-cell>
            </section>`
      }
    `;
  }

  #row(cell: CompareAnswer, picked: boolean) {
    const { states } = cell.compared;
    const [first] = states;
    if (first === undefined) return nothing;
    return html`<tr>
      <th scope="row">
        <button class="plain" aria-pressed=${picked} @click=${() => emitPatch<CompareState>(this, { shown: nameOf(cell) })}>
          ${nameOf(cell)}
        </button>
        ${cell.profile === undefined ? nothing : html`<span class="small muted">of ${cell.profile}</span>`}
      </th>
      <td class="n">${quantilesText(first.all.base)}</td>
      <td class="n">${quantilesText(first.all.layoutNoise)}</td>
      ${states.map(({ all }) => html`<td class="n">${additionText(all)}</td>`)}
      <td class="n">${percentText(first.all.percent)}</td>
    </tr>`;
  }

  readonly #saveJson = (): void => {
    download('compare.json', comparisonJson(this.state, this.capture.trace.name, this.cells, location.href));
  };

  /** The first fault of the trace under the variant that is shown, as stage2 compare --trace-event 1 gives it. */
  readonly #saveTrace = async (): Promise<void> => {
    const shown = this.#shown();
    const [state] = this.state.states;
    if (shown === undefined || state === undefined) return;
    this.#tracer ??= new WorkerClient(this.start);
    const { config, kernel, seed } = this.state;
    const { variant, compared } = shown;
    const query = {
      data: this.data,
      profile: this.cores.profile,
      capture: this.capture,
      config,
      variant,
      core: compared.core,
      kernel,
      state,
      seed,
    };
    try {
      const fault = await this.#tracer.call('fault', { ...query, fault: 1 }, (progress) => {
        this.progress = progress;
      });
      download(`${variant}-${compared.core}-fault-1.trace.json`, jsonText(traceEvents(fault)));
    } catch (error) {
      this.error = messageOf(error);
    } finally {
      this.progress = undefined;
    }
  };
}

function nameOf({ variant, compared }: CompareAnswer): string {
  return `${variant} ${compared.core}`;
}

customElements.define('stage2-compare', CompareElement);
