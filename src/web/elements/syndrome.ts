import { css, html, LitElement } from 'lit';
import { esrTable } from '../../arm/esr.js';
import { extract } from '../../arm/fields.js';
import { HPFAR_EL2, hpfarIpa } from '../../arm/hpfar.js';
import { PAR_FAULT, PAR_SUCCESS } from '../../arm/par.js';
import { checkU64 } from '../../core/check.js';
import { hexText } from '../codec.js';
import { shared } from '../style/shared.js';
import type { Stage2SyndromeElement, SyndromeRegisters, ValueEvent } from './api.js';
import { guard, optionalU64, whole } from './guard.js';
import './fields.js';

const PAGE_OFFSET = 0xfffn;

export class SyndromeElement extends LitElement implements Stage2SyndromeElement {
  static override properties = { registers: { attribute: false } };
  declare registers: SyndromeRegisters;

  static override styles = [
    shared,
    css`
      .cols {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr));
        gap: 8px 16px;
      }
      .cols > div {
        min-width: 0;
      }
      stage2-number {
        width: 100%;
        max-width: 260px;
      }
    `,
  ];

  constructor() {
    super();
    this.registers = { esr: 0n, hpfar: 0n, far: 0n, par: 0n };
  }

  protected override render() {
    const { esr, far } = this.registers;
    const { hpfar = 0n, par = 0n } = this.registers;
    const isFault = extract(par, 0) === 1n;
    const ipa = hpfarIpa(hpfar) | (far & PAGE_OFFSET);
    return html`<div class="cols">
      <div>
        <stage2-fields open label="ESR_EL2" .table=${esrTable(esr)} .value=${esr} @stage2-value=${this.#set('esr')}></stage2-fields>
      </div>
      <div>
        <stage2-fields label="HPFAR_EL2" .table=${HPFAR_EL2} .value=${hpfar} @stage2-value=${this.#set('hpfar')}></stage2-fields>
        <stage2-number label="FAR_EL2" .value=${far} @stage2-value=${this.#set('far')}></stage2-number>
        <p>Faulting IPA <code>${hexText(ipa)}</code> <span class="small muted">page of HPFAR, offset of FAR</span></p>
      </div>
      <div>
        <stage2-fields
          open
          label="PAR_EL1"
          .table=${isFault ? PAR_FAULT : PAR_SUCCESS}
          .value=${par}
          @stage2-value=${this.#set('par')}
        ></stage2-fields>
      </div>
    </div>`;
  }

  #set(register: keyof SyndromeRegisters) {
    return (event: CustomEvent<ValueEvent>): void => {
      event.stopPropagation();
      const detail: Partial<SyndromeRegisters> = { [register]: event.detail.value };
      this.dispatchEvent(new CustomEvent('stage2-syndrome', { detail, bubbles: true, composed: true }));
    };
  }
}

customElements.define('stage2-syndrome', SyndromeElement);
guard(SyndromeElement, {
  registers: whole({ esr: checkU64, far: checkU64, hpfar: optionalU64, par: optionalU64 }),
});
