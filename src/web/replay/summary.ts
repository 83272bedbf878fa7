import { html, LitElement } from 'lit';
import { whole } from '../../report/text.js';
import type { Difference, Outcomes } from '../../scenario/replay/index.js';
import { shared } from '../style/shared.js';
import type { ReplayAnswer } from './types.js';

/** What a capture came to: its faults by class, and what v4.13 does otherwise. */
export class SummaryElement extends LitElement {
  static override properties = { answer: { attribute: false } };
  declare answer: ReplayAnswer;

  static override styles = shared;

  protected override render() {
    const { trace, about, captured, taken, notTaken, classes, differences } = this.answer;
    return html`
      <p role="status">
        <strong>${trace}</strong>, ${about}: ${whole(captured)} guest faults, ${whole(taken)} taken through the v4.13
        path, ${whole(notTaken)} that it would not have had.
      </p>
      <details>
        <summary>Faults by captured class</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="Faults by captured class">
          <table>
            <thead>
              <tr><th>Captured class</th><th class="n">Captured</th><th class="n">Taken</th><th>How v4.13 answers</th></tr>
            </thead>
            <tbody>
              ${classes.map(
                (row) => html`<tr>
                  <th scope="row">${row.class}</th>
                  <td class="n">${whole(row.captured)}</td>
                  <td class="n">${whole(row.taken)}</td>
                  <td class="small">${outcomesText(row.outcomes)}</td>
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </details>
      <details>
        <summary>What v4.13 does otherwise than the captured kernel: ${differences.length} reasons</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="Differences">
          <table>
            <thead>
              <tr><th>Kind</th><th class="n">Count</th><th class="n">First line</th><th>Reason</th></tr>
            </thead>
            <tbody>
              ${differences.map(differenceRow)}
            </tbody>
          </table>
        </div>
      </details>
    `;
  }
}

const KIND_WORDS: Readonly<Record<Difference['kind'], string>> = {
  notTaken: 'not taken',
  syndrome: 'another syndrome',
  answer: 'answered otherwise',
  host: 'the host does otherwise',
  assumption: 'assumed',
};

function differenceRow({ kind, reason, count, firstLine }: Difference) {
  return html`<tr>
    <td>${KIND_WORDS[kind]}</td>
    <td class="n">${whole(count)}</td>
    <td class="n">${whole(firstLine)}</td>
    <td class="small">${reason}</td>
  </tr>`;
}

function outcomesText(outcomes: Outcomes): string {
  const sorted = Object.entries(outcomes).sort(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${name} ${whole(count)}`).join(', ');
}

customElements.define('stage2-replay-summary', SummaryElement);
