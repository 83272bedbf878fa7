import { css, html, LitElement, nothing } from 'lit';
import { descriptorKind, entryPlace } from '../../arm/descriptor.js';
import { esrTable } from '../../arm/esr.js';
import { leafAttributes } from '../../arm/leaf.js';
import { whole } from '../../report/text.js';
import { attributesText } from '../../report/walk.js';
import { hexText } from '../codec.js';
import { bar, rangeText } from '../elements/figures.js';
import { levelClass, shared } from '../style/shared.js';
import type { FaultAnswer, PartCost, PricedStep, SiteOutcome, TableEntry, Touched } from './types.js';
import '../elements/fields.js';
import { lead, term } from '../terms/term.js';
import './icicle.js';

/** Tables of v4.13: 4K pages, no FEAT_XNX, no FWB. */
const GRANULE_SHIFT = 12;
const ATTRIBUTES = { fwb: false, xnx: false };

/** One fault through the handler: tables, branches, blocks, what it touched, and where its cycles went. */
export class FaultElement extends LitElement {
  static override properties = { answer: { attribute: false } };
  declare answer: FaultAnswer | undefined;

  static override styles = [
    shared,
    css`
      .bar {
        display: inline-block;
        width: 90px;
        height: 8px;
        background: var(--off);
        vertical-align: middle;
      }
      .bar span {
        display: block;
        height: 100%;
        background: var(--accent);
      }
      .changed {
        background: var(--mark);
      }
      .patch {
        background: var(--mark);
      }
      .tall {
        max-height: 380px;
        overflow: auto;
      }
      .cols {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr));
        gap: 0 20px;
      }
      .cols > div {
        min-width: 0;
      }
      .events tr > * {
        border-bottom: 0;
      }
      .events tr.source > td {
        border-bottom: 1px solid var(--line);
        padding-bottom: 4px;
      }
    `,
  ];

  protected override render() {
    const { answer } = this;
    if (answer === undefined) return nothing;
    const { fault, group, line, thread, ipa, far, esr, total, core, profile, build, ret } = answer;
    return html`
      <p role="status" aria-live="polite">
        <strong>Fault ${whole(fault)}: ${group}</strong>, line ${whole(line)}, thread <code>${thread}</code>, IPA
        <code>${hexText(ipa)}</code>, FAR <code>${hexText(far)}</code>, returns ${ret};
        <strong>${rangeText(total)}</strong> modelled cycles on ${core}${profile === undefined ? '' : ` of ${profile}`} (${build})
      </p>
      <stage2-fields fixed label="ESR_EL2" .table=${esrTable(esr)} .value=${esr}></stage2-fields>
      <div class="cols">
        <div>${this.#tables()}${this.#sites()}</div>
        <div>${this.#parts()}${this.#touched()}</div>
      </div>
      <h3>Blocks, in their order</h3>
      <stage2-icicle .steps=${answer.steps}></stage2-icicle>
      ${this.#steps()} ${this.#branches()}
    `;
  }

  #tables() {
    const { before = [], after = [] } = this.answer ?? {};
    const rows = Math.max(before.length, after.length);
    return html`<h3>Tables on the way to the IPA</h3>
      <div class="scroll" tabindex="0" role="region" aria-label="Tables before and after">
        <table>
          <thead>
            <tr><th>Level</th><th>Entry</th><th>Before</th><th>After</th></tr>
          </thead>
          <tbody>
            ${Array.from({ length: rows }, (_, i) => entryRow(before[i], after[i]))}
          </tbody>
        </table>
      </div>`;
  }

  #sites() {
    const sites = this.answer?.sites ?? [];
    const met = sites.some(isOfPatch);
    return html`<h3>Branch sites of the source</h3>
      ${lead`Each ${'branch site'} that the fault met, how often it went each way, and whether its ${'hint'} was right.`}
      <p class="small">
        ${met ? html`<span class="patch">Marked</span>: the test that the patch adds.` : 'This fault does not meet a test that the patch adds.'}
      </p>
      <div class="scroll" tabindex="0" role="region" aria-label="Branch sites">
        <table>
          <thead>
            <tr><th>Site</th><th>Condition</th><th class="n">False</th><th class="n">True</th><th>Hint</th></tr>
          </thead>
          <tbody>
            ${sites.map((site) => siteRow(site))}
          </tbody>
        </table>
      </div>`;
  }

  #parts() {
    const { parts = [], total } = this.answer ?? {};
    return html`<h3>Where the modelled cycles go</h3>
      <div class="scroll" tabindex="0" role="region" aria-label="Cycles by part">
        <table>
          <thead>
            <tr><th>Part</th><th class="n">Cycles: default [all low - all high]</th><th>Share</th></tr>
          </thead>
          <tbody>
            ${parts.map(
              ({ part, cycles }) => html`<tr>
                <th scope="row">${partText(part)}</th>
                <td class="n">${rangeText(cycles)}</td>
                <td>${bar(cycles.v / (total?.v ?? 1))}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
      <details>
        <summary>Events, with the sources of their prices</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="Events and prices">
          <table>
            <thead>
              <tr><th>Event</th><th class="n">Count</th><th class="n">Cycles</th><th>${term('Conf.')}</th></tr>
            </thead>
            <tbody class="events">
              ${parts.map(eventRows)}
            </tbody>
          </table>
        </div>
      </details>`;
  }

  #touched() {
    const touched = this.answer?.touched ?? [];
    const of = (kind: Touched['kind']) => touched.filter((row) => row.kind === kind);
    const sum = (rows: readonly Touched[]) => rows.reduce((n, { lines }) => n + lines, 0);
    return html`<h3>Lines touched</h3>
      <p class="small">${sum(of('data'))} lines of data, ${sum(of('code'))} of code, 64 bytes each, by their offsets.</p>
      <div class="scroll tall" tabindex="0" role="region" aria-label="Lines touched">
        <table>
          <thead>
            <tr><th>Structure or function</th><th class="n">Lines</th><th class="n">Loads</th><th class="n">Stores</th></tr>
          </thead>
          <tbody>
            ${[...of('data'), ...of('code')].map(
              ({ kind, name, lines, loads, stores }) => html`<tr>
                <th scope="row" class="mono">${name}</th>
                <td class="n">${lines}</td>
                <td class="n">${kind === 'code' ? 'code' : loads}</td>
                <td class="n">${kind === 'code' ? '' : stores}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>`;
  }

  #steps() {
    const steps = this.answer?.steps ?? [];
    const most = Math.max(...steps.map(({ cycles }) => cycles.v), 1);
    return html`<details>
      <summary>The same as a table: ${steps.length} steps</summary>
      <div class="scroll tall" tabindex="0" role="region" aria-label="Steps">
        <table>
          <thead>
            <tr><th>Function</th><th>Block</th><th>Site</th><th class="n">Cycles</th><th></th><th>Events</th></tr>
          </thead>
          <tbody>
            ${steps.map((step) => stepRow(step, most))}
          </tbody>
        </table>
      </div>
    </details>`;
  }

  #branches() {
    const branches = this.answer?.branches ?? [];
    return html`<details>
      <summary>Branches of the compiled code: ${branches.length}</summary>
      <div class="scroll tall" tabindex="0" role="region" aria-label="Branches of the compiled code">
        <table>
          <thead>
            <tr><th>Function</th><th>Block</th><th>Op</th><th>Site</th><th>Outcome</th></tr>
          </thead>
          <tbody>
            ${branches.map(
              (branch) => html`<tr>
                <th scope="row" class="mono">${branch.function}</th>
                <td class="mono">${branch.block}</td>
                <td class="mono">${branch.op}</td>
                <td class="mono">${branch.site}</td>
                <td>${branch.taken ? 'taken' : 'not taken'}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
  }
}

function entryRow(before: TableEntry | undefined, after: TableEntry | undefined) {
  const { level, pa } = (after ?? before) as TableEntry;
  const changed = before?.desc !== after?.desc;
  return html`<tr>
    <td><span class="level ${levelClass(level)}">${level}</span></td>
    <td class="mono">${hexText(pa)}</td>
    <td class="mono">${entryText(before)}</td>
    <td class="mono ${changed ? 'changed' : ''}">${entryText(after)}</td>
  </tr>`;
}

function entryText(entry: TableEntry | undefined) {
  if (entry === undefined) return html`<span class="muted">not there</span>`;
  const kind = descriptorKind(entry.desc, entryPlace({ granuleShift: GRANULE_SHIFT }, entry.level));
  const isLeaf = kind === 'page' || kind === 'block';
  return html`${hexText(entry.desc)} <span class="muted">${kind}</span>
    ${isLeaf ? html`<br /><span class="small">${attributesText(leafAttributes(entry.desc, ATTRIBUTES))}</span>` : nothing}`;
}

const isOfPatch = ({ hunk }: Pick<SiteOutcome, 'hunk'>): boolean => hunk === 'rfc';

function siteRow({ site, function: name, condition, hint, hunk, place, isFalse, isTrue }: SiteOutcome) {
  const wrong = hint === 'likely' ? isFalse > 0 : hint === 'unlikely' && isTrue > 0;
  const right = hint === 'none' ? '' : wrong ? 'wrong' : 'right';
  return html`<tr class=${isOfPatch({ hunk }) ? 'patch' : ''}>
    <th scope="row"><span class="mono">${site}</span><br /><span class="small muted">${place}</span></th>
    <td><span class="mono small">${name}</span><br />${condition}</td>
    <td class="n">${isFalse}</td>
    <td class="n">${isTrue}</td>
    <td class=${wrong ? 'bad' : ''}>${hint === 'none' ? html`<span class="muted">none</span>` : `${hint}: ${right}`}</td>
  </tr>`;
}

/** What the parts of a fault are. */
const PART_WORDS: Readonly<Record<string, string>> = {
  issue: 'of the instructions',
  fetch: 'code beyond the first cache',
  data: 'loads and stores beyond the first cache',
  walk: 'TLB misses and table walks',
  branch: 'taken and mispredicted branches',
  system: 'exceptions, barriers, system registers, maintenance',
  opaque: 'calls of functions not compiled here, estimated',
};

function partText(part: string) {
  const name = part === 'issue' || part === 'opaque' ? term(part) : part;
  return html`${name}<br /><span class="small muted">${PART_WORDS[part] ?? ''}</span>`;
}

function eventRows({ events }: PartCost) {
  return events.map(
    ({ event, count, cycles, conf, source }) => html`<tr>
      <th scope="row" class="mono">${event}</th>
      <td class="n">${whole(count)}</td>
      <td class="n">${rangeText(cycles)}</td>
      <td>${conf}</td>
    </tr>
    <tr class="source">
      <td class="small muted" colspan="4">${source}</td>
    </tr>`,
  );
}

function stepRow({ frames, block, site, cycles, spent }: PricedStep, most: number) {
  const waits = spent.filter(({ event }) => event !== 'issue').map(({ event, count }) => `${event} ${count}`);
  return html`<tr>
    <th scope="row" class="mono">${frames.join(' › ')}</th>
    <td class="mono">${block}</td>
    <td class="mono">${site ?? ''}</td>
    <td class="n">${rangeText(cycles)}</td>
    <td>${bar(cycles.v / most)}</td>
    <td class="small">${waits.join(', ')}</td>
  </tr>`;
}

customElements.define('stage2-fault', FaultElement);
