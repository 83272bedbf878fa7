import { css, html, LitElement, nothing } from 'lit';
import { descriptorAddress, descriptorKind, descriptorTable, entryPlace } from '../../arm/descriptor.js';
import { fscName } from '../../arm/fault.js';
import type { FieldTable } from '../../arm/fields.js';
import { reportFault } from '../../arm/report.js';
import { stage1DescriptorTable } from '../../arm/stage1-descriptor.js';
import { type Stage1Format, stage1Format } from '../../walk/format.js';
import type { WalkStep } from '../../walk/index.js';
import { hexText } from '../codec.js';
import type { DescriptorEvent, EntryContext, PickEvent, ValueEvent } from '../elements/api.js';
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

  protected override render() {
    const { answer, context } = this;
    const { steps } = answer.result;
    const { cpu, choices, address } = this.state;
    const format = stage1Format(this.state, { features: featuresOf(cpu, 'cpu'), choices }, address);
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
      <div role="status" aria-live="polite">${this.#end()}</div>
      ${step === undefined ? nothing : this.#step(step, at, format)}
    `;
  }

  #step(step: WalkStep, index: number, format: Stage1Format) {
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
        @stage2-value=${edit}
      ></stage2-fields>
    </div>`;
  }

  #tableOf({ stage, level, desc }: WalkStep, format: Stage1Format): FieldTable {
    if (stage === 2) return descriptorTable(desc, { ...this.context, level });
    return stage1DescriptorTable(desc, { ...entryPlace(format, level), mair: this.state.mairEl1 });
  }

  #end() {
    const { result } = this.answer;
    if (result.ok) {
      return html`<p class="big ok">PA <code>${hexText(result.pa)}</code></p>
        <p>VA <code>${hexText(this.state.address)}</code>, IPA <code>${hexText(result.ipa)}</code></p>`;
    }
    const { fault } = result;
    const { access, el, address } = this.state;
    const { esr, hpfar } = reportFault(fault, { va: address, access, from: el === '0' ? 0 : 1 });
    const to = fault.stage === 1 ? 1 : 2;
    const where = fault.s1ptw ? 'stage 2, on the walk of stage 1' : `stage ${fault.stage}`;
    return html`<p class="big bad">${fscName(fault.fsc)}</p>
      <p>${where}; IPA <code>${hexText(fault.ipa)}</code></p>
      <p class="small">
        ESR_EL${to} <code>${hexText(esr)}</code>${hpfar === undefined ? nothing : html`, HPFAR_EL2 <code>${hexText(hpfar)}</code>`}
      </p>`;
  }

  #edit(event: CustomEvent<ValueEvent>, pa: bigint): void {
    event.stopPropagation();
    const detail: DescriptorEvent = { pa, value: event.detail.value };
    this.dispatchEvent(new CustomEvent('stage2-descriptor', { detail, bubbles: true, composed: true }));
  }
}

customElements.define('stage2-both-stages', BothStagesElement);
