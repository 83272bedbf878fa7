import { css, html, LitElement, nothing } from 'lit';
import { sightText } from '../../report/comparison.js';
import { figure, percentFigure, signed, whole } from '../../report/text.js';
import type { StateComparison } from '../../scenario/comparison/core.js';
import { stateName } from '../choices.js';
import { shared } from '../style/shared.js';
import { additionText, percentText, quantilesText } from './figures.js';
import type { CompareAnswer } from './types.js';
import '../charts/curve.js';
import '../charts/sensitivity.js';
import { lead } from '../terms/term.js';
import './break-even.js';

/** One variant on one core, in full. */
export class CellElement extends LitElement {
  static override properties = {
    answer: { attribute: false },
    rate: { type: Number },
    cost: { type: Number },
  };
  declare answer: CompareAnswer;
  declare rate: number;
  declare cost: number;

  static override styles = [
    shared,
    css`
      .source {
        min-width: 240px;
        max-width: 560px;
      }
    `,
  ];

  protected override render() {
    const { answer } = this;
    const { compared, words, compiler, profile, verdict } = answer;
    const [first] = compared.states;
    if (first === undefined) return nothing;
    return html`
      <div role="status">${verdict.map((sentence) => html`<p>${sentence}</p>`)}</div>
      <p class="small muted">${words}; ${compiler}. ${profile === undefined ? '' : `${compared.core} is of ${profile}.`} ${compared.estimated ?? ''}</p>
      ${this.#counts()}
      <h3>Distribution, ${stateName(first.state)}</h3>
      <stage2-curve .of=${`${answer.variant} on ${compared.core}, ${stateName(first.state)}`} .added=${answer.added} .floor=${answer.floor} .summary=${first.all.added}></stage2-curve>
      <p class="small">
        Null run, the base against itself at the same place: at most ${figure(compared.nullRun.largest)} cycles a fault over
        ${compared.nullRun.placements} placements. It must be 0.
      </p>
      <h3>Break-even</h3>
      <stage2-break-even .compared=${compared} .rate=${this.rate} .cost=${this.cost}></stage2-break-even>
      <h3>What it depends on most</h3>
      ${lead`How far the mean moves when one ${'price'} goes from the low to the high end of its ${'range'}, all others at their defaults.`}
      <stage2-sensitivity .of=${`${answer.variant} on ${compared.core}`} .inputs=${compared.inputs}></stage2-sensitivity>
      ${this.#classes(compared.states)} ${this.#methods()} ${this.#prices()}
    `;
  }

  #counts() {
    const { base, added } = this.answer.counts;
    const rows = [
      ['instructions', base.insn, added.insn],
      ['loads', base.loads, added.loads],
      ['stores', base.stores, added.stores],
      ['conditional branches', base.cbr, added.cbr],
      ['taken branches', base.taken, added.taken],
    ] as const;
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Counts">
      <table>
        <caption>Counts of a fault, mean over all faults taken: exact</caption>
        <thead>
          <tr><th></th>${rows.map(([name]) => html`<th class="n">${name}</th>`)}</tr>
        </thead>
        <tbody>
          <tr><th scope="row">base</th>${rows.map(([, before]) => html`<td class="n">${figure(before)}</td>`)}</tr>
          <tr><th scope="row">added</th>${rows.map(([, , more]) => html`<td class="n">${signed(more)}</td>`)}</tr>
        </tbody>
      </table>
    </div>`;
  }

  #classes(states: readonly StateComparison[]) {
    const [first] = states;
    if (first === undefined) return nothing;
    const { groups } = first;
    return html`<details>
      <summary>By class of fault</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="By class of fault">
        <table>
          <thead>
            <tr>
              <th>Class</th>
              <th class="n">Faults</th>
              <th class="n">Reach it</th>
              <th class="n">% of all cycles</th>
              <th class="n">Whole fault, ${stateName(first.state)}</th>
              ${states.map(({ state }) => html`<th class="n">Added, ${stateName(state)}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${groups.map(
              ({ group, faults, reaching, share, base, percent }) => html`<tr>
                <th scope="row">${group}</th>
                <td class="n">${whole(faults)}</td>
                <td class="n">${reaching === 0 ? 'layout only' : whole(reaching)}</td>
                <td class="n">${percentFigure(share)}</td>
                <td class="n">${quantilesText(base)}</td>
                ${states.map((state) => {
                  const own = state.groups.find((each) => each.group === group);
                  return html`<td class="n" title="${percentText(percent)}, ${states[0]?.state}">${own === undefined ? '' : additionText(own)}</td>`;
                })}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
  }

  #prices() {
    return html`<details>
      <summary>Prices of ${this.answer.compared.core} and their sources</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="Prices and sources">
        <table>
          <thead>
            <tr><th>Event</th><th class="n">Default [low - high]</th><th>Unit</th><th>Conf.</th><th>Source</th></tr>
          </thead>
          <tbody>
            ${this.answer.prices.map(
              ({ event, v, lo, hi, unit, conf, source }) => html`<tr>
                <th scope="row" class="mono">${event}</th>
                <td class="n">${priceText(v)} [${priceText(lo)} - ${priceText(hi)}]</td>
                <td class="small">${unit}</td>
                <td>${conf}</td>
                <td class="small source">${source}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
  }

  #methods() {
    return html`<details>
      <summary>Could hardware see it?</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="Methods of measuring">
        <table>
          <thead>
            <tr><th>Method</th><th></th><th class="n">Resolves, cycles of a fault</th><th>Conf.</th></tr>
          </thead>
          <tbody>
            ${this.answer.compared.methods.map(
              (each) => html`<tr>
                <th scope="row">${each.method}</th>
                <td>${sightText(each)}</td>
                <td class="n">${figure(each.floor.v)} [${figure(each.floor.lo)} - ${figure(each.floor.hi)}]</td>
                <td>${each.conf}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
  }
}

/** Three significant digits: the price of a thousandth of a cycle is small. */
function priceText(value: number): string {
  return String(Number(value.toPrecision(3)));
}

customElements.define('stage2-cell', CellElement);
