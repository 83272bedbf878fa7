import { css, html, LitElement, nothing } from 'lit';
import {
  type DescriptorFormat,
  type DescriptorKind,
  descriptorKind,
  entryPlace,
} from '../../arm/descriptor.js';
import type { WalkResult, WalkStep } from '../../walk/types.js';
import { hexText } from '../codec.js';
import { levelClass, shared } from '../style/shared.js';
import type { PickEvent, Stage2GridElement } from './api.js';

/** A read with its place among all reads of the walk. */
interface NumberedStep {
  step: WalkStep;
  index: number;
  kind: DescriptorKind;
}

/** What is read to get at one stage-1 descriptor, or at the memory itself: stage 2 of its IPA, then the descriptor. */
interface GridRow {
  stage2: NumberedStep[];
  stage1: NumberedStep | undefined;
}

export class GridElement extends LitElement implements Stage2GridElement {
  static override properties = {
    result: { attribute: false },
    format: { attribute: false },
    stage1Format: { attribute: false },
    picked: { type: Number },
  };
  declare result: WalkResult | undefined;
  declare format: DescriptorFormat | undefined;
  declare stage1Format: DescriptorFormat | undefined;
  declare picked: number;

  static override styles = [
    shared,
    css`
      td {
        padding: 2px;
        min-width: 76px;
      }
      td button {
        width: 100%;
        border-color: transparent;
        text-align: left;
        line-height: 1.2;
        padding: 3px 6px;
      }
      td button[aria-pressed='true'] {
        border-color: var(--accent, #0b5cad);
      }
      .s1 button {
        border: 1px dashed var(--muted, GrayText);
      }
      .n {
        font-family: var(--mono, monospace);
        font-weight: 600;
      }
      tbody th {
        vertical-align: middle;
        white-space: nowrap;
      }
      .stop {
        color: var(--bad, #b3261e);
        font-weight: 600;
      }
    `,
  ];

  constructor() {
    super();
    this.picked = -1;
  }

  protected override render() {
    const { result, format, stage1Format } = this;
    if (result === undefined || format === undefined || stage1Format === undefined) return nothing;
    if (result.steps.length === 0) return html`<p>No descriptor was read.</p>`;
    const rows = rowsOf(numbered(result.steps, format, stage1Format));
    const levels = levelsOf(result.steps);
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Grid of reads">
      <table>
        <caption>
          ${result.steps.length} descriptors read, numbered in their order; a row ends with the stage-1 descriptor that
          its stage-2 walk made readable.
        </caption>
        <thead>
          <tr>
            <th></th>
            ${levels.map((level) => html`<th scope="col">stage 2, level ${level}</th>`)}
            <th scope="col">stage 1</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((row, i) => this.#row(row, levels, i === rows.length - 1))}
        </tbody>
      </table>
    </div>`;
  }

  #row({ stage2, stage1 }: GridRow, levels: readonly number[], isLast: boolean) {
    const name = stage1 === undefined ? 'output' : `stage 1, level ${stage1.step.level}`;
    const stopped = isLast && this.result?.ok === false;
    return html`<tr>
      <th scope="row" class="small">${stopped && stage1 === undefined ? 'stopped' : name}</th>
      ${levels.map((level) => {
        const found = stage2.find(({ step }) => step.level === level);
        return html`<td>${found === undefined ? nothing : this.#cell(found, levelClass(level))}</td>`;
      })}
      <td class="s1">
        ${stage1 === undefined ? nothing : this.#cell(stage1, 'loff')}
        ${stopped ? html`<span class="stop">fault</span>` : nothing}
      </td>
    </tr>`;
  }

  #cell({ step, index, kind }: NumberedStep, colour: string) {
    return html`<button
      class=${colour}
      aria-pressed=${index === this.picked}
      aria-label="Read ${index + 1}: stage ${step.stage} level ${step.level}, ${kind} at ${hexText(step.pa)}"
      @click=${() => this.#pick(index)}
    >
      <span class="n">${index + 1}</span> <span class="small">${kind}</span>
    </button>`;
  }

  #pick(index: number): void {
    this.dispatchEvent(
      new CustomEvent<PickEvent>('stage2-pick', { detail: { index }, bubbles: true, composed: true }),
    );
  }
}

function levelsOf(steps: readonly WalkStep[]): number[] {
  const levels = new Set(steps.filter(({ stage }) => stage === 2).map(({ level }) => level));
  return [...levels].sort((a, b) => a - b);
}

function numbered(
  steps: readonly WalkStep[],
  format: DescriptorFormat,
  stage1Format: DescriptorFormat,
): NumberedStep[] {
  return steps.map((step, index) => {
    const place = entryPlace(step.stage === 1 ? stage1Format : format, step.level);
    return { step, index, kind: descriptorKind(step.desc, place) };
  });
}

function rowsOf(steps: readonly NumberedStep[]): GridRow[] {
  const rows: GridRow[] = [];
  let stage2: NumberedStep[] = [];
  for (const read of steps) {
    if (read.step.stage === 2) {
      stage2.push(read);
    } else {
      rows.push({ stage2, stage1: read });
      stage2 = [];
    }
  }
  return stage2.length > 0 ? [...rows, { stage2, stage1: undefined }] : rows;
}

customElements.define('stage2-grid', GridElement);
