import { css, html, LitElement, nothing } from 'lit';
import { descriptorTable, entryPlace } from '../../arm/descriptor.js';
import type { FieldTable } from '../../arm/fields.js';
import { stage1DescriptorTable } from '../../arm/stage1-descriptor.js';
import { type WalkReport, type WalkStepReport, walkReport } from '../../report/walk.js';
import type { DecidingField } from '../../report/walk-field.js';
import { type Stage1Format, stage1Format } from '../../walk/format.js';
import { hexText } from '../codec.js';
import type { DescriptorEvent, EntryContext, PickEvent, ValueEvent } from '../elements/api.js';
import { fieldsAt, stopText } from '../elements/stop.js';
import { levelClass, shared } from '../style/shared.js';
import type { WalkAnswer } from '../worker/protocol.js';
import { featuresOf } from './features.js';
import type { ExplorerState } from './state.js';
import '../elements/grid.js';
import '../elements/fields.js';

/** A walk of both stages: the grid of its reads, the read that is looked at, and the end. */
export class BothStagesElement extends LitElement {
  static override properties = {
    state: { attribute: false },
    answer: { attribute: false },
    context: { attribute: false },
    edited: { attribute: false },
    picked: { state: true },
  };
  declare state: ExplorerState;
  declare answer: WalkAnswer;
  declare context: EntryContext;
  /** Byte addresses of the entries that were changed. */
  declare edited: ReadonlySet<bigint>;
  declare picked: number;

  static override styles = [
    shared,
    css`
      .big {
        font-size: 15px;
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      .step {
        margin: 8px 0;
      }
      .edited {
        background: var(--mark);
        border-radius: 3px;
        padding: 0 4px;
      }
    `,
  ];

  constructor() {
    super();
    this.picked = -1;
  }

  /** Another access is looked at from its end. */
  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    const before = changed.get('state') as ExplorerState | undefined;
    const { address, access, el } = this.state;
    const isSame = before?.address === address && before.access === access && before.el === el;
    if (before !== undefined && !isSame) this.picked = -1;
  }

  protected override render() {
    const { answer, context, state } = this;
    const { cpu, choices, address } = state;
    const format = stage1Format(state, { features: featuresOf(cpu, 'cpu'), choices }, address);
    const report = this.#report(format);
    const { steps } = report;
    const at = this.picked >= 0 && this.picked < steps.length ? this.picked : steps.length - 1;
    const step = steps[at];
    return html`
      <stage2-grid
        .result=${answer.result}
        .format=${context}
        .stage1Format=${format}
        .picked=${at}
        @stage2-pick=${(event: CustomEvent<PickEvent>) => {
          this.picked = event.detail.index;
        }}
      ></stage2-grid>
      <div role="status" aria-live="polite">${report.fault === undefined ? endOf(report) : stopText(report, this.#show)}</div>
      ${step === undefined ? nothing : this.#step(step, at, format, fieldsAt(report, at))}
    `;
  }

  #report(format: Stage1Format): WalkReport {
    const { regime, attributes, result } = this.answer;
    const { address, access, el } = this.state;
    const context = { regime, attributeContext: attributes, stage1: { registers: this.state, format } };
    return walkReport(context, { va: address, access, el: el === '0' ? 0 : 1 }, result);
  }

  #step(step: WalkStepReport, index: number, format: Stage1Format, marked: readonly string[]) {
    const { stage, level, pa, desc, kind, address } = step;
    const edit = (event: CustomEvent<ValueEvent>) => this.#edit(event, pa);
    return html`<div class="step">
      <p>
        Read ${index + 1}: stage ${stage}, <span class="level ${levelClass(level)}">level ${level}</span>, ${kind} at
        <code>${hexText(pa)}</code>${address === undefined ? nothing : html`, to <code>${hexText(address)}</code>`}
        ${this.edited.has(pa) ? html`<span class="edited small">edited</span>` : nothing}
      </p>
      <stage2-fields
        open
        label="Descriptor at ${hexText(pa)}"
        .table=${this.#tableOf(step, format)}
        .value=${desc}
        .marked=${marked}
        @stage2-value=${edit}
      ></stage2-fields>
    </div>`;
  }

  readonly #show = async ({ step, field }: DecidingField): Promise<void> => {
    this.picked = step;
    await this.updateComplete;
    this.renderRoot.querySelector('stage2-fields')?.reveal(field);
  };

  #tableOf({ stage, level, desc }: WalkStepReport, format: Stage1Format): FieldTable {
    if (stage === 2) return descriptorTable(desc, { ...this.context, level });
    return stage1DescriptorTable(desc, { ...entryPlace(format, level), mair: this.state.mairEl1 });
  }

  #edit(event: CustomEvent<ValueEvent>, pa: bigint): void {
    event.stopPropagation();
    const detail: DescriptorEvent = { pa, value: event.detail.value };
    this.dispatchEvent(new CustomEvent('stage2-descriptor', { detail, bubbles: true, composed: true }));
  }
}

/** Where a walk ended that came to an output. */
function endOf({ ipa, pa, memory }: WalkReport) {
  return html`<p class="big ok">PA <code>${hexText(pa ?? 0n)}</code></p>
    <p>IPA <code>${hexText(ipa ?? 0n)}</code>; both stages: ${memory?.type}, ${memory?.shareability}</p>`;
}

customElements.define('stage2-both-stages', BothStagesElement);
