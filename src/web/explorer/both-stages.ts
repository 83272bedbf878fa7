import { css, html, LitElement, nothing } from 'lit';
import { descriptorAddress, descriptorKind, descriptorTable, entryPlace } from '../../arm/descriptor.js';
import type { FieldTable } from '../../arm/fields.js';
import { stage1DescriptorTable } from '../../arm/stage1-descriptor.js';
import { type WalkReport, walkReport } from '../../report/walk.js';
import { type Stage1Format, stage1Format } from '../../walk/format.js';
import type { WalkStep } from '../../walk/index.js';
import { hexText } from '../codec.js';
import type { DescriptorEvent, EntryContext, PickEvent, ValueEvent } from '../elements/api.js';
import { stopText } from '../elements/stop.js';
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
    picked: { state: true },
  };
  declare state: ExplorerState;
  declare answer: WalkAnswer;
  declare context: EntryContext;
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
    if (
      before !== undefined &&
      [before.address, before.access, before.el].join() !== [address, access, el].join()
    )
      this.picked = -1;
  }

  protected override render() {
    const { answer, context, state } = this;
    const { steps } = answer.result;
    const { cpu, choices, address, access, el } = state;
    const format = stage1Format(this.state, { features: featuresOf(cpu, 'cpu'), choices }, address);
    const at = this.picked >= 0 && this.picked < steps.length ? this.picked : steps.length - 1;
    const step = steps[at];
    const report = walkReport(
      { regime: answer.regime, attributeContext: answer.attributes, stage1: { registers: state, format } },
      { va: address, access, el: el === '0' ? 0 : 1 },
      answer.result,
    );
    const marked = report.fault?.fields.filter((each) => each.step === at).map(({ field }) => field) ?? [];
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
      <div role="status" aria-live="polite">${this.#end(report)}</div>
      ${step === undefined ? nothing : this.#step(step, at, format, marked)}
    `;
  }

  #step(step: WalkStep, index: number, format: Stage1Format, marked: readonly string[]) {
    const { stage, level, pa, desc } = step;
    const place = entryPlace(stage === 1 ? format : this.context, level);
    const kind = descriptorKind(desc, place);
    const led =
      kind === 'invalid' || kind === 'reserved'
        ? nothing
        : html`, to <code>${hexText(descriptorAddress(desc, place))}</code>`;
    const edit = (event: CustomEvent<ValueEvent>) => this.#edit(event, pa);
    return html`<div class="step">
      <p>
        Read ${index + 1}: stage ${stage}, <span class="level ${levelClass(level)}">level ${level}</span>, ${kind} at
        <code>${hexText(pa)}</code>${led}
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

  #tableOf({ stage, level, desc }: WalkStep, format: Stage1Format): FieldTable {
    if (stage === 2) return descriptorTable(desc, { ...this.context, level });
    return stage1DescriptorTable(desc, { ...entryPlace(format, level), mair: this.state.mairEl1 });
  }

  #end(report: WalkReport) {
    const { ok, ipa, pa } = report;
    if (!ok) {
      return stopText(report, (found) => {
        this.picked = found.step;
        void this.updateComplete.then(() =>
          this.renderRoot.querySelector('stage2-fields')?.reveal(found.field),
        );
      });
    }
    return html`<p class="big ok">PA <code>${hexText(pa ?? 0n)}</code></p>
      <p>VA <code>${hexText(this.state.address)}</code>, IPA <code>${hexText(ipa ?? 0n)}</code></p>`;
  }

  #edit(event: CustomEvent<ValueEvent>, pa: bigint): void {
    event.stopPropagation();
    const detail: DescriptorEvent = { pa, value: event.detail.value };
    this.dispatchEvent(new CustomEvent('stage2-descriptor', { detail, bubbles: true, composed: true }));
  }
}

customElements.define('stage2-both-stages', BothStagesElement);
