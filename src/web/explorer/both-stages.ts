import { css, html, LitElement, nothing } from 'lit';
import * as A from '../../abi/arm.js';
import {
  type DescriptorFormat,
  descriptorAddress,
  descriptorKind,
  descriptorTable,
  entryPlace,
} from '../../arm/descriptor.js';
import { fscName } from '../../arm/fault.js';
import { extract } from '../../arm/fields.js';
import { reportFault } from '../../arm/report.js';
import type { WalkStep } from '../../walk/index.js';
import { hexText } from '../codec.js';
import type { DescriptorEvent, EntryContext, PickEvent, ValueEvent } from '../elements/api.js';
import { levelClass, shared } from '../style/shared.js';
import type { WalkAnswer } from '../worker/protocol.js';
import type { ExplorerState } from './state.js';
import '../elements/grid.js';
import '../elements/fields.js';

const GRANULE_0: Readonly<Record<number, number>> = { [A.TG0_4K]: 12, [A.TG0_16K]: 14, [A.TG0_64K]: 16 };
const GRANULE_1: Readonly<Record<number, number>> = { [A.TG1_4K]: 12, [A.TG1_16K]: 14, [A.TG1_64K]: 16 };
const UPPER_HALF_BIT = 55;

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
    const format = stage1Format(this.state);
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

  #step(step: WalkStep, index: number, format: DescriptorFormat) {
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
      ${
        stage === 1
          ? html`<stage2-number label="Stage-1 descriptor at ${hexText(pa)}" .value=${desc} @stage2-value=${edit}></stage2-number>`
          : html`<stage2-fields
              open
              label="Descriptor at ${hexText(pa)}"
              .table=${descriptorTable(desc, { ...this.context, level })}
              .value=${desc}
              @stage2-value=${edit}
            ></stage2-fields>`
      }
    </div>`;
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

/** The granule of the guest's own tables. */
function stage1Format({ address, tcrEl1 }: ExplorerState): DescriptorFormat {
  const upper = extract(address, UPPER_HALF_BIT) === 1n;
  const tg = Number(extract(tcrEl1, upper ? A.TCR_TG1_LSB : A.TCR_TG0_LSB, A.TCR_TG_WIDTH));
  return { granuleShift: (upper ? GRANULE_1 : GRANULE_0)[tg] ?? 12 };
}

customElements.define('stage2-both-stages', BothStagesElement);
