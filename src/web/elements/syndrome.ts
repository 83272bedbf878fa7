import { css, html, LitElement, nothing } from 'lit';
import { PAR_F_LSB } from '../../abi/arm.js';
import { esrTable } from '../../arm/esr.js';
import { extract } from '../../arm/fields.js';
import { HPFAR_EL2, hpfarIpa, ipaInRegisters } from '../../arm/hpfar.js';
import { PAR_FAULT, PAR_SUCCESS } from '../../arm/par.js';
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
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 280px), 1fr));
        gap: 8px 16px;
      }
      .cols > div {
        min-width: 0;
      }
      @media (min-width: 1000px) {
        .cols > :first-child {
          grid-column: span 2;
        }
      }
      stage2-number {
        width: 100%;
        max-width: 260px;
      }
    `,
  ];

  constructor() {
    super();
    this.registers = {};
  }

  protected override render() {
    return html`<div class="cols">
      <div>${this.#esr()}</div>
      <div>${this.#addresses()}</div>
      <div>${this.#par()}</div>
    </div>`;
  }

  #esr() {
    const { esr, takenTo = 2, par } = this.registers;
    const name = `ESR_EL${takenTo}`;
    if (esr === undefined)
      return absent(name, par === undefined ? 'not written: no fault' : 'not written: AT reports in PAR_EL1');
    const table = { ...esrTable(esr), name };
    return html`<stage2-fields open label=${name} .table=${table} .value=${esr} @stage2-value=${this.#set('esr')}></stage2-fields>`;
  }

  #addresses() {
    const { esr, hpfar, far, takenTo = 2 } = this.registers;
    const name = `FAR_EL${takenTo}`;
    const why =
      esr === undefined
        ? 'not written'
        : takenTo === 1
          ? 'not written: a fault of stage 1 goes to EL1'
          : 'UNKNOWN: a fault of this kind leaves no IPA in it';
    return html`
      ${
        hpfar === undefined
          ? absent('HPFAR_EL2', why)
          : html`<stage2-fields label="HPFAR_EL2" .table=${HPFAR_EL2} .value=${hpfar} @stage2-value=${this.#set('hpfar')}></stage2-fields>`
      }
      ${
        far === undefined
          ? absent(name, 'not written')
          : html`<stage2-number label=${name} .value=${far} @stage2-value=${this.#set('far')}></stage2-number>`
      }
      ${hpfar === undefined || far === undefined || esr === undefined ? nothing : faultingIpa(esr, hpfar, far)}
    `;
  }

  #par() {
    const { par } = this.registers;
    if (par === undefined) return absent('PAR_EL1', 'not written: only AT writes it, see "Access" above');
    const isFault = extract(par, PAR_F_LSB) === 1n;
    return html`<stage2-fields
      open
      label="PAR_EL1"
      .table=${isFault ? PAR_FAULT : PAR_SUCCESS}
      .value=${par}
      @stage2-value=${this.#set('par')}
    ></stage2-fields>`;
  }

  #set(register: keyof SyndromeRegisters) {
    return (event: CustomEvent<ValueEvent>): void => {
      event.stopPropagation();
      const detail: Partial<SyndromeRegisters> = { [register]: event.detail.value };
      this.dispatchEvent(new CustomEvent('stage2-syndrome', { detail, bubbles: true, composed: true }));
    };
  }
}

function absent(register: string, why: string) {
  return html`<p><span class="mono">${register}</span> <span class="muted">${why}</span></p>`;
}

/** What HPFAR and FAR say of the IPA, as far as ESR lets them. */
function faultingIpa(esr: bigint, hpfar: bigint, far: bigint) {
  const page = hpfarIpa(hpfar);
  switch (ipaInRegisters(esr)) {
    case 'none':
      return html`<p>Faulting IPA <span class="muted">not in these registers: with this ESR_EL2, HPFAR_EL2 is UNKNOWN</span></p>`;
    case 'page':
      return html`<p>Faulting IPA page <code>${hexText(page)}</code>
        <span class="small muted">of a stage-1 table: FAR has the VA, not the offset</span></p>`;
    default:
      return html`<p>Faulting IPA <code>${hexText(page | (far & PAGE_OFFSET))}</code>
        <span class="small muted">page of HPFAR, offset of FAR</span></p>`;
  }
}

customElements.define('stage2-syndrome', SyndromeElement);
guard(SyndromeElement, {
  registers: whole({ esr: optionalU64, far: optionalU64, hpfar: optionalU64, par: optionalU64 }),
});
