import { css, html, LitElement, nothing } from 'lit';
import { descriptorTable } from '../../arm/descriptor.js';
import { checkArray, refuse, tagOf } from '../../core/check.js';
import { formatSize } from '../../report/ptdump-size.js';
import { attributesText, type WalkReport, type WalkStepReport } from '../../report/walk.js';
import type { DecidingField } from '../../report/walk-field.js';
import { hexText } from '../codec.js';
import { levelClass, shared } from '../style/shared.js';
import type { DescriptorEvent, EntryContext, Stage2WalkElement, ValueEvent } from './api.js';
import { guard, integer, optional } from './guard.js';
import { fieldsAt, stopText } from './stop.js';
import './fields.js';

export class WalkElement extends LitElement implements Stage2WalkElement {
  static override properties = {
    report: { attribute: false },
    context: { attribute: false },
    edited: { attribute: false },
    fixed: { type: Boolean },
  };
  declare report: WalkReport | undefined;
  declare context: EntryContext | undefined;
  declare edited: ReadonlySet<bigint>;
  declare fixed: boolean;

  static override styles = [
    shared,
    css`
      ol {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      li {
        border-left: 4px solid var(--line, GrayText);
        padding: 2px 0 4px 10px;
        margin: 0 0 8px;
      }
      li[class] {
        background: none;
        border-color: var(--level);
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
        align-items: baseline;
      }
      .edited {
        background: var(--mark, #fff3c4);
        border-radius: 3px;
        padding: 0 4px;
      }
      .end {
        border-bottom: 1px solid var(--line, GrayText);
        padding-bottom: 6px;
        margin-bottom: 8px;
      }
      .big {
        font-size: 15px;
        font-weight: 600;
        overflow-wrap: anywhere;
      }
    `,
  ];

  constructor() {
    super();
    this.edited = new Set();
    this.fixed = false;
  }

  protected override render() {
    const { report, context } = this;
    if (report === undefined || context === undefined) return nothing;
    return html`
      <div class="end" role="status" aria-live="polite">${report.fault === undefined ? endOf(report) : stopText(report, this.#show)}</div>
      <ol aria-label="Descriptors read">${report.steps.map((step, i) => this.#step(step, i, context))}</ol>
    `;
  }

  readonly #show = ({ step, field }: DecidingField): void => {
    this.renderRoot.querySelectorAll('stage2-fields')[step]?.reveal(field);
  };

  #step(step: WalkStepReport, place: number, context: EntryContext) {
    const { level, index, pa, desc, kind, address, written } = step;
    const table = descriptorTable(desc, { ...context, level });
    const colour = levelClass(level);
    const marked = this.report === undefined ? [] : fieldsAt(this.report, place);
    const where = address === undefined ? '' : kind === 'table' ? 'next table' : 'output';
    return html`<li class=${colour}>
      <div class="head">
        <span class="level ${colour}">level ${level}</span>
        <span>entry <code>${hexText(index)}</code> at <code>${hexText(pa)}</code></span>
        <strong>${kind}</strong>
        ${address === undefined ? nothing : html`<span>${where} <code>${hexText(address)}</code></span>`}
        ${this.edited.has(pa) ? html`<span class="edited small">edited</span>` : nothing}
      </div>
      ${
        written === undefined
          ? nothing
          : html`<p class="small">The hardware writes <code>${hexText(written)}</code> over it: access flag or dirty state.</p>`
      }
      <stage2-fields
        chips
        label="Descriptor"
        .table=${table}
        .value=${desc}
        ?fixed=${this.fixed}
        .marked=${marked}
        @stage2-value=${(event: CustomEvent<ValueEvent>) => this.#edit(event, pa)}
      ></stage2-fields>
    </li>`;
  }

  #edit(event: CustomEvent<ValueEvent>, pa: bigint): void {
    event.stopPropagation();
    const detail: DescriptorEvent = { pa, value: event.detail.value };
    this.dispatchEvent(new CustomEvent('stage2-descriptor', { detail, bubbles: true, composed: true }));
  }
}

/** Where a walk ended that came to an output. */
function endOf({ pa, leaf, memory }: WalkReport) {
  const output = html`<p class="big ok">PA <code>${hexText(pa ?? 0n)}</code></p>`;
  if (leaf === undefined) return html`${output}<p>Stage 2 is off: the PA is the IPA.</p>`;
  return html`${output}
    <p>${formatSize(leaf.size)} ${leaf.kind}: ${attributesText(leaf.attributes)}</p>
    <p class="small">For normal write-back memory of stage 1: ${memory?.type}, ${memory?.shareability}</p>`;
}

customElements.define('stage2-walk', WalkElement);
guard(WalkElement, {
  report: optional({ steps: checkList }),
  context: optional({ granuleShift: integer(12, 16) }),
  edited: (what, value) => tagOf(value) === 'Set' || refuse(what, value, 'a Set'),
});

function checkList(what: string, value: unknown): void {
  checkArray(what, value as readonly unknown[]);
}
