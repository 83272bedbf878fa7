import { html, nothing } from 'lit';
import { fscName } from '../../arm/fault.js';
import { parOf } from '../../arm/report.js';
import type { WalkReport } from '../../report/walk.js';
import type { DecidingField } from '../../report/walk-field.js';
import { registersText } from '../../report/walk-text.js';
import { hexText } from '../codec.js';

/** Why a walk stopped: the fault, the reason, a button to each field it comes from, and the registers that report it. */
export function stopText(report: WalkReport, show: (field: DecidingField) => void) {
  const { fault, steps } = report;
  if (fault === undefined) return nothing;
  const { stage, s1ptw, reason, fields } = fault;
  const where = s1ptw
    ? 'stage 2, on the walk of stage 1: '
    : report.va === undefined
      ? ''
      : `stage ${stage}: `;
  return html`<p class="big bad">${fscName(Number(fault.fsc))}</p>
    <p>${where}${reason}</p>
    ${fields.map(
      (each) => html`<button class="small" @click=${() => show(each)}>
        Show ${each.field} at level ${steps[each.step]?.level}
      </button>`,
    )}
    <p class="small">FSC <code>0x${fault.fsc.toString(16).padStart(2, '0')}</code>, <code>${reportedIn(report)}</code></p>`;
}

/** The fields of one entry that the fault of a walk comes from. */
export function fieldsAt({ fault }: WalkReport, step: number): string[] {
  return fault?.fields.filter((each) => each.step === step).map(({ field }) => field) ?? [];
}

/** The registers that report the fault of a walk: an AT of EL2 reports in PAR_EL1 unless it takes an exception. */
function reportedIn({ access, fault, ipa = 0n }: WalkReport): string {
  if (fault === undefined) return '';
  const { fsc, stage, s1ptw } = fault;
  const isAt = access === 'at-read' || access === 'at-write';
  const found = { fsc: Number(fsc), stage, s1ptw, ipa, write: access === 'at-write' };
  const par = isAt ? parOf({ ok: false, fault: found }) : undefined;
  return par === undefined ? registersText(fault) : `PAR_EL1 ${hexText(par)}`;
}
