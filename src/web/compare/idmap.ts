import { css, html, LitElement, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { idmapCsv } from '../../report/idmap-csv.js';
import { bytes, figure, interval, milliseconds, whole } from '../../report/text.js';
import type { IdmapMap } from '../../scenario/idmap-comparison.js';
import { IDMAP_POLICIES, type IdmapPolicy } from '../../scenario/idmap-policy.js';
import { mapMs } from '../charts/idmap.js';
import { type CoresState, coresThere, waitsForCores } from '../cores/types.js';
import { download, jsonText } from '../elements/download.js';
import { CANCELLED, chosen, messageOf } from '../elements/events.js';
import { emitPatch } from '../elements/patch.js';
import { shared } from '../style/shared.js';
import { Cancelled, type WorkerClient } from '../worker/client.js';
import type { Progress } from '../worker/protocol.js';
import { COMPARE, type CompareState } from './state.js';
import type { IdmapAnswer } from './types.js';
import '../elements/progress.js';

const GRANULES = { '4': 12, '16': 14, '64': 16 } as const;

/** Mapping an internal VM one to one: the policies over the size of the VM. */
export class IdmapElement extends LitElement {
  static override properties = {
    state: { attribute: false },
    client: { attribute: false },
    data: { attribute: false },
    loaded: { attribute: false },
    answer: { state: true },
    progress: { state: true },
    error: { state: true },
    sizeError: { state: true },
  };
  declare state: CompareState;
  declare client: WorkerClient;
  declare data: Blob;
  declare loaded: CoresState;
  declare answer: IdmapAnswer | undefined;
  declare progress: Progress | undefined;
  declare error: string;
  declare sizeError: string;
  #asked = '';

  static override styles = [
    shared,
    css`
      fieldset {
        border: 0;
        padding: 0;
        margin: 0;
        display: flex;
        flex-wrap: wrap;
        gap: 2px 10px;
      }
      legend {
        font-size: 12px;
        color: var(--muted);
        padding: 0;
      }
    `,
  ];

  constructor() {
    super();
    this.error = '';
    this.sizeError = '';
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('state') || changed.has('loaded')) void this.#run();
  }

  async #run(): Promise<void> {
    const { mebibytes, policies, granule, cores, kernel } = this.state;
    if (this.loaded.known === undefined && this.loaded.error === '') return;
    if (waitsForCores(this.loaded, cores)) return;
    const { profile } = this.loaded;
    const asked = [mebibytes, policies, granule, cores, kernel, profile?.key].join(' ');
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.client.cancel();
    this.progress = { what: 'starting', part: undefined };
    const query = {
      data: this.data,
      profile,
      sizes: mebibytes.map((size) => BigInt(size) << 20n),
      granuleShift: GRANULES[granule],
      policies,
      cores: coresThere(this.loaded, cores),
      kernel,
    };
    try {
      const answer = await this.client.call('idmap', query, (progress) => {
        if (asked === this.#asked) this.progress = progress;
      });
      if (asked !== this.#asked) return;
      this.answer = answer;
      this.error = '';
    } catch (error) {
      if (asked !== this.#asked) return;
      this.error = error instanceof Cancelled ? CANCELLED : messageOf(error);
    } finally {
      if (asked === this.#asked) this.progress = undefined;
    }
  }

  #again(): void {
    this.#asked = '';
    this.error = '';
    void this.#run();
  }

  protected override render() {
    const { answer, state } = this;
    const core = coresThere(this.loaded, state.cores)[0] ?? '';
    return html`
      ${this.#settings()}
      <stage2-progress .progress=${this.progress} @stage2-cancel=${() => this.client.cancel()}></stage2-progress>
      ${this.error === '' ? nothing : html`<div class="error" role="alert">${this.error}</div>`}
      ${this.error === CANCELLED ? html`<button @click=${this.#again}>Start again</button>` : nothing}
      ${
        answer === undefined
          ? nothing
          : html`
        <stage2-idmap-chart .maps=${answer.maps} .core=${core} ?clean=${state.clean}></stage2-idmap-chart>
        ${this.#table(answer)}
      `
      }
    `;
  }

  #settings() {
    const { mebibytes, policies, granule } = this.state;
    return html`<div class="row">
      <label>
        Sizes in MiB
        <input
          .value=${mebibytes.join(', ')}
          aria-invalid=${this.sizeError === '' ? 'false' : 'true'}
          aria-describedby="sizes"
          @change=${this.#sizes}
        />
      </label>
      <label>
        Pages
        <select @change=${(event: Event) => this.#set({ granule: chosen(event) as CompareState['granule'] })}>
          ${Object.keys(GRANULES).map((size) => html`<option value=${size} .selected=${size === granule}>${size}K</option>`)}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          .checked=${live(this.state.clean)}
          @change=${() => this.#set({ clean: !this.state.clean })}
        />
        With cache cleaning
      </label>
      <fieldset>
        <legend>Policies</legend>
        ${IDMAP_POLICIES.map(
          (policy) => html`<label class="check small">
            <input type="checkbox" .checked=${live(policies.includes(policy))} @change=${() => this.#toggle(policy)} /> ${policy}
          </label>`,
        )}
      </fieldset>
    </div>
    ${this.sizeError === '' ? nothing : html`<div class="error" id="sizes" role="alert">${this.sizeError}</div>`}`;
  }

  #sizes(event: Event): void {
    try {
      const mebibytes = COMPARE.mebibytes.codec.parse(chosen(event).replaceAll(/\s/g, ''), 'Sizes in MiB');
      this.sizeError = '';
      this.#set({ mebibytes });
    } catch (error) {
      this.sizeError = messageOf(error);
    }
  }

  #toggle(policy: IdmapPolicy): void {
    const { policies } = this.state;
    const next = IDMAP_POLICIES.filter((each) =>
      each === policy ? !policies.includes(each) : policies.includes(each),
    );
    if (next.length > 0) this.#set({ policies: next });
    else this.requestUpdate();
  }

  #set(patch: Partial<CompareState>): void {
    emitPatch<CompareState>(this, patch);
  }

  #table({ maps, notCounted }: IdmapAnswer) {
    const cores = maps[0]?.cores.map(({ core, clockGhz }) => ({ core, clockGhz })) ?? [];
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Maps of internal VMs">
        <table>
          <caption>Counts are exact; milliseconds are modelled, default [all prices low - all high]</caption>
          <thead>
            <tr>
              <th>Size</th>
              <th>Policy</th>
              <th class="n">Pages</th>
              <th class="n">Tables</th>
              <th class="n">Leaked</th>
              <th class="n">Insn a page</th>
              <th class="n">Lines cleaned</th>
              ${cores.map(({ core, clockGhz }) => html`<th class="n">ms, ${core} at ${clockGhz} GHz</th>`)}
            </tr>
          </thead>
          <tbody>
            ${maps.map((map) => mapRow(map, this.state.clean))}
          </tbody>
        </table>
      </div>
      <div class="row">
        <button @click=${() => download('idmap.json', jsonText(maps))}>JSON of the maps</button>
        <button @click=${() => download('idmap.csv', idmapCsv(maps), 'text/csv')}>CSV of the maps</button>
      </div>
      <details>
        <summary>Not counted</summary>
        <ul class="small">
          ${notCounted.map((line) => html`<li>${line}</li>`)}
        </ul>
      </details>
    `;
  }
}

function mapRow({ counts, insn, cores }: IdmapMap, clean: boolean) {
  const { v, lo, hi } = insn.loopBody;
  const each = { v: insn.mapping + v, lo: insn.mapping + lo, hi: insn.mapping + hi };
  return html`<tr>
    <th scope="row">${bytes(counts.bytes)}</th>
    <td>${counts.policy}</td>
    <td class="n">${whole(counts.pages)}</td>
    <td class="n">${whole(counts.tablePages)}</td>
    <td class="n">${whole(counts.leaked)}</td>
    <td class="n">${interval(each)} <span class="muted">flush ${figure(insn.flush)}</span></td>
    <td class="n">${whole(counts.flushedLines)}</td>
    ${cores.map((cost) => html`<td class="n">${milliseconds(clean ? cost.ms : mapMs(cost))}</td>`)}
  </tr>`;
}

customElements.define('stage2-idmap', IdmapElement);
